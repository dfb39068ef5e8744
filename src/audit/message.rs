//! What the ledger needs from a message: its source, its id and its day, without reading the whole of it.
//!
//! `source` is the last member of every message by construction (`schemas::Unsealed::seal_into`), `timestamp` the first, and
//! nothing that a visitor can name stands behind `event_id`. A message of another shape is read as JSON.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;
use serde::Deserialize;
use uuid::Uuid;

/// The head and tail of a message, as far as they are readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glimpse<'a> {
    pub(super) instance: Cow<'a, str>,
    /// From 1.
    pub(super) sequence: u64,
    pub(super) event_id: Uuid,
    /// As it stands in the message; it may be no date at all.
    pub(super) timestamp: Cow<'a, str>,
}

const TIMESTAMP: &[u8] = br#"{"timestamp":""#;
const TIMESTAMP_LENGTH: usize = "2025-05-14T11:46:45.722945Z".len();
const UUID_LENGTH: usize = 36;
const SEQUENCE: &[u8] = br#"","sequence":"#;
// Prepared once. The last match is wanted, and yet they look forward, which goes by many bytes at a time; backward is by one.
// Neither can overlap with itself, so no match hides another.
static EVENT_ID: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(r#""event_id":"#));
static SOURCE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(r#","source":{"instance":""#));
/// `,"source":{"instance":"`, 64 characters, `","sequence":`, 20 digits, `}}`.
const SOURCE_LENGTH: usize = 128;

/// Where a message says that it comes from; none when it doesn't.
pub(super) fn glimpse(value: &[u8]) -> Option<Glimpse<'_>> {
    by_shape(value).or_else(|| by_json(value))
}

fn by_shape(value: &[u8]) -> Option<Glimpse<'_>> {
    let timestamp = value.strip_prefix(TIMESTAMP)?.get(..TIMESTAMP_LENGTH)?;
    let tail_at = value.len().saturating_sub(SOURCE_LENGTH);
    // The digits are followed by the two closing braces, so the object that they stand in is a member of the message itself.
    let tail = value[tail_at..].strip_suffix(b"}}")?;
    let source_at = SOURCE.find_iter(tail).last()?;
    let source = &tail[source_at + SOURCE.needle().len()..];
    // A name needs no escaping, so the first quote is its end.
    let (name, rest) = source.split_at(memchr(b'"', source)?);
    let id_at = EVENT_ID.find_iter(&value[..tail_at + source_at]).last()? + EVENT_ID.needle().len();
    let event_id = value[id_at..].strip_prefix(b"\"")?.get(..UUID_LENGTH)?;
    Some(Glimpse {
        instance: Cow::Borrowed(instance(name)?),
        sequence: number(rest.strip_prefix(SEQUENCE)?)?,
        event_id: Uuid::try_parse_ascii(event_id).ok()?,
        timestamp: Cow::Borrowed(std::str::from_utf8(timestamp).ok()?),
    })
}

fn instance(name: &[u8]) -> Option<&str> {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (!name.is_empty() && name.iter().all(plain)).then(|| std::str::from_utf8(name).ok())?
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits[0] == b'0' {
        return None;
    }
    let sequence = digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })?;
    i64::try_from(sequence).is_ok().then_some(sequence)
}

fn by_json(value: &[u8]) -> Option<Glimpse<'_>> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow, default)]
        timestamp: Cow<'a, str>,
        event_id: Uuid,
        source: schemas::Source,
    }
    let message: Message<'_> = serde_json::from_slice(value).ok()?;
    let sequence = message.source.sequence.0;
    (sequence > 0 && i64::try_from(sequence).is_ok()).then(|| Glimpse {
        instance: Cow::Owned(message.source.instance.into()),
        sequence,
        event_id: message.event_id,
        timestamp: message.timestamp,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "019e264f-835a-7cb1-b49a-e52592e5dfe8";

    fn examples() -> Vec<Vec<u8>> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples");
        let kinds = std::fs::read_dir(folder).unwrap();
        let files = kinds.flat_map(|kind| std::fs::read_dir(kind.unwrap().path()).unwrap());
        let values = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        values.map(|value| value.trim_ascii_end().to_vec()).collect()
    }

    #[test]
    fn every_example_is_read_by_its_shape_as_json_reads_it() {
        let examples = examples();
        assert!(examples.len() > 30);
        for value in examples {
            let fast = by_shape(&value).unwrap();
            assert_eq!(Some(fast), by_json(&value));
        }
    }

    proptest! {
        /// What is no JSON any more may still be read; what is, must be read as JSON says. (The timestamp is taken as it stands.)
        #[test]
        fn a_damaged_message_is_not_read_otherwise_than_as_json(
            example in any::<prop::sample::Index>(),
            damages in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(&b"\"{}[],:\\019az-"[..])]), 1..4),
        ) {
            let examples = examples();
            let mut value = example.get(&examples).clone();
            for (at, byte) in damages {
                *at.get_mut(&mut value[TIMESTAMP.len() + TIMESTAMP_LENGTH + 1..]) = byte;
            }
            if let (Some(fast), Some(slow)) = (by_shape(&value), by_json(&value)) {
                prop_assert_eq!(fast, slow);
            }
        }
    }

    #[test]
    fn an_id_that_a_visitor_typed_is_not_taken_for_the_events() {
        let value = format!(
            r#"{{"timestamp":"2026-05-14T11:46:45.722945Z","args":{{"event_id":"019e264f-0000-7000-8000-000000000000"}},"event_id":"{ID}","details":{{"text":"\"event_id\":\"019e264f-0000-7000-8000-000000000000"}},"source":{{"instance":"shop-1","sequence":7}}}}"#
        );
        let fast = by_shape(value.as_bytes()).unwrap();
        assert_eq!(fast.event_id.to_string(), ID);
        assert_eq!(Some(fast), by_json(value.as_bytes()));
    }

    #[test]
    fn a_message_in_another_order_is_read_as_json() {
        let value = format!(r#"{{"source":{{"sequence":3,"instance":"shop-1"}},"event_id":"{ID}"}}"#);
        let read = glimpse(value.as_bytes()).unwrap();
        assert_eq!((read.instance.as_ref(), read.sequence), ("shop-1", 3));
        assert_eq!(read.timestamp, "");
    }

    #[test]
    fn what_names_no_source_has_none() {
        let nested = format!(
            r#"{{"timestamp":"2026-05-14T11:46:45.722945Z","event_id":"{ID}","a":{{"b":1,"source":{{"instance":"shop-1","sequence":7}}}}}}"#
        );
        let zero = format!(r#"{{"event_id":"{ID}","source":{{"instance":"shop-1","sequence":0}}}}"#);
        let huge = format!(r#"{{"event_id":"{ID}","source":{{"instance":"shop-1","sequence":9223372036854775808}}}}"#);
        for value in ["", "{}", "}}", "\u{0}", &nested, &zero, &huge] {
            assert_eq!(glimpse(value.as_bytes()), None, "{value}");
        }
    }
}
