//! From an entry of the journal to a Kafka message.

use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use schemas::{EventId, EventType, Header, InstanceId, Record, SCHEMA_VERSION, Timestamp, decode};

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

pub(super) fn record<'a>(
    entry: &StoredEntry<'a>,
    key: &'a [u8],
    instance: &InstanceId,
) -> BaseRecord<'a, [u8], [u8], usize> {
    // A sequence counts entries of one disk: it fits.
    let opaque = usize::try_from(entry.sequence.0).unwrap_or(usize::MAX);
    BaseRecord::with_opaque_to(entry.event_type.topic().name(), opaque)
        .key(key)
        .payload(entry.value)
        .timestamp(entry.timestamp.unix_millis().max(0))
        .headers(headers(entry, instance))
}

/// The headers of every message; one whose request came with a `traceparent` carries that, too.
#[must_use]
pub fn header_texts(
    event_type: EventType,
    event_id: EventId,
    timestamp: Timestamp,
    instance: &InstanceId,
) -> [(Header, String); 7] {
    let name = event_type.name();
    [
        (Header::CeSpecVersion, "1.0".to_owned()),
        (Header::CeId, event_id.to_string()),
        (Header::CeType, name.to_owned()),
        (Header::CeSource, format!("de-shop/{instance}")),
        (Header::CeTime, timestamp.to_string()),
        (Header::ContentType, "application/json".to_owned()),
        (Header::Schema, format!("{name}/{SCHEMA_VERSION}")),
    ]
}

fn headers(entry: &StoredEntry<'_>, instance: &InstanceId) -> OwnedHeaders {
    let texts = header_texts(entry.event_type, entry.event_id, entry.timestamp, instance);
    let put = |headers: OwnedHeaders, header: Header, value: &str| {
        headers.insert(KafkaHeader {
            key: header.name(),
            value: Some(value),
        })
    };
    let headers = OwnedHeaders::new_with_capacity(texts.len() + 1);
    let headers = texts
        .iter()
        .fold(headers, |headers, (header, text)| put(headers, *header, text));
    match entry.trace_parent {
        Some(trace_parent) => put(headers, Header::TraceParent, trace_parent),
        None => headers,
    }
}
