//! Where the AsyncAPI document and what is live differ: each difference is a sentence.
//!
//! The document is taken as it is written, so that a change of either side shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::{EventType, Topic};
use serde_json::Value;

use crate::declared::{self, Field};
use crate::observed::{Observed, TypeSeen};
use crate::survey::TopicState;

/// What Kafka has, and what was seen in it.
#[derive(Debug, Default, Clone)]
pub struct Live {
    pub topics: BTreeMap<Topic, TopicState>,
    pub observed: BTreeMap<Topic, Arc<Observed>>,
}

/// Every difference between the document and what is live; topics without messages are compared by their settings alone.
#[must_use]
pub fn differences(document: &Value, live: &Live) -> Vec<String> {
    let mut found = Vec::new();
    let channels = document["channels"].as_object();
    for name in channels.into_iter().flat_map(serde_json::Map::keys) {
        if Topic::from_name(name).is_none_or(|topic| !live.topics.contains_key(&topic)) {
            found.push(format!("{name} is described and does not exist"));
        }
    }
    for (topic, state) in &live.topics {
        match document["channels"].get(topic.name()) {
            None => found.push(format!("{} exists and is not described", topic.name())),
            Some(channel) => settings(*topic, &channel["bindings"]["kafka"], state, &mut found),
        }
    }
    for (topic, observed) in live.observed.iter().filter(|(topic, _)| **topic != Topic::DeadLetter) {
        messages(document, *topic, observed, &mut found);
    }
    found
}

fn settings(topic: Topic, kafka: &Value, state: &TopicState, found: &mut Vec<String>) {
    let name = topic.name();
    let described = kafka["partitions"].as_u64();
    if described != Some(state.partitions.len() as u64) {
        let described = described.map_or_else(|| "no number of".to_owned(), |count| count.to_string());
        found.push(format!(
            "{name} has {} partitions, {described} described",
            state.partitions.len()
        ));
    }
    // What Kafka has not told yet can't differ.
    for (setting, described) in kafka["topicConfiguration"].as_object().into_iter().flatten() {
        let described = match described {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        // A broker that doesn't compact keeps everything: what is asked of a compacted topic holds there, too.
        let keeps_all = described == "compact" && state.settings.get("retention.ms").is_some_and(|kept| kept == "-1");
        let differs = state
            .settings
            .get(setting)
            .filter(|live| **live != described && !keeps_all);
        if let Some(live) = differs {
            found.push(format!("{name}: {setting} is {live}, described as {described}"));
        }
    }
}

fn messages(document: &Value, topic: Topic, observed: &Observed, found: &mut Vec<String>) {
    let described = document["channels"][topic.name()]["messages"].as_object();
    for (name, seen) in &observed.types {
        let message = &document["components"]["messages"][name];
        if described.is_none_or(|described| !described.contains_key(name)) || message.is_null() {
            found.push(format!("{}: {name} came and is not described", topic.name()));
            continue;
        }
        let Some(event_type) = EventType::from_name(name) else {
            found.push(format!("{}: {name} is no type of event", topic.name()));
            continue;
        };
        let fields = declared::of_schema(&message["payload"], event_type);
        fields_differ(name, &fields, seen, found);
        headers(name, &message["headers"], observed, found);
    }
}

fn fields_differ(name: &str, fields: &[Field], seen: &TypeSeen, found: &mut Vec<String>) {
    for path in seen.fields.keys() {
        let covers = |field: &Field| {
            let rest = path.strip_prefix(field.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || (field.is_map && rest.starts_with('.')) || rest == "[]")
        };
        if !fields.iter().any(covers) {
            found.push(format!("{name}: the field {path} came and is not described"));
        }
    }
    for field in fields {
        let observed = seen.fields.get(&field.path);
        // An empty object or list fills nothing.
        let may_be_empty = field.is_map || field.kind == "object" || field.kind.starts_with("array");
        let is_part = field.path.contains("[]") || may_be_empty;
        let filled = observed.map_or(0, |observed| observed.filled);
        if field.required && !is_part && filled < seen.messages && is_top(&field.path) {
            found.push(format!(
                "{name}: {} is described as always there and was missing",
                field.path
            ));
        }
        let Some(observed) = observed.filter(|_| !field.allowed.is_empty()) else {
            continue;
        };
        for value in observed.values.keys().filter(|value| !field.allowed.contains(*value)) {
            found.push(format!("{name}: {} was {value}, which is not described", field.path));
        }
    }
}

/// A required field of an object that may itself be missing is not always there.
fn is_top(path: &str) -> bool {
    path.matches('.').count() <= usize::from(path.starts_with("details.") || path.starts_with("source."))
}

fn headers(name: &str, described: &Value, observed: &Observed, found: &mut Vec<String>) {
    for header in observed.headers.keys() {
        if described["properties"].get(header).is_none() {
            found.push(format!("{name}: the header {header} came and is not described"));
        }
    }
    for header in described["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if observed.headers.get(header).copied().unwrap_or(0) < observed.messages {
            found.push(format!(
                "{name}: the header {header} is described as always there and was missing"
            ));
        }
    }
}
