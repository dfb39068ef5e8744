//! What a visitor is shown of the own events, and how the pages appear.

use axum::http::StatusCode;
use schemas::Sequence;
use serde_json::Value;

use crate::world::{Settings, Visitor, World};

async fn own_events(visitor: &mut Visitor) -> Vec<Value> {
    let answer = visitor.opens("/api/my-events").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()["events"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect()
}

async fn all_synced(world: &World) {
    let last = Sequence(world.journal.next_sequence().0 - 1);
    world.journal.durable(last).await.unwrap();
}

#[tokio::test]
async fn a_visitor_sees_the_own_events_with_how_far_they_have_got() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/products/101").await;
    visitor.posts("/cart/add", "product_id=101&quantity=3").await;
    all_synced(&world).await;
    let events = own_events(&mut visitor).await;
    let of = |kind: &str| {
        let found = events.iter().find(|event| event["event_type"] == kind);
        found.unwrap_or_else(|| panic!("{kind} in {:?}", kinds(&events)))
    };
    let view = of("view");
    assert_eq!((&view["topic"], &view["place"]), (&"shop.view".into(), &Value::Null));
    assert_eq!(view["schema"], "/data/schemas/view.json");
    let steps = serde_json::json!({ "journal": "done", "topic": "waiting", "file": "waiting", "row": "waiting" });
    assert_eq!(view["steps"], steps, "Kafka is away");
    let journalled = world.journalled_of("view").await;
    assert_eq!(
        view["event"], journalled[0],
        "as it stands in the journal, with its source"
    );
    assert_eq!(of("request")["steps"]["row"], "none");
    // The clock stands still in here, so both requests are of one moment.
    let said = |words: &str| events.iter().any(|event| event["said"] == words);
    assert!(said("GET /products/101") && said("POST /cart/add"), "{events:?}");
    assert_eq!(view["said"], "‘쪽빛 찻주전자’ 페이지를 봤어요");
    // The outbox does not run in here: the fact waits in the event store.
    let added = of("cart_add");
    assert_eq!(added["steps"]["journal"], "waiting");
    assert_eq!(added["event"]["details"]["cart_quantity"], 3);
    assert_eq!(added["said"], "‘쪽빛 찻주전자’ 3개를 담았어요");
}

#[tokio::test]
async fn a_fact_lights_up_once_it_is_in_the_journal() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    all_synced(&world).await;
    let facts = world
        .store
        .facts_not_in_journal(world.journal.instance(), 10)
        .await
        .unwrap();
    let place = Sequence(world.journal.next_sequence().0 - 1);
    world.store.mark_in_journal(&[(facts[0].id, place)]).await.unwrap();
    let events = own_events(&mut visitor).await;
    let added = events.iter().find(|event| event["event_type"] == "cart_add").unwrap();
    assert_eq!(added["steps"]["journal"], "done");
    assert_eq!(added["event"]["source"]["sequence"], place.0);
}

#[tokio::test]
async fn nobody_sees_the_events_of_somebody_else() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/products/101").await;
    assert!(!own_events(&mut visitor).await.is_empty());
    assert!(own_events(&mut world.visitor()).await.is_empty(), "without a cookie");
    let mut other = world.visitor();
    other.opens("/products/305").await;
    let seen = format!("{:?}", own_events(&mut other).await);
    assert!(seen.contains("/products/305") && !seen.contains("/products/101"));
    // The session's id is public; the signature of one's own visit does not cover it.
    let (own, theirs) = (other.cookies["visit"].clone(), visitor.cookies["visit"].clone());
    let session = |cookie: &str| cookie.split('.').nth(1).unwrap().to_owned();
    let forged = own.replace(&session(&own), &session(&theirs));
    assert_ne!(forged, own);
    other.cookies.insert("visit".to_owned(), forged);
    assert!(own_events(&mut other).await.is_empty(), "a forged cookie");
}

