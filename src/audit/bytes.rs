//! `--bytes`: whether an event says the same on its topic, in its file and in its row. A hash an event and no bytes are kept.
//!
//! A file holds the topic's bytes as they are, so those are compared. A row holds the values: PostgreSQL writes numbers, spaces and the
//! order of keys its own way, so what both say is brought into one form first. Numbers are compared as 64-bit floats.
//!
//! Promises: 8 bytes an event more; a difference is missed once in four billion events.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};

use serde_json::Value;

/// The fields that a row keeps, by their names in a message.
const FIELDS: [&str; 18] = [
    "timestamp",
    "event_id",
    "session_id",
    "user_id",
    "event_type",
    "entity_type",
    "entity_id",
    "endpoint",
    "method",
    "path",
    "args",
    "form",
    "response_status",
    "ip_address",
    "user_agent",
    "referrer",
    "request_id",
    "details",
];

const CHUNK: usize = 1024;

/// 32 bits of what an event says; 0 when nobody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hash(u32);

/// A hash for each sequence of one instance.
#[derive(Debug, Default)]
pub(super) struct Hashes(HashMap<u64, Box<[Hash; CHUNK]>>);

impl Hash {
    pub(super) const NONE: Self = Self(0);

    /// Of a message as it stands.
    pub(super) fn of_bytes(value: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(value);
        Self::from(&hasher)
    }

    /// Of the values that a row keeps of a message; none when it is no JSON.
    pub(super) fn of_values(json: &[u8]) -> Self {
        let Ok(Value::Object(message)) = serde_json::from_slice(json) else {
            return Self::NONE;
        };
        let mut hasher = DefaultHasher::new();
        for field in FIELDS {
            let value = message.get(field).unwrap_or(&Value::Null);
            match (field, value) {
                ("args" | "form", Value::Null) => add(&Value::Object(serde_json::Map::new()), &mut hasher),
                ("event_id" | "request_id" | "session_id", Value::String(id)) => {
                    add(&Value::String(id.to_ascii_lowercase()), &mut hasher);
                }
                _ => add(value, &mut hasher),
            }
        }
        Self::from(&hasher)
    }

    fn from(hasher: &DefaultHasher) -> Self {
        Self(u32::try_from(hasher.finish() >> 32).unwrap_or(1).max(1))
    }
}

impl Hashes {
    /// Whether an event says here what it said before; the first time it does.
    pub(super) fn agree(&mut self, sequence: u64, hash: Hash) -> bool {
        if hash == Hash::NONE {
            return true;
        }
        let chunk = self.0.entry(sequence / CHUNK as u64);
        let chunk = chunk.or_insert_with(|| Box::new([Hash::NONE; CHUNK]));
        let at = usize::try_from(sequence % CHUNK as u64).unwrap_or(0);
        let known = chunk[at];
        if known == Hash::NONE {
            chunk[at] = hash;
        }
        known == Hash::NONE || known == hash
    }
}

/// Adds a value in one form, whoever wrote it; `serde_json` keeps objects in the order of their keys.
fn add(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => hasher.write_u8(0),
        Value::Bool(is_true) => hasher.write_u8(1 + u8::from(*is_true)),
        Value::Number(number) => {
            hasher.write_u8(3);
            hasher.write_u64(number.as_f64().unwrap_or(f64::NAN).to_bits());
        }
        Value::String(text) => {
            hasher.write_u8(4);
            hasher.write_usize(text.len());
            hasher.write(text.as_bytes());
        }
        Value::Array(values) => {
            hasher.write_u8(5);
            hasher.write_usize(values.len());
            for value in values {
                add(value, hasher);
            }
        }
        Value::Object(fields) => {
            hasher.write_u8(6);
            hasher.write_usize(fields.len());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in fields {
                hasher.write_usize(name.len());
                hasher.write(name.as_bytes());
                add(value, hasher);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_values_are_the_same_however_they_are_written_and_another_value_is_not() {
        let line = br#"{"timestamp":"2026-05-14T11:46:45.722945Z","event_id":"019E264F-835a-7cb1-b49a-e52592e5dfe8","details":{"a":1e3,"b":[1.50,"x"]}}"#;
        let row = br#"{ "details": {"b": [1.5, "x"], "a": 1000}, "user_id": null, "args": {}, "form": {},
            "event_id": "019e264f-835a-7cb1-b49a-e52592e5dfe8", "timestamp": "2026-05-14T11:46:45.722945Z" }"#;
        assert_eq!(Hash::of_values(line), Hash::of_values(row));
        let other = String::from_utf8_lossy(row).replace("\"x\"", "\"y\"");
        assert_ne!(Hash::of_values(line), Hash::of_values(other.as_bytes()));
        assert_eq!(Hash::of_values(b"not json"), Hash::NONE);
    }

    #[test]
    fn an_event_agrees_with_itself_only() {
        let mut hashes = Hashes::default();
        let (one, other) = (Hash::of_bytes(b"one"), Hash::of_bytes(b"other"));
        assert!(hashes.agree(5_000, one) && hashes.agree(5_000, one) && hashes.agree(5_001, other));
        assert!(!hashes.agree(5_000, other) && hashes.agree(5_000, Hash::NONE));
    }
}
