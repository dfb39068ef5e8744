//! What is recorded of those who want only what is necessary.

use axum::http::StatusCode;
use serde_json::Value;

use crate::client_events::click;
use crate::world::World;

const BROWSER: &str = "Mozilla/5.0 (a browser that is easy to recognise)";

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_visitor_with_privacy_control_leaves_requests_and_facts_only() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("sec-gpc", "1").says("user-agent", BROWSER);
    visitor
        .headers
        .insert("referer", "http://shop.example/search?q=secret+wish".parse().unwrap());
    visitor.opens("/products/101").await;
    visitor.opens("/search?q=teapot").await;
    let told = visitor.tells("/api/log/click-event", &click()).await;
    assert_eq!((told.status, &told.json()["accepted"]), (StatusCode::OK, &0.into()));
    visitor.buys(101).await;
    let journalled = world.journalled().await;
    assert!(
        journalled.iter().all(|event| event["event_type"] == "request"),
        "{:?}",
        kinds(&journalled)
    );
    assert!(journalled.iter().all(|event| event["http"]["ip"] == "203.0.113.0"));
    let facts = world.facts().await;
    assert_eq!(kinds(&facts), ["cart_add", "order_placed"]);
    for fact in &facts {
        assert_eq!(
            (&fact["ip_address"], &fact["user_agent"], &fact["referrer"]),
            (&"203.0.113.0".into(), &Value::Null, &Value::Null)
        );
    }
    let all = format!("{journalled:?}{facts:?}");
    assert!(!all.contains("203.0.113.77") && !all.contains("recognise") && !all.contains("secret+wish"));
}

#[tokio::test]
async fn of_an_ipv6_address_the_first_48_bits_are_kept() {
    let world = World::start().await;
    world
        .visitor()
        .at("2001:db8:aa:bb::1")
        .says("sec-gpc", "1")
        .opens("/")
        .await;
    let requests = world.journalled().await;
    assert!(requests.iter().all(|event| event["http"]["ip"] == "2001:db8:aa::"));
}

#[tokio::test]
async fn a_change_of_mind_holds_from_the_next_request_on() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("user-agent", BROWSER);
    visitor.opens("/products/101").await;
    let chosen = visitor.posts("/privacy", "consent=necessary").await;
    assert_eq!(chosen.leads_to(), "/privacy?saved=1");
    visitor.opens("/products/102").await;
    visitor.posts("/cart/add", "product_id=102&quantity=1").await;
    visitor.posts("/privacy", "consent=everything").await;
    visitor.opens("/products/103").await;
    let views = world.journalled_of("view").await;
    let seen: Vec<_> = views.iter().map(|view| view["entity_id"].as_i64().unwrap()).collect();
    assert_eq!(seen, [101, 103]);
    assert_eq!(world.facts().await[0]["user_agent"], Value::Null);
    assert_eq!(views[1]["user_agent"], BROWSER);
}

#[tokio::test]
async fn the_pages_of_such_a_visitor_tell_the_script_to_keep_still() {
    let world = World::start().await;
    let page = world.visitor().says("sec-gpc", "1").opens("/privacy").await;
    assert!(page.text.contains("data-consent=\"necessary\""));
    assert!(page.text.contains("Global Privacy Control을 보내고 있어서"));
    assert!(
        world
            .visitor()
            .opens("/")
            .await
            .text
            .contains("data-consent=\"everything\"")
    );
}

#[tokio::test]
async fn a_choice_that_is_none_is_refused() {
    let world = World::start().await;
    let answer = world.visitor().posts("/privacy", "consent=some").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_visitor_sees_what_was_recorded_of_the_own_session_and_nobody_elses() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/products/101").await;
    visitor.posts("/cart/add", "product_id=101&quantity=3").await;
    let mut other = world.visitor();
    other.opens("/products/305").await;
    let page = visitor.opens("/privacy").await.text;
    for shown in [
        "<b>view</b>",
        "<b>request</b>",
        "<b>cart_add</b>",
        "<code>shop.cart</code>",
        "&quot;cart_quantity&quot;: 3",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("/products/305"));
    let forged = other.cookies["visit"].replace('.', "x");
    other.cookies.insert("visit".to_owned(), forged);
    assert!(
        !other.opens("/privacy").await.text.contains("<b>view</b>"),
        "a session that was forged is a new one"
    );
}