#[tokio::test]
async fn looking_at_the_own_events_leaves_none_and_keeps_no_session_alive() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/").await;
    let (before, cookie) = (world.journalled().await.len(), visitor.cookies["visit"].clone());
    let answer = visitor.opens("/api/my-events").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(world.journalled().await.len(), before);
    assert_eq!(visitor.cookies["visit"], cookie);
    let state = answer.json()["state"].as_str().unwrap().to_owned();
    all_synced(&world).await;
    let state = match visitor.opens(&format!("/api/my-events?after={state}")).await {
        unchanged if unchanged.status == StatusCode::NO_CONTENT => state,
        // Between the two the journal was synced.
        changed => changed.json()["state"].as_str().unwrap().to_owned(),
    };
    let address = format!("/api/my-events?after={state}");
    assert_eq!(visitor.opens(&address).await.status, StatusCode::NO_CONTENT);
    visitor.opens("/products/101").await;
    assert_eq!(visitor.opens(&address).await.status, StatusCode::OK, "something new");
}

#[tokio::test]
async fn who_allows_only_what_is_necessary_sees_only_that() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("sec-gpc", "1");
    visitor.opens("/products/101").await;
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let events = own_events(&mut visitor).await;
    assert!(
        kinds(&events).iter().all(|kind| ["request", "cart_add"].contains(kind)),
        "{:?}",
        kinds(&events)
    );
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let settings = Settings {
        client_events_per_minute: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut visitor = world.visitor();
    for _ in 0..2 {
        own_events(&mut visitor).await;
    }
    let slowed = visitor.opens("/api/my-events").await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.headers["retry-after"], "60");
}

#[tokio::test]
async fn the_drawer_stays_away_once_it_is_switched_off() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/cart?x=1").await.text;
    assert!(page.contains("href=\"/privacy#recorded\"") && page.contains("drawer.js"));
    visitor.posts("/drawer", "drawer=open").await;
    assert!(
        visitor.opens("/cart").await.text.contains("data-drawer=\"open\""),
        "its place is kept free"
    );
    let switched = visitor.posts("/drawer", "drawer=gone&next=/cart?x=1").await;
    assert_eq!(switched.leads_to(), "/cart?x=1");
    let page = visitor.opens("/cart").await.text;
    assert!(!page.contains("drawer.js") && !page.contains("data-emitted"));
    assert_eq!(visitor.posts("/drawer", "drawer=there").await.leads_to(), "/");
    assert!(visitor.opens("/cart").await.text.contains("drawer.js"));
    let refused = visitor.posts("/drawer", "drawer=ajar").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_theme_that_was_chosen_is_in_the_page_from_its_first_byte_on() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/").await.text;
    assert!(!page.contains("data-theme") && page.contains("name=\"color-scheme\" content=\"light dark\""));
    let chosen = visitor.posts("/theme", "theme=dark&next=https://evil.example").await;
    assert_eq!(chosen.leads_to(), "/");
    for path in ["/", "/no/such/page"] {
        let page = visitor.opens(path).await.text;
        assert!(page.contains("data-theme=\"dark\""), "{path}");
        assert!(page.contains("name=\"color-scheme\" content=\"dark\""), "{path}");
    }
    visitor.posts("/theme", "theme=system").await;
    assert!(!visitor.opens("/").await.text.contains("data-theme"));
    assert_eq!(
        visitor.posts("/theme", "theme=neon").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_schema_that_the_drawer_links_to_is_there() {
    let world = World::start().await;
    let answer = world.visitor().opens("/data/schemas/view.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/schema+json");
    assert_eq!(answer.json()["title"], "view");
    let unknown = world.visitor().opens("/data/schemas/nothing.json").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_drawer_is_told_where_kafka_is_if_its_messages_are_open() {
    let open = World::start().await;
    let told = open.visitor().opens("/api/my-events").await.json();
    assert_eq!(told["kafka"], "127.0.0.1:1");
    let guarded = World::with(Settings {
        portal_token: Some("a token"),
        ..Settings::default()
    })
    .await;
    let told = guarded.visitor().opens("/api/my-events").await.json();
    assert!(told["kafka"].is_null());
}
