use schemas::CategoryId;
use time::macros::date;

use super::*;
use crate::domain::{Localized, Won};

const DAY: i64 = 24 * 3600 * 1_000_000;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T10:00:00.000000Z").expect("a moment")
}

/// Three categories of ten products; 101 costs 1,000, 102 costs 2,000 and so on.
fn shop() -> Catalogue {
    let product = |id: i64| Product {
        id: ProductId(id),
        category: CategoryId(id / 100),
        name: Localized {
            ko: format!("물건 {id}"),
            en: format!("Thing {id}"),
        },
        description: Localized {
            ko: String::new(),
            en: String::new(),
        },
        price: Won(id % 100 * 1000),
        picture: "1fad6".to_owned(),
        added: date!(2026 - 01 - 01).saturating_add(time::Duration::days(id)),
    };
    let products = (1..=3).flat_map(|category| (1..=10).map(move |place| category * 100 + place));
    Catalogue::new(Vec::new(), products.map(product).collect())
}

fn ids(products: &[ProductId]) -> Vec<i64> {
    products.iter().map(|product| product.0).collect()
}

#[test]
fn with_nothing_known_the_shop_shows_a_mix_of_its_categories_and_says_so() {
    let advice = Trends::new(now()).advice(&shop());
    assert_eq!(advice.known, 0);
    assert_eq!(advice.popular.len(), MOST);
    assert_eq!(ids(&advice.popular[..4]), [110, 210, 310, 109]);
    let related = advice.related(ProductId(105)).expect("a product");
    assert!(related.next.is_empty() && related.together.is_empty());
    assert_eq!(ids(&related.similar[..3]), [104, 106, 103]);
}

#[test]
fn what_was_bought_weighs_more_than_what_was_looked_at_and_yesterday_more_than_last_week() {
    let mut trends = Trends::new(now());
    trends.viewed(ProductId(101), 8, now());
    trends.bought(&[ProductId(201)], now());
    trends.added(ProductId(301), now());
    assert_eq!(ids(&trends.advice(&shop()).popular[..3]), [201, 101, 301]);
    let week_later = now().plus_micros(7 * DAY);
    trends.viewed(ProductId(301), 3, week_later);
    let advice = trends.advice(&shop());
    assert_eq!((ids(&advice.popular[..3]), advice.known), (vec![301, 201, 101], 3));
}

#[test]
fn one_category_never_fills_the_page() {
    let mut trends = Trends::new(now());
    for id in 101..=110 {
        trends.viewed(ProductId(id), 100, now());
    }
    trends.viewed(ProductId(205), 1, now());
    let advice = trends.advice(&shop());
    assert_eq!((ids(&advice.popular[..4]), advice.known), (vec![101, 102, 103, 205], 4));
}

#[test]
fn what_everybody_buys_does_not_stand_beside_everything() {
    let mut trends = Trends::new(now());
    // Once may be chance.
    for _ in 0..2 {
        for other in 201..=209 {
            trends.bought(&[ProductId(101), ProductId(other)], now());
        }
        trends.bought(&[ProductId(201), ProductId(301)], now());
    }
    let advice = trends.advice(&shop());
    assert_eq!(
        ids(&advice.related(ProductId(201)).expect("a product").together),
        [301, 101]
    );
}

#[test]
fn who_looked_at_something_is_shown_what_others_went_on_to() {
    let mut trends = Trends::new(now());
    trends.went(ProductId(101), ProductId(305), now());
    trends.went(ProductId(101), ProductId(305), now());
    trends.went(ProductId(101), ProductId(204), now());
    trends.went(ProductId(101), ProductId(101), now());
    let advice = trends.advice(&shop());
    assert_eq!(
        ids(&advice.related(ProductId(101)).expect("a product").next),
        [305, 204]
    );
    let shown = advice.for_who_looked_at(&[ProductId(101), ProductId(305)]);
    assert_eq!(
        shown[0],
        ProductId(304),
        "305 itself was looked at already; 304 is like it"
    );
    assert!(shown.contains(&ProductId(204)) && !shown.contains(&ProductId(305)));
    assert!(advice.for_who_looked_at(&[]).is_empty());
}
