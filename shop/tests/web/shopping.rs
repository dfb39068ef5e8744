//! Browsing, cart, checkout, orders.

use axum::http::StatusCode;
use schemas::Timestamp;

use crate::world::{World, delivery};

#[tokio::test]
async fn every_page_opens_in_both_languages() {
    let world = World::start().await;
    for (language, heading) in [("ko", "장바구니"), ("en", "Cart")] {
        let mut visitor = world.visitor().says("accept-language", language);
        let pages = [
            "/",
            "/products/",
            "/products/?category=1&sort=price_asc&page=2",
            "/products/101",
            "/search?q=tea",
        ];
        for page in pages
            .into_iter()
            .chain(["/cart", "/orders", "/signup", "/login", "/privacy"])
        {
            let answer = visitor.opens(page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert!(answer.text.contains(heading), "{page} in {language}");
            assert_eq!(
                answer.text.matches("<h1").count(),
                1,
                "{page} has one heading of the first order"
            );
            assert!(!answer.text.contains("style="), "{page} has nothing inline");
        }
    }
}

#[tokio::test]
async fn a_visitor_buys_without_an_account_and_sees_the_order() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let address = visitor.buys(101).await;
    let order = visitor.opens(&address).await;
    assert_eq!(order.status, StatusCode::OK);
    assert!(order.text.contains("Sejong-daero 110"));
    assert!(
        visitor
            .opens("/orders")
            .await
            .text
            .contains(address.split('?').next().unwrap())
    );
    let kinds: Vec<String> = world
        .facts()
        .await
        .iter()
        .map(|fact| fact["event_type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["cart_add", "order_placed"]);
}

#[tokio::test]
async fn an_order_is_nobody_elses_to_see() {
    let world = World::start().await;
    let address = world.visitor().buys(101).await;
    assert_eq!(world.visitor().opens(&address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_double_submit_makes_one_order() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let checkout = visitor.opens("/checkout").await;
    let form = delivery(checkout.field("token"));
    let first = visitor.posts("/checkout", &form).await;
    let second = visitor.posts("/checkout", &form).await;
    assert_eq!(first.leads_to(), second.leads_to());
}

#[tokio::test]
async fn a_bad_address_comes_back_with_what_was_typed_and_what_is_wrong() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let checkout = visitor.opens("/checkout").await;
    let form = format!(
        "token={}&recipient=Mina&phone=12&postcode=x&address=",
        checkout.field("token")
    );
    let again = visitor.posts("/checkout", &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.field("recipient\" type=\"text"), "Mina");
    assert!(again.text.contains("aria-describedby=\"postcode-error\""));
    assert!(again.text.contains("A postcode is five digits."));
    assert_eq!(again.field("token"), checkout.field("token"));
}

#[tokio::test]
async fn more_than_there_is_cannot_be_put_into_the_cart() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    for wrong in ["0", "100", "-1", "many", ""] {
        let answer = visitor
            .posts("/cart/add", &format!("product_id=101&quantity={wrong}"))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text.contains("choose a quantity from 1 to 99"), "{wrong}");
    }
    assert_eq!(world.facts().await.len(), 0);
}

#[tokio::test]
async fn a_cart_is_changed_and_emptied() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    visitor.posts("/cart/update", "product_id=101&quantity=3").await;
    assert!(visitor.opens("/cart").await.text.contains("value=\"3\""));
    visitor.posts("/cart/remove", "product_id=101").await;
    // A second click finds it gone already.
    assert_eq!(
        visitor.posts("/cart/remove", "product_id=101").await.leads_to(),
        "/cart"
    );
    assert!(visitor.opens("/cart").await.text.contains("장바구니가 비어 있어요"));
    assert_eq!(visitor.opens("/checkout").await.leads_to(), "/cart");
}

#[tokio::test]
async fn a_guest_is_told_how_an_order_is_kept_and_a_member_knows() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let address = visitor.buys(101).await;
    let page = address.split('?').next().unwrap();
    let thanks = visitor.opens(&address).await.text;
    assert!(thanks.contains("in this browser only") && thanks.contains(&format!("href=\"/signup?next={page}\"")));
    assert!(thanks.contains("Pay on delivery"));
    let signed_up = format!("email=mina@example.com&password=a+long+one&name=Mina&next={page}");
    assert_eq!(visitor.posts("/signup", &signed_up).await.leads_to(), page);
    let kept = visitor.opens(&address).await.text;
    assert!(kept.contains("any time") && !kept.contains("in this browser only"));
}

#[tokio::test]
async fn an_order_is_recognised_in_the_list_by_what_is_in_it() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=102&quantity=2").await;
    visitor.buys(101).await;
    visitor.buys(101).await;
    let orders = visitor.opens("/orders").await.text;
    assert!(orders.contains(" and 1 more</span>"));
    assert!(orders.contains("order-number\">Blue Porcelain Teapot</span>"));
}

#[tokio::test]
async fn the_checkout_says_on_which_day_it_comes() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let promised = visitor.opens("/products/101").await.text;
    let (day, _) = promised
        .split_once(", if you order now")
        .expect("the product's page says it");
    let day = day.rsplit('>').next().unwrap();
    let checkout = visitor.opens("/checkout").await.text;
    assert!(checkout.contains(&format!("<dt>Arrives</dt><dd>{day}</dd>")), "{day}");
}

#[tokio::test]
async fn an_order_can_be_cancelled_for_an_hour() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let address = visitor.buys(101).await;
    let address = address.split('?').next().unwrap();
    let late = visitor.buys(102).await;
    let late = late.split('?').next().unwrap();
    visitor.posts(&format!("{address}/cancel"), "").await;
    let cancelled = visitor.opens(address).await.text;
    assert!(cancelled.contains("취소됨") && cancelled.contains("돌려받으실 돈은 없어요"));
    world
        .clock
        .set(Timestamp::parse("2026-11-23T11:00:00.000000Z").unwrap());
    assert_eq!(
        visitor.posts(&format!("{late}/cancel"), "").await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn the_language_is_chosen_and_stays() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let chosen = visitor.posts("/language", "language=en&next=/cart").await;
    assert_eq!(chosen.leads_to(), "/cart");
    assert!(visitor.opens("/cart").await.text.contains("Your cart is empty"));
    let elsewhere = visitor.posts("/language", "language=en&next=//evil.example").await;
    assert_eq!(elsewhere.leads_to(), "/");
}

#[tokio::test]
async fn what_was_searched_for_is_escaped_on_the_page() {
    let world = World::start().await;
    let answer = world
        .visitor()
        .opens("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
        .await;
    assert!(!answer.text.contains("<script>alert"));
}

#[tokio::test]
async fn an_answer_that_comes_late_takes_neither_cart_nor_wish_list_away() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/").await;
    // The client script's batch, or a slow page in another tab: it was asked before, and answers last.
    let mut slow = world.visitor();
    slow.cookies = visitor.cookies.clone();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    visitor.posts("/wishlist/add", "product_id=102").await;
    slow.opens("/products/").await;
    visitor.cookies.extend(slow.cookies);
    let cart = visitor.opens("/cart").await.text;
    assert!(cart.contains("/products/101"), "the cart is empty");
    let wishes = visitor.opens("/wishlist").await.text;
    assert!(wishes.contains("/products/102"), "the wish list is empty");
}
