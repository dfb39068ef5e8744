//! What holds although something else goes on: a batch whose answer was lost, an order that changes, another shop on the same host.

use axum::http::StatusCode;
use serde_json::{Value, json};
use shop::domain::trends::MOST;

use crate::world::{Settings, World};

fn click(sequence: u64, at: &str) -> Value {
    json!({
        "kind": "click", "at": at, "sent_at": "2026-11-23T10:00:00.000Z", "page": "/", "element": "h1", "text": "",
        "x_percent": 1.0, "y_percent": 1.0, "page_x_percent": 1.0, "page_y_percent": 1.0,
        "tab": { "id": "0123456789abcdef", "sequence": sequence },
    })
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_the_same_events() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/").await;
    let batch = json!([
        click(1, "2026-11-23T09:59:58.000Z"),
        click(2, "2026-11-23T09:59:59.000Z")
    ]);
    let first = visitor.tells("/api/log/events", &batch).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    // Told again later, in another session, by a clock that was set meanwhile.
    world.clock.set(world.clock.now().plus_micros(3_600_000_000));
    let mut again = batch.clone();
    again[0]["sent_at"] = json!("2026-11-23T11:00:07.000Z");
    let second = visitor.tells("/api/log/events", &again).await;
    assert_eq!(second.status, StatusCode::ACCEPTED);
    let ids = |answer: &Value| -> Vec<Value> {
        let results = answer["results"].as_array().expect("results");
        results.iter().map(|result| result["event_id"].clone()).collect()
    };
    assert_eq!(ids(&first.json()), ids(&second.json()));
    assert_eq!(world.journalled_of("click").await.len(), 2);
    // A duplicated tab counts on from the same number; another visitor's tab may have the same name.
    let third = visitor
        .tells("/api/log/events", &json!([click(2, "2026-11-23T10:59:00.000Z")]))
        .await;
    assert_ne!(ids(&third.json())[0], ids(&first.json())[1]);
    let mut other = world.visitor();
    other.opens("/").await;
    other.tells("/api/log/events", &batch).await;
    assert_eq!(world.journalled_of("click").await.len(), 5);
}

/// The products of a listing's page, in its order.
fn shown(page: &str) -> Vec<&str> {
    let list = page.split("data-list=\"listing\"").nth(1).unwrap_or_default();
    let list = list.split("</ul>").next().unwrap_or_default();
    let links = list.split("href=\"/products/").skip(1);
    links.filter_map(|link| link.split('"').next()).collect()
}

fn next_page(page: &str) -> Option<String> {
    let (before, _) = page.split_once("\" rel=\"next\"")?;
    let (_, address) = before.rsplit_once("href=\"")?;
    Some(address.replace("&amp;", "&"))
}

#[tokio::test]
async fn a_pager_goes_through_one_order_to_its_end() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let products: Vec<_> = world
        .store
        .catalogue()
        .products()
        .iter()
        .map(|product| product.id)
        .collect();
    let mut advisor = shop::crowd::Advisor::new(&world.crowd, world.clock.now());
    let mut seen = Vec::new();
    let mut next = Some("/products/?sort=popular".to_owned());
    let mut pages = 0;
    while let Some(address) = next {
        let page = visitor.opens(&address).await.text;
        seen.extend(shown(&page).into_iter().map(str::to_owned));
        next = next_page(&page);
        // Meanwhile people want what stands at the end.
        for product in products.iter().rev().skip(pages * MOST).take(MOST) {
            for _ in 0..=pages {
                world.crowd.looks_at(*product, None);
            }
        }
        pages += 1;
        world.clock.set(world.clock.now().plus_micros(10_000_000));
        advisor.advise(&world.store, world.clock.now()).await.unwrap();
    }
    assert_eq!(seen.len(), products.len());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), products.len(), "none twice, none never");
    // Whoever begins anew sees what is popular now.
    let first = visitor.opens("/products/?sort=popular").await.text;
    assert_ne!(shown(&first)[0], products[0].to_string());
}

#[tokio::test]
async fn two_shops_on_two_ports_of_one_host_leave_each_others_cookies_alone() {
    let on_port = |public_url| Settings {
        public_url,
        ..Settings::default()
    };
    let one = World::with(on_port("http://127.0.0.1:8080")).await;
    let other = World::with(on_port("http://127.0.0.1:8082")).await;
    let mut visitor = one.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let mut elsewhere = other.visitor();
    elsewhere.cookies = visitor.cookies.clone();
    elsewhere.opens("/").await;
    elsewhere.posts("/cart/add", "product_id=102&quantity=1").await;
    visitor.cookies = elsewhere.cookies;
    assert!(
        visitor.opens("/cart").await.text.contains("/products/101"),
        "the cart of the first shop"
    );
}

#[tokio::test]
async fn a_cookie_from_before_cookies_had_a_port_is_still_known() {
    let world = World::with(Settings {
        public_url: "http://127.0.0.1:8080",
        ..Settings::default()
    })
    .await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let before = visitor.cookies.iter();
    visitor.cookies = before
        .map(|(name, value)| (name.replace("-8080", ""), value.clone()))
        .collect();
    assert!(visitor.opens("/cart").await.text.contains("/products/101"));
}

#[tokio::test]
async fn a_password_is_the_same_on_every_device() {
    let world = World::start().await;
    let mut mina = world.visitor();
    // Composed: é as one character; 한글 as two.
    let composed = "%C3%A9t%C3%A9+%ED%95%9C%EA%B8%80+secret";
    mina.posts(
        "/signup",
        &format!("email=mina@example.org&password={composed}&name=Mina"),
    )
    .await;
    let apart = "e%CC%81te%CC%81+%E1%84%92%E1%85%A1%E1%86%AB%E1%84%80%E1%85%B3%E1%86%AF+secret";
    let mut phone = world.visitor();
    let signed_in = phone
        .posts("/login", &format!("email=mina@example.org&password={apart}"))
        .await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    let wrong = phone
        .posts("/login", "email=mina@example.org&password=ete+secret+wrong")
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_database_that_another_program_has_locked_shows_in_readyz() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let mut other = world.other_connection().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let failed = visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    assert!(failed.status.is_server_error());
    let said = visitor.opens("/readyz").await.json();
    assert_eq!(said["database"]["ok"], false, "{said}");
    assert_eq!(
        visitor.opens("/products/101").await.status,
        StatusCode::OK,
        "what is only read goes on"
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    assert_eq!(visitor.opens("/readyz").await.json()["database"]["ok"], true);
}
