//! A dead letter: as the sink writes it, and as a reader finds it.

use rdkafka::message::{Header as KafkaHeader, Message as _, OwnedHeaders, OwnedMessage};
use schemas::{Header, Timestamp, Topic};

use super::LetterId;
use super::headers::{of_the_message, own, unreadable};
use crate::judge::Reason;
use crate::trace::Trace;
use crate::{Offset, Partition, TopicPartition};

/// The value of [`Header::DeadLetterValue`].
pub(super) const AT_ORIGIN: &str = "at_origin";

/// Bytes of a reason or a field's name that a letter keeps: both may quote what a stranger sent.
const LONGEST_TEXT: usize = 1_000;

/// A refused message on its way to the dead-letter topic.
#[derive(Debug)]
pub(crate) struct DeadLetter {
    pub at: TopicPartition,
    pub offset: Offset,
    pub reason: Reason,
    pub refused: Timestamp,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// Those of the message.
    pub headers: OwnedHeaders,
    /// That of the message, in milliseconds.
    pub timestamp: Option<i64>,
}

/// Where a refused message stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub at: TopicPartition,
    pub offset: Offset,
}

/// A message that its letter left where it stood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    pub origin: Origin,
    /// The date of its record.
    pub timestamp: Option<i64>,
}

/// A letter as it stands in the dead-letter topic.
#[derive(Debug)]
pub struct Letter {
    pub id: LetterId,
    pub origin: Origin,
    /// The kind of reason, such as `invalid`.
    pub kind: String,
    /// The whole reason.
    pub reason: String,
    pub field: Option<String>,
    /// When it was refused.
    pub refused: Option<Timestamp>,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// The message was too large for a letter: its value stands at its origin only.
    pub is_value_at_origin: bool,
    /// Those of the message, without the letter's own; those whose names are no text are left out.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// All headers as they stand, where some of the message's have names that are no text: they can be copied, and not read.
    pub all_headers: Option<OwnedHeaders>,
    /// The date of the message's record, in milliseconds; none in the letters of older versions.
    pub timestamp: Option<i64>,
}

impl DeadLetter {
    pub(crate) fn new(message: &OwnedMessage, at: TopicPartition, reason: Reason, refused: Timestamp) -> Self {
        Self {
            at,
            offset: Offset(message.offset()),
            reason,
            refused,
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            // Copied as they are: a name that is no UTF-8 can't be read, but it can be kept.
            headers: message.headers().cloned().unwrap_or_default(),
            timestamp: message.timestamp().to_millis(),
        }
    }

    /// The message's headers and the letter's own.
    pub(crate) fn all_headers(&self) -> OwnedHeaders {
        self.with_own_headers(self.headers.clone())
    }

    /// The letter's own headers, for a message that is too large to be copied.
    pub(super) fn envelope_headers(&self) -> OwnedHeaders {
        self.with_own_headers(OwnedHeaders::new()).insert(KafkaHeader {
            key: Header::DeadLetterValue.name(),
            value: Some(AT_ORIGIN),
        })
    }

    fn with_own_headers(&self, headers: OwnedHeaders) -> OwnedHeaders {
        let reason = format!("{}: {}", self.reason.kind(), self.reason);
        let own = [
            (Header::DeadLetterReason, Some(cut(&reason))),
            (Header::DeadLetterField, self.reason.field().map(cut)),
            (Header::DeadLetterTopic, Some(self.at.topic.name().to_owned())),
            (Header::DeadLetterPartition, Some(self.at.partition.0.to_string())),
            (Header::DeadLetterOffset, Some(self.offset.to_string())),
            (Header::DeadLetterTime, Some(self.refused.to_string())),
            (
                Header::DeadLetterTimestamp,
                self.timestamp.map(|millis| millis.to_string()),
            ),
        ];
        own.into_iter().fold(headers, |headers, (name, value)| match value {
            Some(value) => headers.insert(KafkaHeader {
                key: name.name(),
                value: Some(&value),
            }),
            None => headers,
        })
    }
}

impl Letter {
    /// Reads a message of the dead-letter topic; none when it lacks its coordinates, and so is no letter.
    pub(crate) fn read(message: &OwnedMessage) -> Option<Self> {
        let headers = message.headers()?;
        let own = |name| own(headers, name);
        let origin = Origin {
            at: TopicPartition {
                topic: Topic::from_name(own(Header::DeadLetterTopic)?)?,
                partition: Partition(own(Header::DeadLetterPartition)?.parse().ok()?),
            },
            offset: Offset(own(Header::DeadLetterOffset)?.parse().ok()?),
        };
        let reason = own(Header::DeadLetterReason).unwrap_or("unknown");
        let (kind, reason) = reason.split_once(": ").unwrap_or((reason, ""));
        Some(Self {
            id: LetterId {
                partition: Partition(message.partition()),
                offset: Offset(message.offset()),
            },
            origin,
            kind: kind.to_owned(),
            reason: reason.to_owned(),
            field: own(Header::DeadLetterField).map(str::to_owned),
            refused: own(Header::DeadLetterTime).and_then(|time| Timestamp::parse(time).ok()),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            is_value_at_origin: own(Header::DeadLetterValue) == Some(AT_ORIGIN),
            headers: of_the_message(headers),
            all_headers: (unreadable(headers) > 0).then(|| headers.clone()),
            timestamp: own(Header::DeadLetterTimestamp).and_then(|millis| millis.parse().ok()),
        })
    }

    /// Where to look for the message itself.
    pub(super) const fn sought(&self) -> Sought {
        Sought {
            origin: self.origin,
            timestamp: self.timestamp,
        }
    }

