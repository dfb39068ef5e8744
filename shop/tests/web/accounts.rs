//! What people change about their accounts.

use axum::http::StatusCode;

use crate::world::{Visitor, World};

const SIGN_UP: &str = "email=mina@example.com&password=a+long+one&name=Mina";

async fn mina(world: &World) -> Visitor {
    let mut mina = world.visitor().says("accept-language", "en");
    mina.posts("/signup", SIGN_UP).await;
    mina
}

#[tokio::test]
async fn a_name_is_changed_and_a_wrong_one_explained_beside_its_field() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    assert_eq!(
        mina.posts("/account/name", "name=Kim+Mina").await.leads_to(),
        "/account?done=name"
    );
    assert!(mina.opens("/account?done=name").await.text.contains("Hello, Kim Mina"));
    let refused = mina.posts("/account/name", "name=").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("id=\"name-error\""));
}

#[tokio::test]
async fn a_new_password_ends_every_other_sign_in() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    let mut phone = world.visitor();
    phone
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    let before = mina.cookies["sign_in"].clone();
    let refused = mina
        .posts(
            "/account/password",
            "current_password=wrong&new_password=another+long+one",
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("id=\"current_password-error\"") && !refused.text.contains("another long one"));
    let form = "current_password=a+long+one&new_password=another+long+one";
    assert_eq!(
        mina.posts("/account/password", form).await.leads_to(),
        "/account?done=password"
    );
    assert_ne!(mina.cookies["sign_in"], before);
    assert_eq!(mina.opens("/account").await.status, StatusCode::OK);
    assert_eq!(phone.opens("/account").await.leads_to(), "/login?next=/account");
    let old = phone
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new = phone
        .posts("/login", "email=mina@example.com&password=another+long+one")
        .await;
    assert_eq!(new.leads_to(), "/");
}

#[tokio::test]
async fn the_language_of_an_account_follows_it() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    mina.posts("/language", "language=ko&next=/account").await;
    let mut elsewhere = world.visitor().says("accept-language", "en");
    elsewhere
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    assert!(elsewhere.opens("/account").await.text.contains("Mina 님, 안녕하세요"));
}

#[tokio::test]
async fn everything_about_an_account_can_be_downloaded() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    mina.buys(101).await;
    mina.posts("/cart/add", "product_id=102&quantity=2").await;
    mina.posts("/wishlist/add", "product_id=103").await;
    let file = mina.opens("/account/data").await;
    assert!(
        file.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let data = file.json();
    assert_eq!(
        (&data["email"], &data["name"]),
        (&"mina@example.com".into(), &"Mina".into())
    );
    assert_eq!(data["orders"][0]["delivered_to"]["address"], "Sejong-daero 110");
    assert_eq!(data["cart"], serde_json::json!([{ "product_id": 102, "quantity": 2 }]));
    assert_eq!(data["wish_list"][0]["product_id"], 103);
    let facts: Vec<_> = data["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["event_type"].clone())
        .collect();
    assert_eq!(
        facts,
        ["signup", "login", "cart_add", "order_placed", "cart_add", "wish_add"]
    );
    assert_eq!(
        world.visitor().opens("/account/data").await.leads_to(),
        "/login?next=/account"
    );
}

#[tokio::test]
async fn a_deleted_account_leaves_facts_about_nobody() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    let order = mina.buys(101).await;
    let refused = mina.posts("/account/delete", "delete_password=wrong").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mina.cookies.get("known").is_some_and(|known| !known.is_empty()));
    let deleted = mina.posts("/account/delete", "delete_password=a+long+one").await;
    assert_eq!(deleted.leads_to(), "/login?deleted=1");
    let ended = deleted
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|line| line.to_str().ok());
    assert!(
        ended
            .into_iter()
            .any(|line| line.starts_with("known=") && line.contains("Max-Age=0")),
        "no digest of the address stays in the browser"
    );
    assert!(
        mina.opens("/login?deleted=1")
            .await
            .text
            .contains("Your account has been deleted")
    );
    assert_eq!(mina.opens("/account").await.leads_to(), "/login?next=/account");
    assert_eq!(mina.opens(&order).await.status, StatusCode::NOT_FOUND);
    let gone = mina.posts("/login", "email=mina@example.com&password=a+long+one").await;
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    let facts = world.facts().await;
    assert!(facts.iter().any(|fact| fact["event_type"] == "order_placed"));
    let again = mina.posts("/signup", SIGN_UP).await;
    assert_eq!(again.leads_to(), "/", "the address is free again");
}

#[tokio::test]
async fn passwords_are_guessed_no_faster_on_the_accounts_page_than_at_the_door() {
    let world = World::start().await;
    let mut mina = mina(&world).await;
    for _ in 0..10 {
        mina.posts("/account/delete", "delete_password=wrong").await;
    }
    let slowed = mina.posts("/account/delete", "delete_password=a+long+one").await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slowed.headers.contains_key("retry-after"));
}
