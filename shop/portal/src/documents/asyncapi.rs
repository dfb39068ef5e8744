//! `/data/asyncapi.yaml`: topics, keys, headers and messages, as AsyncAPI with Kafka bindings (<https://www.asyncapi.com/docs/reference>).

use schemas::{EventType, Header, Topic, generate};
use serde_json::{Map, Value, json};

use super::Setting;
use crate::Language;
use crate::topics;

const VERSION: &str = "3.1.0";
const KAFKA_BINDINGS: &str = "0.5.0";
/// Headers that every message has; the rest are there when there is something to say.
const ALWAYS: [Header; 7] = [
    Header::CeSpecVersion,
    Header::CeId,
    Header::CeType,
    Header::CeSource,
    Header::CeTime,
    Header::ContentType,
    Header::Schema,
];

pub(super) fn document(setting: &Setting) -> Value {
    json!({
        "asyncapi": VERSION,
        "info": {
            "title": "DE Shop",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What happens in a web shop, as events on Kafka: one topic a kind, plain JSON, keyed by session.",
            "license": { "name": "MIT", "url": "https://opensource.org/license/mit" },
            "contact": { "name": "DE Shop", "url": format!("{}/data", setting.public_url) },
            "tags": [{ "name": "shop" }],
            "externalDocs": { "description": "The portal, with live counts", "url": format!("{}/data", setting.public_url) },
        },
        "id": "urn:de-shop",
        "defaultContentType": "application/json",
        "servers": servers(setting),
        "channels": Topic::ALL.map(|topic| (topic.name().to_owned(), channel(topic, setting))).into_iter().collect::<Map<_, _>>(),
        "operations": Topic::ALL.map(|topic| (format!("send.{}", topic.name()), operation(topic))).into_iter().collect::<Map<_, _>>(),
        "components": { "messages": messages() },
    })
}

fn servers(setting: &Setting) -> Value {
    let brokers = setting.bootstrap.split(',').enumerate();
    let server = |(number, host): (usize, &str)| {
        let server =
            json!({ "host": host.trim(), "protocol": "kafka", "description": "A Kafka broker to begin with." });
        (format!("kafka{}", number + 1), server)
    };
    brokers.map(server).collect::<Map<_, _>>().into()
}

fn types_of(topic: Topic) -> impl Iterator<Item = EventType> {
    EventType::ALL
        .into_iter()
        .filter(move |event_type| event_type.topic() == topic)
}

/// The messages of a topic by their names in the document.
fn names_of(topic: Topic) -> Vec<&'static str> {
    if topic == Topic::DeadLetter {
        return vec!["dead_letter"];
    }
    types_of(topic).map(EventType::name).collect()
}

fn channel(topic: Topic, setting: &Setting) -> Value {
    let messages = names_of(topic).into_iter();
    let messages = messages.map(|name| {
        (
            name.to_owned(),
            json!({ "$ref": format!("#/components/messages/{name}") }),
        )
    });
    json!({
        "address": topic.name(),
        "title": topic.name(),
        "description": format!("{} Key: {}.", topics::purpose(topic, Language::En), topics::key(topic, Language::En)),
        "messages": messages.collect::<Map<_, _>>(),
        "bindings": { "kafka": {
            "topic": topic.name(),
            "partitions": setting.partitions,
            "topicConfiguration": configuration(topic, setting),
            "bindingVersion": KAFKA_BINDINGS,
        } },
    })
}

fn configuration(topic: Topic, setting: &Setting) -> Value {
    if topic.is_compacted() {
        return json!({ "cleanup.policy": ["compact"] });
    }
    let millis = u64::try_from(setting.retention.as_millis()).unwrap_or(u64::MAX);
    json!({ "cleanup.policy": ["delete"], "retention.ms": millis })
}

