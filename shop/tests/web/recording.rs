//! What a request leaves in the journal.

use axum::http::StatusCode;
use schemas::{Timestamp, Topic};
use serde_json::json;
use shop::settings::RequestDetail;

use crate::world::{Settings, World};

#[tokio::test]
async fn a_page_is_in_the_journal_when_its_answer_is_there() {
    let world = World::start().await;
    let answer = world.visitor().opens("/products/101?category=1&secret=x").await;
    let events = world.journalled().await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["request", "request", "view", "exposure"]);
    let id = answer.headers["x-request-id"].to_str().unwrap();
    assert!(events.iter().all(|event| event["request_id"] == id));
    assert_eq!(events[0]["phase"], "started");
    assert_eq!(events[1]["phase"], "finished");
    assert_eq!(events[1]["http"]["endpoint"], "products.detail");
    assert_eq!(events[1]["http"]["status"], 200);
    let view = &events[2];
    assert_eq!(
        (&view["entity_type"], &view["entity_id"]),
        (&"product".into(), &101.into())
    );
    assert_eq!(view["args"], serde_json::json!({ "category": "1" }), "only known names");
}

#[tokio::test]
async fn every_event_keeps_the_contract() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for page in ["/", "/search?q=tea%00", "/products/9999", "/nowhere", "/products/101"] {
        visitor.opens(page).await;
    }
    for event in world.journalled().await {
        let topic = if event["event_type"] == "request" {
            Topic::Request
        } else {
            schemas::EventType::from_name(event["event_type"].as_str().unwrap())
                .unwrap()
                .topic()
        };
        let bytes = serde_json::to_vec(&event).unwrap();
        schemas::decode(topic, &bytes).unwrap();
    }
}

#[tokio::test]
async fn only_the_end_of_a_request_is_logged_when_that_is_the_setting() {
    let settings = Settings {
        detail: RequestDetail::Finished,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.visitor().opens("/").await;
    let requests = world.journalled_of("request").await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["phase"], "finished");
}

#[tokio::test]
async fn a_request_whose_caller_went_away_leaves_its_beginning() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    tokio::select! {
        biased;
        _ = visitor.posts("/cart/add", "product_id=101&quantity=1") => panic!("the database is asked first"),
        // The shop has begun, and the caller is gone.
        () = std::future::ready(()) => {}
    }
    let requests = world.journalled_of("request").await;
    let phases: Vec<_> = requests.iter().map(|request| &request["phase"]).collect();
    assert_eq!(phases, ["started"]);
    assert_eq!(requests[0]["http"]["path"], "/cart/add");
}

#[tokio::test]
async fn an_unknown_product_is_a_friendly_404_that_is_logged() {
    let world = World::start().await;
    for address in ["/products/9999", "/products/teapot", "/products/999999999999999999999"] {
        let answer = world.visitor().opens(address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert!(answer.text.contains(id), "the page names the request");
        let requests = world.journalled_of("request").await;
        let last = requests.last().unwrap();
        assert_eq!(
            (&last["level"], &last["http"]["status"]),
            (&"WARNING".into(), &404.into())
        );
        assert_eq!(last["error"], serde_json::json!(["there is no such product"]));
    }
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_of_silence() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for minute in ["10:00", "10:29", "10:58", "11:28"] {
        let at = format!("2026-11-23T{minute}:00.000000Z");
        world.clock.set(Timestamp::parse(&at).unwrap());
        visitor.opens("/").await;
    }
    let sessions: Vec<_> = world
        .journalled_of("view")
        .await
        .iter()
        .map(|view| view["session_id"].clone())
        .collect();
    assert_eq!(sessions[0], sessions[1]);
    assert_eq!(sessions[1], sessions[2]);
    assert_ne!(sessions[2], sessions[3]);
}

#[tokio::test]
async fn the_visitors_secret_is_in_no_event() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.buys(101).await;
    let visit = visitor.cookies["visit"].clone();
    let secret = visit
        .rsplit("%3D")
        .next()
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(secret.len(), 32);
    let kept = format!("{:?}{:?}", world.facts().await, world.journalled().await);
    assert!(!kept.contains(&secret));
}

#[tokio::test]
async fn a_search_tells_how_much_was_found() {
    let world = World::start().await;
    world.visitor().opens("/search?q=%20teapot%20").await;
    let searches = world.journalled_of("search").await;
    assert_eq!(searches[0]["details"]["query"], "teapot");
    assert!(searches[0]["details"]["result_count"].as_u64().unwrap() >= 1);
}

#[tokio::test]
async fn files_and_the_operators_pages_leave_nothing() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for address in [
        "/pictures/1fad6.svg",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/0/x.css",
    ] {
        visitor.opens(address).await;
    }
    assert_eq!(world.journalled().await.len(), 0);
}

#[tokio::test]
async fn a_full_journal_breaks_no_page() {
    let settings = Settings {
        journal_bytes: 40_000,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut visitor = world.visitor();
    for _ in 0..60 {
        assert_eq!(visitor.opens("/products/101").await.status, StatusCode::OK);
    }
    assert!(world.journal.state().refused_full > 0);
    let click = crate::client_events::click();
    let answer = visitor.tells("/api/log/click-event", &click).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(
        visitor.posts("/cart/add", "product_id=101&quantity=1").await.leads_to(),
        "/cart"
    );
}

#[tokio::test]
async fn what_an_address_carries_besides_the_shops_own_parameters_is_recorded_nowhere() {
    let world = World::start().await;
    let mut visitor = world.visitor().says(
        "referer",
        "http://me:secret@shop.example/login?password=secret&page=2#secret",
    );
    visitor.opens("/products/101?token=secret").await;
    let tab = |sequence: u32| json!({ "id": "t", "sequence": sequence });
    let at = "2026-11-23T10:00:00.000000Z";
    let click = json!({
        "page": "/products/101?token=secret", "element": "a", "text": "", "x_percent": 1, "y_percent": 1, "page_x_percent": 1,
        "page_y_percent": 1, "href": "http://shop.example/reset?key=secret", "tab": tab(1), "at": at, "sent_at": at,
    });
    assert_eq!(
        visitor.tells("/api/log/click-event", &click).await.status,
        StatusCode::ACCEPTED
    );
    let dwell = json!({
        "page": "/products/101?token=secret", "entered_at": at, "left_at": at, "active_ms": 0, "visible_ms": 0, "total_ms": 0,
        "scroll_depth_percent": 0, "end_reason": "navigated", "next_page": "/reset?key=secret", "tab": tab(2), "sent_at": at,
    });
    assert_eq!(
        visitor.tells("/api/log/dwell-time", &dwell).await.status,
        StatusCode::ACCEPTED
    );
    let events = world.journalled().await;
    assert!(events.len() >= 5, "{} events", events.len());
    for event in &events {
        assert!(!event.to_string().contains("secret"), "{event}");
    }
    let views = world.journalled_of("view").await;
    assert_eq!(views[0]["referrer"], "http://shop.example/login?page=2");
}
