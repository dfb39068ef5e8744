//! To whom the portal shows messages, where Kafka has nothing to say in it.

use axum::http::{Method, StatusCode};

use crate::world::{Settings, Visitor, World};

const TOKEN: &str = "a long enough token";

async fn guarded() -> World {
    let settings = Settings {
        portal_is_open: false,
        portal_token: Some(TOKEN),
        ..Settings::default()
    };
    World::with(settings).await
}

#[tokio::test]
async fn without_the_token_there_is_documentation_and_no_message() {
    let world = guarded().await;
    let mut stranger = world.visitor().says("accept-language", "en");
    for path in ["/data/tail/stream", "/data/search.jsonl?value=x"] {
        let refused = stranger.opens(path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [
        "/data/topics/shop.view",
        "/data/tail",
        "/data/search?value=x",
        "/data/messages/shop.view/0/0",
    ] {
        let page = stranger.opens(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            page.text.contains("action=\"/data/token\""),
            "{path} asks for the token"
        );
    }
    let topic = stranger.opens("/data/topics/shop.view").await;
    assert!(topic.text.contains("details.product_id"), "the documentation is open");
    let document = stranger.opens("/data/asyncapi.yaml").await;
    assert!(document.status == StatusCode::OK && document.text.contains("shop.dead-letter"));
}

#[tokio::test]
async fn the_token_opens_the_messages_to_this_browser_and_to_programs() {
    let world = guarded().await;
    let mut engineer = world.visitor().says("accept-language", "en");
    let wrong = engineer.posts("/data/token", "token=a+wrong+one&next=/data/tail").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.text.contains("That is not the token"), "{}", wrong.text);
    assert!(!engineer.cookies.contains_key("portal"));
    let right = engineer
        .posts("/data/token", "token=a+long+enough+token&next=/data/tail")
        .await;
    assert_eq!((right.status, right.leads_to()), (StatusCode::SEE_OTHER, "/data/tail"));
    let tail = engineer.opens("/data/tail").await;
    assert!(tail.text.contains("id=\"tail\"") && !tail.text.contains("/data/token"));

    for elsewhere in ["//evil.example", "/%5Cevil.example", "/data%0D%0Ax-y:+z", "/data%5Cx"] {
        let form = format!("token=a+long+enough+token&next={elsewhere}");
        let opened = engineer.posts("/data/token", &form).await;
        assert_eq!(
            (opened.status, opened.leads_to()),
            (StatusCode::SEE_OTHER, "/data"),
            "{elsewhere}"
        );
    }

    let mut other = world.visitor();
    other.cookies.insert(
        "portal".to_owned(),
        engineer.cookies["portal"].replace("portal-", "portal-0"),
    );
    assert_eq!(
        other.opens("/data/search.jsonl").await.status,
        StatusCode::FORBIDDEN,
        "a forged cookie opens nothing"
    );
    let mut program = world.visitor().says("authorization", "Bearer a long enough token");
    assert_eq!(asks(&mut program).await, StatusCode::OK);
    let mut guesser = world.visitor().says("authorization", "Bearer a wrong one");
    assert_eq!(asks(&mut guesser).await, StatusCode::FORBIDDEN);
}

/// Whether messages would be sent. Nobody answers for Kafka here, so the body would break: it is not asked for.
async fn asks(program: &mut Visitor) -> StatusCode {
    let path = "/data/search.jsonl?value=x";
    program.sends(Method::HEAD, path, None, String::new()).await.status
}

#[tokio::test]
async fn guessing_the_token_is_slow_and_the_right_one_costs_nothing() {
    const RIGHT: &str = "token=a+long+enough+token&next=/data";
    let world = guarded().await;
    let mut engineer = world.visitor();
    for attempt in 0..20 {
        let answer = engineer.posts("/data/token", RIGHT).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{attempt}");
    }
    // By form and as a program in turn: both count together.
    let mut guesser = world.visitor().says("authorization", "Bearer a wrong one");
    for attempt in 0..5 {
        let answer = guesser.posts("/data/token", "token=wrong").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{attempt}");
        assert_eq!(asks(&mut guesser).await, StatusCode::FORBIDDEN, "{attempt}");
    }
    assert_eq!(asks(&mut guesser).await, StatusCode::TOO_MANY_REQUESTS);
    let answer = world.visitor().posts("/data/token", RIGHT).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "a right guess is not told from a wrong one meanwhile"
    );
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(
        engineer.opens("/data/tail").await.status,
        StatusCode::OK,
        "who was let in before stays so"
    );
    let elsewhere = world.visitor().at("203.0.113.78").posts("/data/token", RIGHT).await;
    assert_eq!(elsewhere.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_token_leads_back_into_the_portal_and_nowhere_else() {
    let world = guarded().await;
    let answer = world
        .visitor()
        .posts(
            "/data/token",
            "token=a+long+enough+token&next=https://elsewhere.example",
        )
        .await;
    assert_eq!(answer.leads_to(), "/data");
}
