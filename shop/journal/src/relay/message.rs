//! From an entry of the journal to a Kafka message.

use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use schemas::{EventId, EventType, Header, InstanceId, Record, Timestamp, decode};

use crate::StoredEntry;

/// The session keeps its events together; lines without one stay with their instance. What is compacted is keyed by what it is about.
pub(super) fn key(entry: &StoredEntry<'_>, instance: &InstanceId) -> Vec<u8> {
    if entry.event_type.topic().is_compacted()
        && let Ok(Record::Product(product)) = decode(entry.event_type.topic(), entry.value)
    {
        return product.entity_id.to_string().into_bytes();
    }
    match entry.session_id {
        Some(session) => session.hex().to_vec(),
        None => instance.as_str().as_bytes().to_vec(),
    }
}

pub(super) fn record<'a>(entry: &StoredEntry<'a>, key: &'a [u8], source: &str) -> BaseRecord<'a, [u8], [u8], usize> {
    // A sequence counts entries of one disk: it fits.
    let opaque = usize::try_from(entry.sequence.0).unwrap_or(usize::MAX);
    BaseRecord::with_opaque_to(entry.event_type.topic().name(), opaque)
        .key(key)
        .payload(entry.value)
        .timestamp(entry.timestamp.unix_millis().max(0))
        .headers(headers(entry, source))
}

/// The header [`Header::CeSource`] of all that an instance sends.
#[must_use]
pub fn source(instance: &InstanceId) -> String {
    format!("de-shop/{instance}")
}

/// The headers of every message, as they differ from event to event; one whose request came with a `traceparent` carries that, too.
#[derive(Debug)]
pub struct HeaderTexts<'a> {
    event_type: EventType,
    id: [u8; 36],
    time: [u8; 27],
    source: &'a str,
}

impl<'a> HeaderTexts<'a> {
    /// `source` is what [`source`] says of the instance.
    #[must_use]
    pub fn new(event_type: EventType, event_id: EventId, timestamp: Timestamp, source: &'a str) -> Self {
        let mut id = [0; 36];
        event_id.0.hyphenated().encode_lower(&mut id);
        Self {
            event_type,
            id,
            time: timestamp.digits(),
            source,
        }
    }

    /// UTF-8, each.
    #[must_use]
    pub fn all(&self) -> [(Header, &[u8]); 7] {
        [
            (Header::CeSpecVersion, b"1.0"),
            (Header::CeId, &self.id),
            (Header::CeType, self.event_type.name().as_bytes()),
            (Header::CeSource, self.source.as_bytes()),
            (Header::CeTime, &self.time),
            (Header::ContentType, b"application/json"),
            (Header::Schema, self.event_type.schema().as_bytes()),
        ]
    }
}

fn headers(entry: &StoredEntry<'_>, source: &str) -> OwnedHeaders {
    let texts = HeaderTexts::new(entry.event_type, entry.event_id, entry.timestamp, source);
    let texts = texts.all();
    let put = |headers: OwnedHeaders, (header, text): (Header, &[u8])| {
        headers.insert(KafkaHeader {
            key: header.name(),
            value: Some(text),
        })
    };
    let headers = OwnedHeaders::new_with_capacity(texts.len() + 1);
    let headers = texts.into_iter().fold(headers, put);
    match entry.trace_parent {
        Some(trace_parent) => put(headers, (Header::TraceParent, trace_parent.as_bytes())),
        None => headers,
    }
}
