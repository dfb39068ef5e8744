//! Which messages somebody wants to see: in the tail, and in a search.

use memchr::memmem;
use schemas::{Header, Topic};
use serde_json::Value;

use crate::message::Message;

/// All of it must be true of a message; what is none is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub topic: Option<Topic>,
    pub event_type: Option<String>,
    /// The path of a field, such as `details.order_id`, that must be `value`; without it `value` may stand anywhere in key or value.
    pub field: Option<String>,
    pub value: Option<String>,
    /// A header with this text.
    pub header: Option<(Header, String)>,
}

impl Filter {
    /// What an address or a form says; empty fields say nothing. An unknown topic is nobody's, and found nowhere.
    #[must_use]
    pub fn of(topic: &str, event_type: &str, field: &str, value: &str) -> Self {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            topic: Topic::from_name(topic.trim()),
            event_type: said(event_type),
            field: said(field),
            value: said(value),
            header: None,
        }
    }

    /// Whether it asks for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the bytes can belong to such a message: cheap, and never wrongly no to JSON that escapes only what it must.
    pub(crate) fn may_match(&self, finder: Option<&memmem::Finder<'_>>, key: Option<&[u8]>, value: &[u8]) -> bool {
        let Some(finder) = finder else { return true };
        finder.find(value).is_some() || (self.field.is_none() && finder.find(key.unwrap_or_default()).is_some())
    }

    /// The bytes that stand in every message that matches; none when an escape could hide them.
    pub(crate) fn needle(&self) -> Option<&str> {
        let plain = |text: &&str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/ ".contains(&byte))
        };
        // A field's number may be written in another way than it was asked for.
        let number = self.field.is_some() && self.value.as_ref().is_some_and(|value| value.parse::<f64>().is_ok());
        let value = self.value.as_deref().filter(|_| !number);
        value.or(self.event_type.as_deref()).filter(plain)
    }

    #[must_use]
    pub fn matches(&self, message: &Message) -> bool {
        if self.topic.is_some_and(|topic| topic != message.place.topic) {
            return false;
        }
        if let Some(wanted) = &self.event_type
            && message.event_type() != Some(wanted)
        {
            return false;
        }
        if let Some((header, wanted)) = &self.header
            && message.header(header.name()).as_deref() != Some(wanted)
        {
            return false;
        }
        match (&self.field, &self.value) {
            (Some(path), Some(wanted)) => message.field(path).is_some_and(|found| says(found, wanted)),
            (Some(path), None) => message.field(path).is_some_and(|found| !found.is_null()),
            (None, Some(wanted)) => contains(message, wanted),
            (None, None) => true,
        }
    }
}

fn says(found: &Value, wanted: &str) -> bool {
    match found {
        Value::String(text) => text == wanted,
        Value::Number(number) => {
            number.to_string() == wanted || wanted.parse().is_ok_and(|wanted: f64| number.as_f64() == Some(wanted))
        }
        Value::Bool(yes) => yes.to_string() == wanted,
        Value::Null => wanted == "null",
        Value::Array(items) => items.iter().any(|item| says(item, wanted)),
        Value::Object(_) => false,
    }
}

/// As it is written, or as JSON would write it with escapes.
fn contains(message: &Message, wanted: &str) -> bool {
    let finder = memmem::Finder::new(wanted);
    let within = |bytes: &[u8]| finder.find(bytes).is_some();
    within(&message.value)
        || message.key.as_deref().is_some_and(within)
        || message.json().is_some_and(|value| any_text(value, &within))
}

fn any_text(value: &Value, within: &impl Fn(&[u8]) -> bool) -> bool {
    match value {
        Value::String(text) => within(text.as_bytes()),
        Value::Array(items) => items.iter().any(|item| any_text(item, within)),
        Value::Object(fields) => fields.values().any(|field| any_text(field, within)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Place;

    fn message(value: &str) -> Message {
        let place = Place {
            topic: Topic::Order,
            partition: 0,
            offset: 3,
        };
        Message::new(place, value.as_bytes().to_vec())
    }

    #[test]
    fn an_order_is_found_by_its_number_and_not_by_a_part_of_it() {
        let placed = message(r#"{"event_type":"order_placed","details":{"order_id":12}}"#);
        assert!(Filter::of("", "", "details.order_id", "12").matches(&placed));
        assert!(!Filter::of("", "", "details.order_id", "1").matches(&placed));
        assert!(Filter::of("shop.order", "order_placed", "", "").matches(&placed));
        assert!(!Filter::of("shop.view", "", "", "").matches(&placed));
    }

    #[test]
    fn a_text_is_found_however_json_writes_it() {
        let escaped = message(r#"{"details":{"query":"\ucc28 \"blue\""}}"#);
        assert!(Filter::of("", "", "", "차 \"blue\"").matches(&escaped));
        assert_eq!(Filter::of("", "", "", "차").needle(), None);
        assert!(Filter::of("", "", "", "no json").matches(&message("this is no json")));
    }

    #[test]
    fn the_quick_look_never_says_no_to_what_matches() {
        let value = r#"{"event_type":"view","details":{"product_id":7.0},"path":"/a b"}"#;
        let message = message(value);
        for filter in [
            Filter::of("", "view", "", ""),
            Filter::of("", "", "details.product_id", "7"),
            Filter::of("", "", "", "/a b"),
            Filter::of("", "view", "path", "/a b"),
        ] {
            assert!(filter.matches(&message), "{filter:?}");
            let finder = filter.needle().map(memmem::Finder::new);
            assert!(filter.may_match(finder.as_ref(), None, value.as_bytes()), "{filter:?}");
        }
    }
}
