//! From an entry of the journal to a Kafka message.

use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use schemas::Header;
use schemas::message::HeaderTexts;

use crate::StoredEntry;

pub(super) fn record<'a>(entry: &StoredEntry<'a>, key: &'a [u8], source: &str) -> BaseRecord<'a, [u8], [u8], usize> {
    // A sequence counts entries of one disk: it fits.
    let opaque = usize::try_from(entry.sequence.0).unwrap_or(usize::MAX);
    BaseRecord::with_opaque_to(entry.event_type.topic().name(), opaque)
        .key(key)
        .payload(entry.value)
        .timestamp(entry.timestamp.unix_millis().max(0))
        .headers(headers(entry, source))
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