    /// What tells the letter's message from every other. A message has two letters after a crash; but two messages may have stood at the
    /// same place, when their topic was deleted and made again.
    pub(super) fn identity(&self) -> (Origin, Trace) {
        let trace = Trace::of(self.timestamp, self.key.as_deref(), self.value.as_deref());
        (self.origin, trace)
    }

    /// Takes key, value and headers from the message itself, where its letter left them; none when Kafka no longer has it.
    pub(super) fn complete(&mut self, original: Option<OwnedMessage>) {
        let Some(original) = original else { return };
        self.key = original.key().map(<[u8]>::to_vec);
        self.value = original.payload().map(<[u8]>::to_vec);
        let headers = original.headers().cloned().unwrap_or_default();
        self.headers = of_the_message(&headers);
        self.all_headers = (unreadable(&headers) > 0).then_some(headers);
    }

    /// The headers of the message when it is sent again: its own, and where it was in the meantime.
    pub(super) fn headers_with_history(&self) -> OwnedHeaders {
        let reason = format!("{}: {}", self.kind, self.reason);
        let history = [
            (Header::DeadLetterReason, reason),
            (Header::DeadLetterTopic, self.origin.at.topic.name().to_owned()),
            (Header::DeadLetterPartition, self.origin.at.partition.0.to_string()),
            (Header::DeadLetterOffset, self.origin.offset.to_string()),
            (Header::DeadLetterId, self.id.to_string()),
        ];
        let named = || {
            self.headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
                headers.insert(KafkaHeader {
                    key: name,
                    value: value.as_ref(),
                })
            })
        };
        // The letter's own go along with a copy; the last one of a name counts, and those follow.
        let own = self.all_headers.clone().unwrap_or_else(named);
        history.into_iter().fold(own, |headers, (name, value)| {
            headers.insert(KafkaHeader {
                key: name.name(),
                value: Some(&value),
            })
        })
    }
}

/// The beginning of a text, as long as a letter keeps it.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(LONGEST_TEXT)])
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Headers as _, Timestamp as KafkaTimestamp};

    use super::*;

    fn message(headers: OwnedHeaders) -> OwnedMessage {
        let (key, value) = (Some(b"key".to_vec()), Some(b"not json".to_vec()));
        let time = KafkaTimestamp::CreateTime(7);
        OwnedMessage::new(value, key, "shop.view".to_owned(), time, 2, 41, Some(headers))
    }

    #[test]
    fn a_letter_keeps_the_message_and_says_where_it_stood_and_why() {
        let original = message(OwnedHeaders::new().insert(KafkaHeader {
            key: "traceparent",
            value: Some("00-ab"),
        }));
        let at = TopicPartition {
            topic: Topic::View,
            partition: Partition(2),
        };
        let refused = Timestamp::parse("2025-05-14T12:00:00.000000Z").unwrap();
        let letter = DeadLetter::new(&original, at, Reason::TooOld(Timestamp::MIN), refused);
        let read = Letter::read(&message(letter.all_headers())).unwrap();
        assert_eq!(read.origin, Origin { at, offset: Offset(41) });
        assert_eq!(
            (read.kind.as_str(), read.field.as_deref()),
            ("too_old", Some("timestamp"))
        );
        assert_eq!((read.refused, letter.timestamp), (Some(refused), Some(7)));
        assert_eq!((read.key, read.value), (letter.key, letter.value));
        assert_eq!(read.headers, [("traceparent".to_owned(), Some(b"00-ab".to_vec()))]);
    }

    #[test]
    fn what_has_no_coordinates_is_no_letter() {
        assert!(Letter::read(&message(OwnedHeaders::new())).is_none());
    }

    #[test]
    fn an_envelope_has_its_own_headers_only_and_a_reason_of_bounded_length() {
        let original = message(OwnedHeaders::new().insert(KafkaHeader {
            key: "h",
            value: Some(&"x".repeat(1_000_000)),
        }));
        let at = TopicPartition {
            topic: Topic::View,
            partition: Partition(2),
        };
        let error = schemas::decode(Topic::View, format!("{{\"{}\":1}}", "가".repeat(9_000)).as_bytes()).unwrap_err();
        let letter = DeadLetter::new(&original, at, Reason::Invalid(error), Timestamp::MIN);
        let headers = letter.envelope_headers();
        let bytes: usize = headers.iter().map(|header| header.value.map_or(0, <[u8]>::len)).sum();
        assert!(bytes < 4 * LONGEST_TEXT, "{bytes} bytes");
        let read = Letter::read(&message(headers)).unwrap();
        assert!(read.is_value_at_origin && read.headers.is_empty());
    }

    #[test]
    fn what_a_letter_left_at_its_origin_is_taken_from_there() {
        let original = message(OwnedHeaders::new().insert(KafkaHeader {
            key: "traceparent",
            value: Some("00-ab"),
        }));
        let at = TopicPartition {
            topic: Topic::View,
            partition: Partition(2),
        };
        let letter = DeadLetter::new(&original, at, Reason::Empty, Timestamp::MIN);
        let envelope = OwnedMessage::new(
            None,
            None,
            "shop.dead-letter".to_owned(),
            KafkaTimestamp::NotAvailable,
            0,
            0,
            Some(letter.envelope_headers()),
        );
        let mut read = Letter::read(&envelope).unwrap();
        read.complete(Some(original));
        assert_eq!((read.key, read.value), (letter.key, letter.value));
        assert_eq!(read.headers, [("traceparent".to_owned(), Some(b"00-ab".to_vec()))]);
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"가".repeat(400)), format!("{}...", "가".repeat(333)));
    }
}
