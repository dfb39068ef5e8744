use time::macros::date;

use super::*;
use crate::domain::Language;

fn words(ko: &str, en: &str) -> Localized {
    Localized {
        ko: ko.to_owned(),
        en: en.to_owned(),
    }
}

fn product(id: i64, name: Localized, price: i64) -> Product {
    Product {
        id: ProductId(id),
        category: CategoryId(id / 100),
        name,
        description: words("도자기로 만들었어요.", "Made of porcelain."),
        price: Won(price),
        picture: "1fad6".to_owned(),
        added: date!(2026 - 01 - 01).saturating_add(time::Duration::days(id)),
    }
}

fn shop() -> Catalogue {
    let kitchen = Category {
        id: CategoryId(1),
        slug: "kitchen".to_owned(),
        name: words("주방", "Kitchen"),
        description: words("", ""),
        hue: 40,
        picture: "1f373".to_owned(),
    };
    let mut products = vec![
        product(101, words("백자 찻주전자", "White Teapot"), 39_000),
        product(102, words("찻잔", "Cup for a teapot's tea"), 9_000),
        product(103, words("Äpfelschale", "Apple bowl"), 9_000),
    ];
    products.extend((201..=230).map(|id| product(id, words("물건", &format!("Thing {id}")), 1000)));
    Catalogue::new(vec![kitchen], products)
}

fn ids(listing: &Listing<'_>) -> Vec<i64> {
    listing.products.iter().map(|product| product.id.0).collect()
}

fn listed(shop: &Catalogue, filter: Filter, sort: Sort, page: u32) -> Listing<'_> {
    let page = PageNumber::new(page);
    shop.listing(&ListingQuery { filter, sort, page }, &stock(), Language::En)
}

/// Everything but 103 and the even numbers from 201 on.
fn stock() -> StockLevels {
    let left = |id: i64| u32::from(id < 103 || id > 200 && id % 2 == 1);
    (101..=230).map(|id| (ProductId(id), left(id))).collect()
}

fn of_category(id: i64) -> Filter {
    Filter {
        category: Some(CategoryId(id)),
        ..Filter::default()
    }
}

#[test]
fn a_listing_is_cut_into_pages_and_a_page_too_far_is_the_last() {
    let shop = shop();
    let first = listed(&shop, of_category(2), Sort::Newest, 0);
    assert_eq!(
        (first.products.len(), first.total, first.page, first.pages.get()),
        (24, 30, PageNumber::FIRST, 2)
    );
    assert_eq!(first.products[0].id, ProductId(230), "the newest is first");
    let last = listed(&shop, of_category(2), Sort::Newest, 99);
    assert_eq!((last.products.len(), last.page.get()), (6, 2));
}

#[test]
fn equals_keep_the_order_of_their_ids() {
    let shop = shop();
    let sorted = |sort| ids(&listed(&shop, of_category(1), sort, 1));
    assert_eq!(sorted(Sort::PriceAsc), [102, 103, 101]);
    assert_eq!(sorted(Sort::PriceDesc), [101, 102, 103]);
    assert_eq!(sorted(Sort::Name), [103, 102, 101]);
}

#[test]
fn a_choice_counts_what_it_would_leave_under_the_other_choices() {
    let shop = shop();
    let whole = listed(&shop, Filter::default(), Sort::Newest, 1).facets;
    assert_eq!(
        (whole.all, whole.any_category, whole.any_price, whole.in_stock),
        (33, 33, 33, 17)
    );
    assert_eq!(whole.prices, [32, 0, 1, 0, 0]);
    let filter = Filter {
        category: Some(CategoryId(1)),
        price: PriceRange::BANDS[0],
        in_stock: true,
    };
    let narrowed = listed(&shop, filter, Sort::Newest, 1);
    assert_eq!(ids(&narrowed), [102]);
    let facets = &narrowed.facets;
    assert_eq!(facets.categories[&CategoryId(1)], 1);
    assert_eq!(
        facets.categories[&CategoryId(2)],
        15,
        "in stock and at this price, in whichever category"
    );
    assert_eq!(
        facets.prices,
        [1, 0, 1, 0, 0],
        "in stock and in this category, whatever the price"
    );
    assert_eq!((facets.any_category, facets.any_price, facets.in_stock), (16, 2, 1));
}

#[test]
fn every_price_of_won_falls_into_one_band() {
    for price in (0..200_000).step_by(100).map(Won) {
        let bands = PriceRange::BANDS.iter().filter(|band| band.holds(price));
        assert_eq!(bands.count(), 1, "{price:?}");
    }
}

#[test]
fn what_interests_people_stands_first_and_what_nobody_looked_at_is_the_newest_first() {
    let shop = shop();
    let query = ListingQuery {
        filter: of_category(1),
        sort: Sort::Popular,
        page: PageNumber::FIRST,
    };
    let ranked = |interesting: &[i64]| {
        let ranking: Ranking = interesting.iter().copied().map(ProductId).collect();
        let measure = Measure {
            language: Language::En,
            ranking: Some(&ranking),
        };
        ids(&shop.listing(&query, &stock(), measure))
    };
    assert_eq!(ranked(&[205, 101]), [101, 103, 102]);
    assert_eq!(ranked(&[101, 102]), [101, 102, 103]);
    assert_eq!(ranked(&[]), [103, 102, 101], "as the newest first");
    assert_eq!(ids(&shop.listing(&query, &stock(), Language::En)), [103, 102, 101]);
}

#[test]
fn a_search_is_narrowed_down_and_sorted_like_a_listing() {
    let shop = shop();
    let search = |filter: &Filter, sort| {
        let searched = shop.search("porcelain", (filter, sort, PageNumber::FIRST), (&stock(), Language::En));
        (ids(&searched.listing), searched.listing.facets.all)
    };
    assert_eq!(search(&of_category(1), None), (vec![101, 102, 103], 33));
    assert_eq!(search(&of_category(1), Some(Sort::PriceAsc)), (vec![102, 103, 101], 33));
    let in_stock = Filter {
        in_stock: true,
        ..of_category(1)
    };
    assert_eq!(search(&in_stock, Some(Sort::PriceAsc)).0, [102, 101]);
}
