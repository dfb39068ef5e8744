//! Accounts, and who one is.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;

use crate::world::{Settings, World};

const SIGN_UP: &str = "email=mina@example.com&password=a+long+one&name=Mina&next=/account";

#[tokio::test]
async fn an_account_keeps_what_the_visitor_had_in_the_cart() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    assert_eq!(visitor.posts("/signup", SIGN_UP).await.leads_to(), "/account");
    assert!(visitor.opens("/account").await.text.contains("mina@example.com"));
    let mut elsewhere = world.visitor();
    let signed_in = elsewhere
        .posts("/login", "email=Mina@Example.com&password=a+long+one")
        .await;
    assert_eq!(signed_in.leads_to(), "/");
    assert!(elsewhere.opens("/cart").await.text.contains("value=\"2\""));
}

#[tokio::test]
async fn who_wants_in_goes_on_where_they_were_by_either_door() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let sign_in = visitor.opens("/login?next=/products/410").await;
    assert!(sign_in.text.contains("href=\"/signup?next=%2Fproducts%2F410\""));
    let sign_up = visitor.opens("/signup?next=%2Fproducts%2F410").await;
    assert!(sign_up.text.contains("name=\"next\" value=\"/products/410\""));
    assert!(sign_up.text.contains("href=\"/login?next=%2Fproducts%2F410\""));
    // Nowhere else than in the shop.
    let elsewhere = visitor.opens("/login?next=https://example.com/").await;
    assert!(elsewhere.text.contains("href=\"/signup?next=%2F\""));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_never_shown_again() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let refused = visitor
        .posts("/login", "email=mina@example.com&password=SECRET-WORD")
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("mina@example.com"));
    assert!(!refused.text.contains("SECRET-WORD"));
    let kept = format!("{:?}{:?}", world.facts().await, world.journalled().await);
    assert!(kept.contains("login_failed"));
    assert!(!kept.contains("SECRET-WORD") && !kept.contains("mina@example.com"));
}

#[tokio::test]
async fn the_eleventh_wrong_try_has_to_wait() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let wrong = "email=mina@example.com&password=wrong+word";
    for _ in 0..10 {
        assert_eq!(
            visitor.posts("/login", wrong).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(
        visitor.posts("/login", wrong).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_even_for_a_stolen_cookie() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/signup", SIGN_UP).await;
    let mut thief = world.visitor();
    thief.cookies = visitor.cookies.clone();
    assert_eq!(visitor.posts("/logout", "").await.leads_to(), "/");
    assert_eq!(thief.opens("/account").await.leads_to(), "/login?next=/account");
}

#[tokio::test]
async fn a_sign_up_says_everything_that_is_wrong_at_once() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let again = visitor.posts("/signup", "email=mina&password=short&name=").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "check the e-mail address",
        "at least 8 characters",
        "Please fill this in.",
    ] {
        assert!(again.text.contains(said), "{said}");
    }
}

#[tokio::test]
async fn a_forged_cookie_is_nobody() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let visit = visitor.cookies.get_mut("visit").unwrap();
    let last = visit.pop().unwrap();
    visit.push(if last == '1' { '0' } else { '1' });
    assert!(visitor.opens("/cart").await.text.contains("장바구니가 비어 있어요"));
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_with_https_from_the_open_wire() {
    let settings = Settings {
        public_url: "https://shop.example",
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let answer = world.visitor().opens("/").await;
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    for word in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{word} in {cookie}");
    }
    assert!(answer.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_stranger_who_guesses_does_not_lock_the_owner_out() {
    let world = World::start().await;
    let mut owner = world.visitor();
    owner.posts("/signup", SIGN_UP).await;
    owner.posts("/logout", "").await;
    for place in 0..10 {
        let mut stranger = world.visitor().at(&format!("198.51.100.{place}"));
        for _ in 0..10 {
            stranger
                .posts("/login", "email=mina@example.com&password=wrong+word")
                .await;
        }
    }
    let right = "email=mina@example.com&password=a+long+one";
    let stranger = world.visitor().at("192.0.2.9").posts("/login", right).await;
    assert_eq!(stranger.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(owner.posts("/login", right).await.leads_to(), "/");
}

#[tokio::test]
async fn an_unknown_and_a_wrong_address_are_answered_alike() {
    let world = World::start().await;
    world.visitor().posts("/signup", SIGN_UP).await;
    let mut visitor = world.visitor();
    let mut pages = Vec::new();
    for address in ["mina@example.com", "jiho@example.com"] {
        let answer = visitor
            .posts("/login", &format!("email={address}&password=wrong+word"))
            .await;
        let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        pages.push((answer.status, names, answer.text.replace(address, "")));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn signing_in_again_ends_the_sign_in_before() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/signup", SIGN_UP).await;
    let mut thief = world.visitor();
    thief.cookies = visitor.cookies.clone();
    visitor
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    assert_ne!(thief.cookies["sign_in"], visitor.cookies["sign_in"]);
    assert_eq!(thief.opens("/account").await.leads_to(), "/login?next=/account");
}

#[tokio::test]
async fn many_sign_ups_from_one_place_have_to_wait() {
    let world = World::start().await;
    for number in 0..5 {
        let form = format!("email={number}@example.com&password=a+long+one&name=Mina");
        assert_eq!(
            world.visitor().posts("/signup", &form).await.status,
            StatusCode::SEE_OTHER
        );
    }
    let slowed = world.visitor().posts("/signup", SIGN_UP).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.headers["retry-after"], "3600");
    assert!(
        slowed.text.contains(slowed.headers["x-request-id"].to_str().unwrap()),
        "the page names the request"
    );
    assert_eq!(
        world.visitor().at("192.0.2.1").posts("/signup", SIGN_UP).await.status,
        StatusCode::SEE_OTHER
    );
}
