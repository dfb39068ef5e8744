//! What a visitor is shown of an experiment, and what is recorded of it.

use axum::http::{Method, StatusCode};
use cookie::Key;
use schemas::ProductId;
use serde_json::{Value, json};
use shop::crowd::Advisor;
use shop::domain::{Experiment, Variant};
use shop::variant_link;

use crate::world::{Answer, Visitor, World};

/// Visitors until chance has given each of two variants to somebody: 2^-39 is the chance of failing.
const MANY: usize = 40;
const LABELS: [(&str, [&str; 2]); 2] = [
    ("ko", ["장바구니에 담기", "내 장바구니에 담을게요"]),
    ("en", ["Add to cart", "Add to my cart"]),
];

/// The variants that were shown of an experiment, in the order of the page views.
async fn exposures(world: &World, experiment: &str) -> Vec<Value> {
    let mut exposures = world.journalled_of("exposure").await;
    exposures.retain(|exposure| exposure["details"]["experiment"] == experiment);
    exposures
}

/// What the add button of a product's page says.
fn label(page: &Answer) -> String {
    let form = page.text.split("<form class=\"add\"").nth(1).unwrap();
    let button = form.split("<button class=\"primary\"").nth(1).unwrap();
    button.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn link(world: &World, experiment: Experiment, variant: Variant) -> String {
    let key = Key::from(&world.store.signing_key().await.unwrap());
    variant_link::address(&key, experiment, variant)
}

/// People show interest in this product.
async fn becomes_popular(world: &World, product: i64) {
    let mut advisor = Advisor::new(&world.crowd, world.clock.now());
    world.crowd.looks_at(ProductId(product), None);
    advisor.advise(&world.store, world.clock.now()).await.unwrap();
}

#[tokio::test]
async fn an_exposure_names_the_variant_that_the_page_showed_in_both_languages() {
    for (language, labels) in LABELS {
        let world = World::start().await;
        let mut shown = Vec::new();
        for _ in 0..MANY {
            let page = world
                .visitor()
                .says("accept-language", language)
                .opens("/products/101")
                .await;
            shown.push(label(&page));
        }
        let told = exposures(&world, "add_label").await;
        assert_eq!(told.len(), MANY);
        for (exposure, label) in told.iter().zip(&shown) {
            let variant = ["control", "first_person"][usize::from(*label == labels[1])];
            assert_eq!(
                exposure["details"],
                json!({ "experiment": "add_label", "variant": variant })
            );
            assert_eq!(exposure["entity_type"], "experiment");
            assert_eq!(exposure["endpoint"], "products.detail");
        }
        assert!(
            labels.iter().all(|label| shown.iter().any(|shown| shown == label)),
            "{shown:?}"
        );
    }
}

#[tokio::test]
async fn a_visitor_sees_one_variant_whatever_happens_and_each_view_of_it_is_an_exposure() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let first = label(&visitor.opens("/products/101").await);
    assert_eq!(label(&visitor.opens("/products/102").await), first);
    visitor.posts("/privacy", "consent=necessary").await;
    assert_eq!(
        label(&visitor.opens("/products/101").await),
        first,
        "not recorded, and the same"
    );
    visitor.posts("/privacy", "consent=everything").await;
    // Refused: the same page again, as the answer to a form.
    let refused = visitor.posts("/cart/add", "product_id=101&quantity=no").await;
    assert_eq!(
        (refused.status, label(&refused)),
        (StatusCode::UNPROCESSABLE_ENTITY, first.clone())
    );
    world.clock.set(world.clock.now().plus_micros(3_600_000_000));
    assert_eq!(label(&visitor.opens("/products/101").await), first, "in a new session");
    let told = exposures(&world, "add_label").await;
    let requests: Vec<&Value> = told.iter().map(|exposure| &exposure["request_id"]).collect();
    let views = world.journalled_of("view").await;
    let of_products = views.iter().filter(|view| view["endpoint"] == "products.detail");
    let seen: Vec<&Value> = of_products.map(|view| &view["request_id"]).collect();
    assert_eq!((requests.len(), requests), (3, seen));
}

