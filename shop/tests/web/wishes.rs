//! The wish list, and what the cart says about itself.

use axum::http::StatusCode;

use crate::world::{World, delivery};

#[tokio::test]
async fn a_guests_wishes_are_kept_and_follow_into_the_account() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let wished = visitor
        .posts("/wishlist/add", "product_id=101&next=/products/101")
        .await;
    assert_eq!(wished.leads_to(), "/products/101");
    assert!(visitor.opens("/products/101").await.text.contains("찜했어요"));
    visitor
        .posts("/signup", "email=mina@example.com&password=a+long+one&name=Mina")
        .await;
    visitor.posts("/logout", "").await;
    assert!(
        !visitor.opens("/wishlist").await.text.contains("/products/101"),
        "it moved"
    );
    let mut elsewhere = world.visitor();
    elsewhere.posts("/wishlist/add", "product_id=102").await;
    elsewhere
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    let list = elsewhere.opens("/wishlist").await.text;
    assert!(list.contains("/products/101") && list.contains("/products/102"));
    let kinds: Vec<_> = world
        .facts()
        .await
        .iter()
        .map(|fact| fact["event_type"].clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "wish_add",
            "signup",
            "login",
            "wish_merge",
            "logout",
            "wish_add",
            "login",
            "wish_merge"
        ]
    );
}

#[tokio::test]
async fn wishing_twice_is_one_fact() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/wishlist/add", "product_id=101").await;
    assert_eq!(
        visitor.posts("/wishlist/add", "product_id=101").await.leads_to(),
        "/wishlist"
    );
    assert_eq!(
        visitor
            .posts("/wishlist/remove", "product_id=101&next=//evil.example")
            .await
            .leads_to(),
        "/"
    );
    visitor.posts("/wishlist/remove", "product_id=101").await;
    assert_eq!(world.facts().await.len(), 2);
    assert!(
        visitor
            .opens("/wishlist")
            .await
            .text
            .contains("아직 찜한 상품이 없어요")
    );
}

#[tokio::test]
async fn what_is_saved_for_later_comes_back_with_its_quantity() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=3").await;
    let saved = visitor.posts("/cart/later", "product_id=101").await;
    assert_eq!(saved.leads_to(), "/cart?later=101");
    let cart = visitor.opens("/cart?later=101").await.text;
    assert!(cart.contains("나중에 사려고 찜해 두었어요") && cart.contains("action=\"/wishlist/to-cart\""));
    assert_eq!(visitor.opens("/checkout").await.leads_to(), "/cart");
    assert_eq!(
        visitor.posts("/wishlist/to-cart", "product_id=101").await.leads_to(),
        "/cart"
    );
    assert!(
        visitor
            .opens("/cart")
            .await
            .text
            .contains("name=\"quantity\" value=\"3\"")
    );
    let reasons: Vec<_> = world
        .facts()
        .await
        .iter()
        .map(|fact| fact["details"]["reason"].clone())
        .collect();
    assert_eq!(reasons[1], "saved_for_later");
    assert_eq!(reasons[4], "to_cart");
}

#[tokio::test]
async fn a_removal_can_be_undone_without_javascript() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=4").await;
    let removed = visitor.posts("/cart/remove", "product_id=101&quantity=4").await;
    let cart = visitor.opens(removed.leads_to()).await;
    assert!(cart.text.contains("is no longer in the cart") && cart.text.contains(">Undo</button>"));
    let form = format!(
        "product_id={}&quantity={}",
        cart.field("product_id"),
        cart.field("quantity")
    );
    visitor.posts("/cart/add", &form).await;
    let cart = visitor.opens(removed.leads_to()).await.text;
    assert!(
        cart.contains("value=\"4\"") && !cart.contains(">Undo</button>"),
        "what is there is not called removed"
    );
}

#[tokio::test]
async fn the_cart_says_when_a_price_has_changed_and_an_old_sum_buys_nothing() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let checkout = visitor.opens("/checkout").await;
    let form = format!(
        "{}&agreed={}",
        delivery(checkout.field("token")),
        checkout.field("agreed")
    );
    world
        .changes_the_database("UPDATE product SET price = price + 1000 WHERE id = 101")
        .await;
    let world = world.successor().await;
    let cookies = visitor.cookies.clone();
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.cookies = cookies;
    assert!(visitor.opens("/cart").await.text.contains("when you added it and is"));
    let refused = visitor.posts("/checkout", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Nothing has been ordered yet") && refused.text.contains("Sejong-daero 110"));
    let again = format!(
        "{}&agreed={}",
        delivery(refused.field("token")),
        refused.field("agreed")
    );
    assert!(
        visitor
            .posts("/checkout", &again)
            .await
            .leads_to()
            .starts_with("/orders/")
    );
}

#[tokio::test]
async fn what_sold_out_at_the_last_moment_is_explained_and_nothing_is_lost() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let checkout = visitor.opens("/checkout").await;
    world
        .changes_the_database("UPDATE stock SET units = 1 WHERE product_id = 101")
        .await;
    world.store.refresh_stock().await.unwrap();
    let refused = visitor.posts("/checkout", &delivery(checkout.field("token"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Nothing has been ordered yet") && refused.text.contains("value=\"Mina\""));
    assert!(visitor.opens("/cart").await.text.contains("Only 1 can be had now"));
    world
        .changes_the_database("UPDATE stock SET units = 0 WHERE product_id = 101")
        .await;
    world.store.refresh_stock().await.unwrap();
    assert!(
        visitor
            .opens("/cart")
            .await
            .text
            .contains("Sold out. Remove it, or save it for later.")
    );
    assert!(world.facts().await.iter().all(|fact| fact["event_type"] == "cart_add"));
}

#[tokio::test]
async fn an_order_is_ordered_again_as_far_as_it_goes() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let address = visitor.buys(102).await;
    let address = address.split('?').next().unwrap();
    world
        .changes_the_database("UPDATE stock SET units = 1 WHERE product_id = 101")
        .await;
    world.store.refresh_stock().await.unwrap();
    let again = visitor.posts(&format!("{address}/again"), "").await;
    assert_eq!(again.leads_to(), "/cart?missing=101");
    let cart = visitor.opens(again.leads_to()).await.text;
    assert!(cart.contains("Not all of it could be added"));
    assert!(cart.contains("href=\"/products/101\"") && cart.contains("href=\"/products/102\""));
    let mut stranger = world.visitor();
    assert_eq!(
        stranger.posts(&format!("{address}/again"), "").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_next_checkout_knows_where_the_last_order_went() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.buys(101).await;
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    assert_eq!(visitor.opens("/checkout").await.field("token").len(), 32);
    assert!(
        visitor
            .opens("/checkout")
            .await
            .text
            .contains("value=\"Sejong-daero 110\"")
    );
}
