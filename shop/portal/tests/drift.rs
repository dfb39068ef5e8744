//! The AsyncAPI document against live topics: what agrees has no difference, and each planted drift is named.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use portal::documents::{Live, Setting, asyncapi, differences};
use portal::kafka::Range;
use portal::message::{Message, Place};
use portal::observed::Observed;
use portal::survey::TopicState;
use schemas::{EventType, Header, Topic};
use serde_json::{Value, json};

const fn range(partition: i32, from: i64, until: i64) -> Range {
    Range { partition, from, until }
}

fn document() -> Value {
    asyncapi(&Setting {
        bootstrap: "127.0.0.1:9092".to_owned(),
        public_url: "http://127.0.0.1:8080".to_owned(),
        partitions: 3,
        retention: Duration::from_hours(30 * 24),
    })
}

/// Topics as the shop makes them, with the example messages of the contract on them.
fn live() -> Live {
    let settings = |topic: Topic| {
        let pairs = match topic.name() {
            "shop.product" => vec![("cleanup.policy", "compact")],
            _ => vec![("cleanup.policy", "delete"), ("retention.ms", "2592000000")],
        };
        let named = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        named.collect()
    };
    let state = |topic| TopicState {
        partitions: (0..3).map(|partition| range(partition, 0, 10)).collect(),
        settings: settings(topic),
        ..TopicState::default()
    };
    let mut live = Live {
        topics: Topic::ALL.map(|topic| (topic, state(topic))).into(),
        observed: BTreeMap::new(),
    };
    for event_type in EventType::ALL {
        for example in examples(event_type) {
            take(&mut live, event_type, &example);
        }
    }
    live
}

fn examples(event_type: EventType) -> Vec<Value> {
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = format!("{root}/../../schemas/examples/{}", event_type.name());
    let files = std::fs::read_dir(&folder).expect("every type has examples");
    let texts = files.map(|file| std::fs::read_to_string(file.expect("an entry").path()).expect("an example"));
    texts
        .map(|text| serde_json::from_str(&text).expect("an example is JSON"))
        .collect()
}

fn take(live: &mut Live, event_type: EventType, value: &Value) {
    let mut message = bare(event_type, value);
    let headers = Header::ALL
        .into_iter()
        .filter(|header| !header.name().starts_with("dead_letter"));
    message.headers = headers
        .map(|header| (header.name().to_owned(), b"x".to_vec()))
        .collect();
    keep(live, event_type, message);
}

/// Without headers.
fn bare(event_type: EventType, value: &Value) -> Message {
    let place = Place {
        topic: event_type.topic(),
        partition: 0,
        offset: 0,
    };
    Message::new(place, value.to_string().into_bytes())
}

fn keep(live: &mut Live, event_type: EventType, message: Message) {
    let fields = portal::declared::fields(event_type);
    let maps: BTreeSet<String> = portal::declared::maps(fields).into_iter().map(str::to_owned).collect();
    let maps = Arc::new(maps);
    let observed: &mut Observed = Arc::make_mut(live.observed.entry(event_type.topic()).or_default());
    observed.take(&Arc::new(message), |_| Some(Arc::clone(&maps)));
}

#[test]
fn the_document_says_what_the_examples_of_the_contract_say() {
    assert_eq!(differences(&document(), &live()), Vec::<String>::new());
}

/// What drifts; a change of the document or of what is live; how the difference must be named.
type Drift = (&'static str, fn(&mut Value, &mut Live), &'static str);

const VIEW: &str = "/components/messages/view";

const PLANTED: [Drift; 12] = [
    (
        "a topic has more partitions",
        |_, live| view(live).partitions.push(range(3, 0, 1)),
        "shop.view has 4 partitions",
    ),
    (
        "a topic keeps its messages for a day",
        |_, live| set(live, "retention.ms", "86400000"),
        "shop.view: retention.ms is 86400000",
    ),
    (
        "a topic is compacted",
        |_, live| set(live, "cleanup.policy", "compact"),
        "shop.view: cleanup.policy is compact",
    ),
    (
        "a topic is gone",
        |_, live| drop(live.topics.remove(&Topic::View)),
        "shop.view is described and does not exist",
    ),
    (
        "a topic is not described",
        |document, _| remove(document, "/channels", "shop.view"),
        "shop.view exists and is not described",
    ),
    (
        "a header is new",
        |document, _| remove(document, &format!("{VIEW}/headers/properties"), "traceparent"),
        "view: the header traceparent came",
    ),
    (
        "a header is missing",
        |_, live| {
            keep(
                live,
                EventType::View,
                bare(EventType::View, &examples(EventType::View)[0]),
            );
        },
        "view: the header ce_id is described as always there",
    ),
    (
        "a field is new",
        |document, _| remove(document, &format!("{VIEW}/payload/properties"), "request_id"),
        "view: the field request_id came",
    ),
    (
        "a field of the details is new",
        |document, _| {
            remove(
                document,
                &format!("{VIEW}/payload/properties/details/properties"),
                "language",
            );
        },
        "view: the field details.language came",
    ),
    (
        "a field is missing",
        |_, live| {
            changed(live, |view| {
                drop(view.as_object_mut().and_then(|view| view.remove("endpoint")));
            });
        },
        "view: endpoint is described as always there",
    ),
    (
        "a value is new",
        |_, live| changed(live, |view| view["entity_type"] = json!("planet")),
        "view: entity_type was planet",
    ),
    (
        "an event is not described",
        |document, _| remove(document, "/channels/shop.view/messages", "view"),
        "shop.view: view came and is not described",
    ),
];

fn view(live: &mut Live) -> &mut TopicState {
    live.topics.get_mut(&Topic::View).expect("the topic is there")
}

fn set(live: &mut Live, setting: &str, value: &str) {
    view(live).settings.insert(setting.to_owned(), value.to_owned());
}

fn remove(document: &mut Value, at: &str, name: &str) {
    let object = document.pointer_mut(at).and_then(Value::as_object_mut);
    let removed = object.expect("the document has it").remove(name);
    assert!(removed.is_some(), "{at}/{name}");
}

fn changed(live: &mut Live, change: fn(&mut Value)) {
    let mut example = examples(EventType::View).remove(0);
    change(&mut example);
    take(live, EventType::View, &example);
}

#[test]
fn each_of_twelve_planted_drifts_is_named() {
    for (what, plant, named) in PLANTED {
        let (mut document, mut live) = (document(), live());
        plant(&mut document, &mut live);
        let found = differences(&document, &live);
        let is_named = found.iter().any(|difference| difference.starts_with(named));
        assert!(is_named, "{what}: {found:#?}");
    }
}