#[tokio::test]
async fn what_was_not_shown_is_no_exposure() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    becomes_popular(&world, 101).await;
    world
        .changes_the_database("UPDATE stock SET units = 0 WHERE product_id = 102")
        .await;
    world.store.refresh_stock().await.unwrap();
    for nothing_to_see in [
        "/products/102",
        "/products/9999",
        "/products/?sort=newest",
        "/products/?sort=popular",
        "/products/?price_from=1&price_to=2",
        "/products/?category=99",
        "/cart",
        "/search?q=tea",
    ] {
        visitor.opens(nothing_to_see).await;
    }
    visitor.sends(Method::HEAD, "/", None, String::new()).await;
    visitor.sends(Method::HEAD, "/products/101", None, String::new()).await;
    world.visitor().says("sec-gpc", "1").opens("/products/101").await;
    assert_eq!(world.journalled_of("exposure").await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_order_of_a_listing_is_the_variants_and_the_visitor_can_change_it() {
    let world = World::start().await;
    world.visitor().opens("/products/").await;
    assert!(
        exposures(&world, "listing_order").await.is_empty(),
        "nothing is popular: all see the same"
    );
    // Of the first category and not among its newest.
    let newest = world.visitor().opens("/products/?category=1&sort=newest").await.text;
    let last = newest.rsplit("class=\"tile-link\" href=\"/products/").next().unwrap();
    let last: i64 = last.split(['"', '?']).next().unwrap().parse().unwrap();
    becomes_popular(&world, last).await;
    let mut orders = Vec::new();
    for _ in 0..MANY {
        let mut visitor = world.visitor().says("accept-language", "en");
        let page = visitor.opens("/products/?category=1").await.text;
        let first = page.split("class=\"tile-link\" href=\"/products/").nth(1).unwrap();
        let is_popular = first.starts_with(&format!("{last}?"));
        let chosen = page.split(" selected>").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(chosen, if is_popular { "Most popular" } else { "Newest" });
        orders.push(is_popular);
        // Chosen, it is the same for everybody.
        let newest_first = visitor.opens("/products/?category=1&sort=newest").await.text;
        let keeps_the_choice = newest_first.contains("?category=1&amp;in_stock=1&amp;sort=newest");
        assert_eq!(
            keeps_the_choice, is_popular,
            "a link names an order only when it is not the usual one"
        );
    }
    let told = exposures(&world, "listing_order").await;
    let views = world.journalled_of("view").await;
    assert_eq!(told.len(), MANY);
    for (exposure, is_popular) in told.iter().zip(&orders) {
        assert_eq!(
            exposure["details"]["variant"],
            if *is_popular { "popular_first" } else { "control" }
        );
        let view = views
            .iter()
            .find(|view| view["request_id"] == exposure["request_id"])
            .unwrap();
        assert_eq!(view["details"]["sort"], if *is_popular { "popular" } else { "newest" });
    }
    assert!(orders.contains(&true) && orders.contains(&false));
}

#[tokio::test]
async fn both_variants_of_the_home_page_are_the_same_page() {
    let world = World::start().await;
    let mut pages = std::collections::BTreeSet::new();
    for _ in 0..MANY {
        let page = world.visitor().opens("/").await;
        // Each page's forms have a token of their own, and each view a name.
        let page = page.text.replace(page.field("once"), "");
        let (_, view) = page.split_once("data-view=\"").unwrap();
        pages.insert(page.replace(&view[..36], ""));
    }
    assert_eq!(pages.len(), 1);
    let told = exposures(&world, "home_aa").await;
    let of = |variant: &str| {
        told.iter()
            .filter(|exposure| exposure["details"]["variant"] == variant)
            .count()
    };
    assert!(of("control") > 0 && of("also_control") > 0 && of("control") + of("also_control") == MANY);
}

#[tokio::test]
async fn a_signed_link_shows_a_variant_and_its_exposures_say_that_it_was_forced() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    for (variant, says) in [
        (Variant::FirstPerson, "Add to my cart"),
        (Variant::Control, "Add to cart"),
    ] {
        let answer = visitor.opens(&link(&world, Experiment::AddLabel, variant).await).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let next = answer.leads_to().to_owned();
        assert_eq!(label(&visitor.opens(&next).await), says);
    }
    visitor.opens("/").await;
    let told = exposures(&world, "add_label").await;
    let details: Vec<&Value> = told.iter().map(|exposure| &exposure["details"]).collect();
    assert_eq!(
        details,
        [
            &json!({ "experiment": "add_label", "variant": "first_person", "forced": true }),
            &json!({ "experiment": "add_label", "variant": "control", "forced": true }),
        ]
    );
    assert_eq!(exposures(&world, "home_aa").await[0]["details"]["forced"], Value::Null);
    let all = format!("{:?}", world.journalled().await);
    assert!(!all.contains("sig="), "the signature is in no event");
}

#[tokio::test]
async fn a_link_that_the_shop_did_not_make_shows_nothing() {
    let world = World::start().await;
    let good = link(&world, Experiment::AddLabel, Variant::FirstPerson).await;
    let (names, sig) = good.split_once('?').unwrap();
    for bad in [
        names.to_owned(),
        format!("{names}?sig="),
        format!("{names}?{sig}0"),
        format!("{names}?{}é", &sig[..sig.len() - 2]),
        good.replace("first_person", "control"),
        good.replace("add_label", "home_aa"),
        good.replace("add_label", "nothing"),
    ] {
        let mut visitor: Visitor = world.visitor();
        assert_eq!(
            visitor.opens(&bad.replace('é', "%C3%A9")).await.status,
            StatusCode::NOT_FOUND,
            "{bad}"
        );
        assert!(!visitor.cookies.contains_key("forced"));
    }
    let mut visitor = world.visitor();
    visitor
        .cookies
        .insert("forced".to_owned(), "forced-add_label:first_person".to_owned());
    visitor.opens("/products/101").await;
    let told = exposures(&world, "add_label").await;
    assert_eq!(
        told[0]["details"]["forced"],
        Value::Null,
        "a cookie that isn't signed says nothing"
    );
}
