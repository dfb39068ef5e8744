//! An example of each field, out of the messages in `examples/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::EventType;

/// Type and message of each file.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// By type, in the order of their files' names; what is no JSON is no example (a test validates each file).
static MESSAGES: LazyLock<BTreeMap<&str, Vec<Value>>> = LazyLock::new(|| {
    let mut messages: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, text) in FILES {
        messages.entry(name).or_default().extend(serde_json::from_str(text));
    }
    messages
});

/// What a real message says in the field at `path`: one of this type, otherwise, since all types share the fields outside `details`, one of
/// another type. Rather something than an empty list or object; none when no message fills the field.
#[must_use]
pub fn example(event_type: EventType, path: &str) -> Option<&'static Value> {
    let own = MESSAGES.get(event_type.name()).into_iter().flatten();
    let is_shared = !path.starts_with("details") && path != "event_type";
    let others = MESSAGES.values().flatten().filter(|_| is_shared);
    let mut found = own.chain(others).filter_map(|message| at(message, path));
    let first = found.next()?;
    Some(if is_empty(first) {
        found.find(|value| !is_empty(value)).unwrap_or(first)
    } else {
        first
    })
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let Some((name, rest)) = path.split_once('.') else {
        return value.get(path).filter(|found| !found.is_null());
    };
    match name.strip_suffix("[]") {
        Some(list) => value.get(list)?.as_array()?.iter().find_map(|item| at(item, rest)),
        None => at(value.get(name)?, rest),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}
