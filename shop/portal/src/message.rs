//! A message as it stands on its topic, and how it is written down: as one line of JSON, or for people.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers};
use schemas::{Timestamp, Topic};
use serde_json::{Map, Value, json};

/// Where a message stands: `shop.view / 1 / 42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
}

impl Place {
    /// The page about this message.
    #[must_use]
    pub fn address(self) -> String {
        format!(
            "/data/messages/{}/{}/{}",
            self.topic.name(),
            self.partition,
            self.offset
        )
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {}", self.topic.name(), self.partition, self.offset)
    }
}

/// A message of one of the shop's topics.
#[derive(Debug)]
pub struct Message {
    pub place: Place,
    /// The record timestamp, in milliseconds since 1970.
    pub millis: Option<i64>,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub value: Vec<u8>,
    /// How large the value is on its topic; more than is here when it was [cut](Self::cut).
    pub size: usize,
    parsed: OnceLock<Option<Value>>,
}

impl Message {
    #[must_use]
    pub fn new(place: Place, value: Vec<u8>) -> Self {
        Self {
            place,
            millis: None,
            key: None,
            headers: Vec::new(),
            size: value.len(),
            value,
            parsed: OnceLock::new(),
        }
    }

    /// A copy of what was read; none when it is of another topic than the shop's.
    pub(crate) fn of(read: &BorrowedMessage<'_>) -> Option<Self> {
        let place = Place {
            topic: Topic::from_name(read.topic())?,
            partition: read.partition(),
            offset: read.offset(),
        };
        let headers = read.headers().into_iter().flat_map(Headers::iter);
        Some(Self {
            millis: read.timestamp().to_millis(),
            key: read.key().map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
                .collect(),
            ..Self::new(place, read.payload().unwrap_or_default().to_vec())
        })
    }

    /// Keeps only the beginning of a value that is larger.
    pub(crate) fn cut(&mut self, most: usize) {
        if self.value.len() > most {
            self.value.truncate(most);
            self.value.shrink_to_fit();
        }
    }

    /// Whether the value has fields, though perhaps they can't be told apart any more: it was a JSON object before it was cut.
    pub(crate) fn may_have_fields(&self) -> bool {
        self.json().is_some() || (self.value.len() < self.size && self.value.trim_ascii_start().starts_with(b"{"))
    }

    /// The value, when it is a JSON object; read once.
    pub fn json(&self) -> Option<&Value> {
        let parse = || {
            serde_json::from_slice(&self.value)
                .ok()
                .filter(|value: &Value| value.is_object())
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// A field of the value by its path, such as `details.order_id`.
    pub fn field(&self, path: &str) -> Option<&Value> {
        at(self.json()?, path)
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| String::from_utf8_lossy(value))
    }

    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.field("event_type")?.as_str()
    }

    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.millis.map(Timestamp::from_unix_millis_saturating)
    }

    /// One line that says all of it: `value` is the text byte for byte, so it can be played back; what is no text stands in base64
    /// in `value_base64` (`key_base64`) instead.
    #[must_use]
    pub fn json_line(&self) -> String {
        let mut line = Map::new();
        line.insert("topic".into(), json!(self.place.topic.name()));
        line.insert("partition".into(), json!(self.place.partition));
        line.insert("offset".into(), json!(self.place.offset));
        line.insert("timestamp".into(), json!(self.millis));
        insert(&mut line, "key", self.key.as_deref());
        let headers = self.headers.iter();
        let headers: Vec<Value> = headers
            .map(|(name, value)| {
                let mut header = Map::new();
                header.insert("name".into(), json!(name));
                insert(&mut header, "value", Some(value));
                Value::Object(header)
            })
            .collect();
        line.insert("headers".into(), Value::Array(headers));
        insert(&mut line, "value", Some(&self.value));
        Value::Object(line).to_string()
    }
}

/// A field of an object by its path.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

fn insert(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    match bytes.map(std::str::from_utf8) {
        None => object.insert(name.into(), Value::Null),
        Some(Ok(text)) => object.insert(name.into(), json!(text)),
        Some(Err(_)) => object.insert(
            format!("{name}_base64"),
            json!(STANDARD.encode(bytes.unwrap_or_default())),
        ),
    };
}

/// At most so many bytes of a text, cut between characters.
pub(crate) fn clipped(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(value: &[u8]) -> Message {
        let place = Place {
            topic: Topic::View,
            partition: 1,
            offset: 42,
        };
        Message::new(place, value.to_vec())
    }

    #[test]
    fn a_line_keeps_every_byte_of_a_value_that_is_text() {
        let value = r#"{"path":"/products/1", "x":"한글 </script>"}"#;
        let line: Value = serde_json::from_str(&message(value.as_bytes()).json_line()).unwrap();
        assert_eq!(line["value"], value);
        assert_eq!(line["topic"], "shop.view");
    }

    #[test]
    fn bytes_that_are_no_text_stand_in_base64() {
        let line: Value = serde_json::from_str(&message(&[0xff, 0x00]).json_line()).unwrap();
        assert_eq!(line["value_base64"], "/wA=");
        assert_eq!(line.get("value"), None);
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for value in [&b"not json"[..], b"[1]", b"null", b""] {
            assert!(message(value).json().is_none());
        }
        assert_eq!(
            message(br#"{"details":{"order_id":7}}"#).field("details.order_id"),
            Some(&json!(7))
        );
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(clipped("가나", 4), "가");
        assert_eq!(clipped("abc", 9), "abc");
    }
}
