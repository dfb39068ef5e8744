//! From an event to the bytes that travel: encoded once, then only completed with its source.

use crate::{Activity, AppLine, Details, EventId, EventType, SessionId, Source, Timestamp};

/// An encoded event that still lacks its place: `json` is a whole object without `source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    pub event_type: EventType,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    /// The message's key; application lines without a session are keyed by their instance.
    pub session_id: Option<SessionId>,
    pub json: Vec<u8>,
}

impl Unsealed {
    /// Appends the final message to `out`: the object with `source` as its last member.
    ///
    /// An instance name needs no escaping, and `json` ends in `}` and is never empty: both hold by construction.
    pub fn seal_into(&self, source: &Source, out: &mut Vec<u8>) {
        let body = self.json.strip_suffix(b"}").unwrap_or(&self.json);
        out.reserve(body.len() + 64 + source.instance.as_str().len());
        out.extend_from_slice(body);
        out.extend_from_slice(br#","source":{"instance":""#);
        out.extend_from_slice(source.instance.as_str().as_bytes());
        out.extend_from_slice(br#"","sequence":"#);
        out.extend_from_slice(itoa::Buffer::new().format(source.sequence.0).as_bytes());
        out.extend_from_slice(b"}}");
    }
}

impl Activity<'_, Details<'_>> {
    /// Encodes the event without its source.
    pub fn encode(&self) -> Result<Unsealed, serde_json::Error> {
        let mut json = Vec::with_capacity(768);
        serde_json::to_writer(&mut json, self)?;
        Ok(Unsealed {
            event_type: self.event_type,
            event_id: self.event_id,
            timestamp: self.timestamp,
            session_id: Some(self.session_id),
            json,
        })
    }
}

impl AppLine<'_> {
    /// Encodes the line without its source.
    pub fn encode(&self) -> Result<Unsealed, serde_json::Error> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, self)?;
        Ok(Unsealed {
            event_type: self.event_type,
            event_id: self.event_id,
            timestamp: self.timestamp,
            session_id: self.session_id,
            json,
        })
    }
}
