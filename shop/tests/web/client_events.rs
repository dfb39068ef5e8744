//! What the browser tells by itself.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A click as `main.js` sends it; the client's clock is an hour slow.
pub(crate) fn click() -> Value {
    json!({
        "at": "2026-11-23T08:59:58.123Z", "sent_at": "2026-11-23T09:00:00.000Z", "page": "/products/101",
        "element": "button.primary", "text": "Add to cart", "x_percent": 50.125, "y_percent": 12,
        "page_x_percent": 50, "page_y_percent": 5, "cart_action": "add", "product_id": 101, "href": null,
        "tab": { "id": "a1b2", "sequence": 1 },
    })
}

fn dwell() -> Value {
    json!({
        "entered_at": "2026-11-23T09:58:00.000Z", "left_at": "2026-11-23T09:59:59.000Z",
        "sent_at": "2026-11-23T10:00:00.000Z", "page": "/", "active_ms": 30_000, "visible_ms": 60_000,
        "total_ms": 119_000, "scroll_depth_percent": 80.5, "end_reason": "navigated", "next_page": "/products/101",
        "tab": { "id": "a1b2", "sequence": 2 },
    })
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

#[tokio::test]
async fn a_click_is_kept_with_its_time_by_the_shops_clock() {
    let world = World::start().await;
    let answer = world.visitor().tells("/api/log/click-event", &click()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let clicks = world.journalled_of("click").await;
    assert_eq!(clicks[0]["timestamp"], "2026-11-23T09:59:58.123000Z");
    assert_eq!(clicks[0]["endpoint"], "api.log_click_event");
    assert_eq!(clicks[0]["response_status"], 202);
    assert_eq!(clicks[0]["entity_id"], 101);
    let client = &clicks[0]["details"]["client"];
    assert_eq!(
        (&client["at"], &client["skew_ms"]),
        (&"2026-11-23T08:59:58.123000Z".into(), &3_600_000.into())
    );
    assert_eq!(answer.json()["results"][0]["event_id"], clicks[0]["event_id"]);
}

#[tokio::test]
async fn a_beacon_is_taken_as_it_comes() {
    let world = World::start().await;
    let body = json!([dwell()]).to_string();
    let mut visitor = world.visitor();
    let answer = visitor
        .sends(
            Method::POST,
            "/api/log/dwell-time",
            Some("text/plain;charset=UTF-8"),
            body,
        )
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let dwells = world.journalled_of("dwell").await;
    assert_eq!(dwells[0]["details"]["next_page"], "/products/101");
    assert_eq!(dwells[0]["timestamp"], "2026-11-23T09:59:59.000000Z");
}

#[tokio::test]
async fn the_good_events_of_a_batch_are_kept_and_the_bad_ones_named() {
    let world = World::start().await;
    let batch = json!([
        click(),
        with(click(), "x_percent", 101.into()),
        with(click(), "tab", json!({ "id": "a" })),
        with(click(), "tab", json!({ "id": "another", "sequence": 1 }))
    ]);
    let answer = world.visitor().tells("/api/log/click-event", &batch).await;
    assert_eq!(answer.status, StatusCode::MULTI_STATUS);
    let said = answer.json();
    assert_eq!(said["accepted"], 2);
    assert_eq!(said["results"][1]["field"], "x_percent");
    assert_eq!(said["results"][2]["field"], "tab.sequence");
    assert_eq!(said["results"][2]["reason"], "is missing");
    assert_eq!(world.journalled_of("click").await.len(), 2);
}

#[tokio::test]
async fn each_bad_field_is_named() {
    let world = World::start().await;
    let clicks = [
        ("page", json!("products")),
        ("page", json!("/".repeat(501))),
        ("element", json!("")),
        ("text", json!("x".repeat(81))),
        ("text", json!("a\u{0}b")),
        ("y_percent", json!(-0.1)),
        ("cart_action", json!("steal")),
        ("product_id", json!(0)),
        ("at", json!("yesterday")),
        ("at", json!("2026-09-01T00:00:00.000Z")),
    ];
    let dwells = [
        ("active_ms", json!(120_000)),
        ("visible_ms", json!(-1)),
        ("total_ms", json!(8_u64 * 24 * 3600 * 1000)),
        ("end_reason", json!("bored")),
        ("next_page", json!("https://elsewhere.example")),
        ("left_at", json!("2026-09-01T00:00:00.000Z")),
    ];
    let clicks = clicks.map(|(field, value)| ("/api/log/click-event", field, with(click(), field, value)));
    let dwells = dwells.map(|(field, value)| ("/api/log/dwell-time", field, with(dwell(), field, value)));
    for (address, field, event) in clicks.into_iter().chain(dwells) {
        let answer = world.visitor().tells(address, &event).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{event}");
        assert_eq!(answer.json()["results"][0]["field"], field, "{event}");
    }
    assert_eq!(
        world.journalled_of("click").await.len() + world.journalled_of("dwell").await.len(),
        0
    );
}

#[tokio::test]
async fn a_text_in_korean_is_counted_in_characters() {
    let world = World::start().await;
    let event = with(click(), "text", "담".repeat(80).into());
    assert_eq!(
        world.visitor().tells("/api/log/click-event", &event).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let many = vec![click(); 101];
    let address = "/api/log/click-event";
    let json = Some("application/json");
    assert_eq!(
        visitor.tells(address, &json!(vec![1; 101])).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        visitor.tells(address, &json!(many)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let large = "x".repeat(64 * 1024 + 1);
    assert_eq!(
        visitor.sends(Method::POST, address, json, large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        visitor.sends(Method::POST, address, json, "{".to_owned()).await.status,
        StatusCode::BAD_REQUEST
    );
    let form = visitor.posts(address, "a=b").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(form.json()["error"].is_string());
}

/// One event of each kind, as the script sends them together.
fn every_kind() -> Vec<(&'static str, Value)> {
    let common = json!({
        "at": "2026-11-23T09:59:58.123Z", "sent_at": "2026-11-23T10:00:00.000Z", "page": "/products/",
        "tab": { "id": "a1b2", "sequence": 3 },
    });
    let of = |kind: &str, special: Value| {
        let mut event = common.clone();
        event["kind"] = kind.into();
        for (name, value) in special.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    };
    vec![
        ("dwell", with(dwell(), "kind", "dwell".into())),
        (
            "click",
            with(with(click(), "kind", "click".into()), "frustration", "dead".into()),
        ),
        (
            "impression",
            of(
                "impression",
                json!({ "list": "listing", "tiles": [{ "product_id": 101, "position": 1 }] }),
            ),
        ),
        (
            "page_performance",
            of(
                "page_performance",
                json!({ "navigation": "navigate", "ttfb_ms": 3, "cls": 0.01 }),
            ),
        ),
        (
            "form_abandoned",
            of(
                "form_abandoned",
                json!({ "form": "/signup", "fields": ["email"], "last_field": "email", "spent_ms": 5 }),
            ),
        ),
        (
            "app",
            of(
                "error",
                json!({ "message": "x is undefined", "source": "/static/1/main.js:1:2" }),
            ),
        ),
    ]
}

#[tokio::test]
async fn one_batch_carries_every_kind() {
    let world = World::start().await;
    let kinds = every_kind();
    let batch: Vec<Value> = kinds.iter().map(|(_, event)| event.clone()).collect();
    let answer = world.visitor().tells("/api/log/events", &json!(batch)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json());
    for (event_type, _) in &kinds[..5] {
        assert_eq!(world.journalled_of(event_type).await.len(), 1, "{event_type}");
    }
    let lines = world.journalled_of("app").await;
    let line = lines
        .iter()
        .find(|line| line["module"] == "browser")
        .expect("the script's error");
    assert_eq!(line["message"], "x is undefined");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["fields"]["source"], "/static/1/main.js:1:2");
    assert_eq!(world.journalled_of("click").await[0]["details"]["frustration"], "dead");
}

#[tokio::test]
async fn each_bad_field_of_every_kind_is_named() {
    let world = World::start().await;
    let mut wrong = vec![(0, "kind", json!("purchase"), "kind")];
    wrong.extend([
        (1, "frustration", json!("bored"), "frustration"),
        (2, "list", json!(""), "list"),
        (2, "tiles", json!([]), "tiles"),
        (
            2,
            "tiles",
            json!([{ "product_id": 0, "position": 1 }]),
            "tiles[0].product_id",
        ),
        (
            2,
            "tiles",
            json!([{ "product_id": 101, "position": 0 }]),
            "tiles[0].position",
        ),
        (3, "navigation", json!("teleport"), "navigation"),
        (3, "cls", json!(-1), "cls"),
        (3, "lcp_ms", json!(-1), "lcp_ms"),
        (4, "form", json!("signup"), "form"),
        (4, "fields", json!([""]), "fields[0]"),
        (4, "last_field", json!("x".repeat(51)), "last_field"),
        (5, "message", json!(""), "message"),
        (5, "source", json!("s".repeat(601)), "source"),
    ]);
    let kinds = every_kind();
    for (kind, field, value, named) in wrong {
        let event = with(kinds[kind].1.clone(), field, value);
        let answer = world.visitor().tells("/api/log/events", &event).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{event}");
        assert_eq!(answer.json()["results"][0]["field"], named, "{event}");
    }
}

/// What joins a click to other things, as `main.js` sends it.
fn joined_click() -> Value {
    let joins = json!({
        "page_view_id": "019e264f-40c4-7d11-9b42-5d7e30c6f1a8", "page_endpoint": "products.search",
        "list": "search", "position": 3, "search_id": "019e264f-40c4-7aa3-8c55-0b1d7e9a4c21",
        "viewport_width": 390, "viewport_height": 844, "page_height": 2710,
        "element_x_percent": 41.5, "element_y_percent": 12.25, "element_name": "link:/products/101",
    });
    let mut click = click();
    for (name, value) in joins.as_object().unwrap() {
        click[name] = value.clone();
    }
    click
}

#[tokio::test]
async fn a_click_says_on_which_page_from_which_list_and_where_within_what() {
    let world = World::start().await;
    let answer = world.visitor().tells("/api/log/click-event", &joined_click()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["results"][0].get("left_out"), None);
    let kept = &world.journalled_of("click").await[0];
    let sent = joined_click();
    assert_eq!(kept["page_view_id"], sent["page_view_id"]);
    for field in [
        "page_endpoint",
        "list",
        "position",
        "search_id",
        "viewport_width",
        "viewport_height",
        "page_height",
        "element_x_percent",
        "element_y_percent",
        "element_name",
    ] {
        assert_eq!(kept["details"][field], sent[field], "{field}");
    }
}

#[tokio::test]
async fn a_field_that_is_forged_is_left_out_by_name_and_the_rest_is_kept() {
    let world = World::start().await;
    let forged = [
        ("page_view_id", json!("teapot")),
        ("page_view_id", json!("{019e264f-40c4-7d11-9b42-5d7e30c6f1a8}")),
        ("page_endpoint", json!("nobody.knows")),
        ("list", json!("<script>")),
        ("position", json!(-1)),
        ("position", json!(0)),
        ("position", json!("3")),
        ("search_id", json!(7)),
        ("viewport_width", json!(-390)),
        ("page_height", json!(1e300)),
        ("element_x_percent", json!(101)),
        ("element_y_percent", json!(null)),
        ("element_name", json!("x".repeat(5_000))),
    ];
    let mut visitor = world.visitor();
    for (sequence, (field, value)) in forged.iter().enumerate() {
        let one = with(joined_click(), "tab", json!({ "id": "a1b2", "sequence": sequence + 1 }));
        let event = with(one, field, value.clone());
        let answer = visitor
            .tells("/api/log/events", &with(event, "kind", "click".into()))
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{field}: {}", answer.text);
        let left_out = &answer.json()["results"][0]["left_out"];
        let expected = if value.is_null() { Value::Null } else { json!([field]) };
        assert_eq!(left_out, &expected, "{field}={value}");
    }
    let last = with(
        joined_click(),
        "tab",
        json!({ "id": "a1b2", "sequence": forged.len() + 1 }),
    );
    let half = last.to_string().replace("link:/products/101", "\\ud83e");
    let answer = visitor
        .sends(Method::POST, "/api/log/click-event", Some("application/json"), half)
        .await;
    assert_eq!(answer.json()["results"][0]["left_out"], json!(["element_name"]));
    let kept = world.journalled_of("click").await;
    assert_eq!(kept.len(), forged.len() + 1);
    for (click, (field, _)) in kept.iter().zip(&forged) {
        let place = if *field == "page_view_id" {
            click
        } else {
            &click["details"]
        };
        assert_eq!(place.get(*field), None, "{field}");
        assert_eq!(click["details"]["text"], "Add to cart", "the rest is kept");
    }
}

#[tokio::test]
async fn the_stays_of_a_page_join_its_view_and_say_its_name() {
    let world = World::start().await;
    let view = "019e264f-40c4-7d11-9b42-5d7e30c6f1a8";
    let stay = with(
        with(dwell(), "page_view_id", view.into()),
        "page_endpoint",
        "home.index".into(),
    );
    world.visitor().tells("/api/log/dwell-time", &stay).await;
    let kept = &world.journalled_of("dwell").await[0];
    assert_eq!(
        (&kept["page_view_id"], &kept["details"]["page_endpoint"]),
        (&json!(view), &json!("home.index"))
    );
    assert_eq!(kept["details"]["page"], "/", "the path keeps its name");
}