fn operation(topic: Topic) -> Value {
    let channel = topic.name();
    let messages = names_of(topic).into_iter();
    let messages = messages.map(|name| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") }));
    let who = if topic == Topic::DeadLetter { "sink" } else { "shop" };
    json!({
        "action": "send",
        "title": format!("{who} sends to {channel}"),
        "summary": topics::purpose(topic, Language::En),
        "channel": { "$ref": format!("#/channels/{channel}") },
        "messages": messages.collect::<Vec<_>>(),
        "bindings": { "kafka": { "bindingVersion": KAFKA_BINDINGS } },
    })
}

fn messages() -> Map<String, Value> {
    let of_types = EventType::ALL.map(|event_type| (event_type.name().to_owned(), message(event_type)));
    let mut messages: Map<String, Value> = of_types.into_iter().collect();
    messages.insert("dead_letter".into(), dead_letter());
    messages
}

fn message(event_type: EventType) -> Value {
    let mut payload = generate::schema(event_type);
    // The document's own dialect, a superset of JSON Schema draft 07, of which this schema uses no more.
    let about = payload.as_object_mut().and_then(|schema| {
        schema.remove("$schema");
        schema.remove("x-topic");
        schema["properties"]["details"]["description"]
            .as_str()
            .map(str::to_owned)
    });
    let about = about.unwrap_or_else(|| topics::purpose(event_type.topic(), Language::En).to_owned());
    json!({
        "name": event_type.name(),
        "title": event_type.name(),
        "summary": about,
        "contentType": "application/json",
        "headers": headers(event_type),
        "payload": payload,
        "correlationId": { "location": "$message.payload#/request_id", "description": "The request during which it happened." },
        "bindings": { "kafka": { "key": key(event_type.topic()), "bindingVersion": KAFKA_BINDINGS } },
    })
}

fn key(topic: Topic) -> Value {
    match topic.name() {
        "shop.product" | "shop.app" | "shop.request" | "shop.dead-letter" => {
            json!({ "type": "string", "description": topics::key(topic, Language::En) })
        }
        _ => json!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "description": topics::key(topic, Language::En) }),
    }
}

/// CloudEvents 1.0, Kafka protocol binding, binary content mode, and the shop's own.
fn headers(event_type: EventType) -> Value {
    let constant = |text: &str| json!({ "type": "string", "const": text });
    let of = |header: Header| match header {
        Header::CeSpecVersion => constant("1.0"),
        Header::CeType => constant(event_type.name()),
        Header::ContentType => constant("application/json"),
        Header::Schema => json!({ "type": "string", "pattern": format!("^{}/[0-9]+$", event_type.name()) }),
        Header::CeId => json!({ "type": "string", "format": "uuid" }),
        Header::CeSource => json!({ "type": "string", "pattern": "^de-shop/[a-z0-9-]{1,64}$" }),
        Header::CeTime => json!({ "type": "string", "format": "date-time" }),
        _ => json!({ "type": "string" }),
    };
    let optional = [Header::TraceParent, Header::DeadLetterId];
    let properties = ALWAYS.into_iter().chain(optional);
    json!({
        "type": "object",
        "required": ALWAYS.map(Header::name),
        "properties": properties.map(|header| (header.name().to_owned(), of(header))).collect::<Map<_, _>>(),
    })
}

fn dead_letter() -> Value {
    let own = Header::ALL
        .into_iter()
        .filter(|header| header.name().starts_with("dead_letter_"));
    let properties = own.map(|header| (header.name().to_owned(), json!({ "type": "string" })));
    json!({
        "name": "dead_letter",
        "title": "dead_letter",
        "summary": "What the sink refused, byte for byte; the reason and the place where it stood are in its headers.",
        "contentType": "application/octet-stream",
        "headers": { "type": "object", "required": [Header::DeadLetterTime.name()], "properties": properties.collect::<Map<_, _>>() },
        "payload": { "description": "The original bytes: mostly JSON, but nothing is promised." },
        "bindings": { "kafka": { "key": key(Topic::DeadLetter), "bindingVersion": KAFKA_BINDINGS } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_type_is_described_once() {
        let setting = Setting {
            bootstrap: "one:9092, two:9092".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            partitions: 3,
            retention: std::time::Duration::from_hours(720),
        };
        let document = document(&setting);
        assert_eq!(document["servers"]["kafka2"]["host"], "two:9092");
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() >= 2 * EventType::ALL.len());
        for reference in references {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        for event_type in EventType::ALL {
            let payload = &document["components"]["messages"][event_type.name()]["payload"];
            assert_eq!(payload["properties"]["event_type"]["const"], event_type.name());
        }
    }

    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if let ("$ref", Value::String(reference)) = (name.as_str(), member) {
                        found.push(reference.clone());
                    }
                    collect(member, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
}
