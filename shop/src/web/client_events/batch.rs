//! One event, or an array of them: cut apart without reading them yet.

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most events in a batch.
const MOST: usize = 100;

/// Why nothing of a body can be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    TooMany,
    NotJson(String),
}

/// The JSON texts of the events in `body`.
pub(super) fn split(body: &str) -> Result<Vec<&str>, Unusable> {
    let not_json = |error: serde_json::Error| Unusable::NotJson(format!("the body is not JSON: {error}"));
    if !body.trim_start().starts_with('[') {
        // The only event is read at once, so a body that is not JSON is told apart there from one with a bad field.
        return serde_json::from_str::<&RawValue>(body)
            .map(|event| vec![event.get()])
            .map_err(not_json);
    }
    let mut reader = serde_json::Deserializer::from_str(body);
    let events = reader.deserialize_seq(Events).map_err(not_json)?;
    reader.end().map_err(not_json)?;
    if events.len() > MOST {
        Err(Unusable::TooMany)
    } else {
        Ok(events)
    }
}

/// Collects at most one more than is allowed; the body's size bounds the work for the rest.
struct Events;

impl<'de> Visitor<'de> for Events {
    type Value = Vec<&'de str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event or an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut events = Vec::new();
        while let Some(event) = sequence.next_element::<&RawValue>()? {
            if events.len() <= MOST {
                events.push(event.get());
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_a_batch_of_one() {
        assert_eq!(split(r#" {"a":1} "#), Ok(vec![r#"{"a":1}"#]));
        assert_eq!(split(r#"[{"a":1}, 2]"#), Ok(vec![r#"{"a":1}"#, "2"]));
        assert_eq!(split("[]"), Ok(vec![]));
    }

    #[test]
    fn more_than_a_hundred_are_too_many() {
        let batch = |count| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(split(&batch(MOST)).map(|events| events.len()), Ok(MOST));
        assert_eq!(split(&batch(MOST + 1)), Err(Unusable::TooMany));
    }

    #[test]
    fn what_is_no_json_is_told_so() {
        for body in ["", "{", "[1,", "[1]x", "hello", "{\"a\":1}{}"] {
            assert!(matches!(split(body), Err(Unusable::NotJson(_))), "{body}");
        }
    }
}
