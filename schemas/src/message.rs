//! What a Kafka message carries beside its value: its key, and the headers of every event, CloudEvents 1.0 (Kafka protocol binding, binary
//! content mode).

use crate::{EventId, EventType, Header, InstanceId, Record, SessionId, Timestamp, decode};

/// The key of a message whose value is `value`: the session keeps its events together, what is compacted is keyed by what it is about, and
/// the rest stays with its instance.
#[must_use]
pub fn key(event_type: EventType, session_id: Option<SessionId>, instance: &InstanceId, value: &[u8]) -> Vec<u8> {
    let topic = event_type.topic();
    if topic.is_compacted()
        && let Ok(Record::Product(product)) = decode(topic, value)
    {
        return product.entity_id.to_string().into_bytes();
    }
    match session_id {
        Some(session) => session.hex().to_vec(),
        None => instance.as_str().as_bytes().to_vec(),
    }
}

/// The header [`Header::CeSource`] of all that an instance sends.
#[must_use]
pub fn source(instance: &InstanceId) -> String {
    format!("de-shop/{instance}")
}

/// The headers of an event's message, as text; one whose request came with a `traceparent` carries that, too.
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
