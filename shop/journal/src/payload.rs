//! What a frame carries: a small head (what the relay needs beside the message) and the message itself.
//!
//! Head: version `1`, event type code, flags, event id (16 bytes), timestamp (`i64` microseconds); then, as the flags say,
//! session id (16 bytes), fact id (`i64`), traceparent (`u8` length and text). The sealed JSON takes the rest.

use std::fmt;

use schemas::{EventId, EventType, Sequence, SessionId, Source, Timestamp, Unsealed};

const VERSION: u8 = 1;
const HAS_SESSION: u8 = 1;
const HAS_FACT: u8 = 2;
const HAS_TRACE_PARENT: u8 = 4;
/// Where the timestamp stands in every head.
const TIMESTAMP_AT: usize = 19;

/// The id of a fact in the event store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub i64);

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event on its way into the journal.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub event: &'a Unsealed,
    /// The fact that it tells of; observations have none.
    pub fact: Option<FactId>,
    /// W3C Trace Context of the request; one of more than 255 bytes is not kept.
    pub trace_parent: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// An entry that is no fact.
    #[must_use]
    pub const fn observation(event: &'a Unsealed, trace_parent: Option<&'a str>) -> Self {
        Self {
            event,
            fact: None,
            trace_parent,
        }
    }
}

/// An event as it stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredEntry<'a> {
    pub sequence: Sequence,
    pub event_type: EventType,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    pub session_id: Option<SessionId>,
    pub fact: Option<FactId>,
    pub trace_parent: Option<&'a str>,
    /// The message: the bytes that go to the topic, the file and the replay.
    pub value: &'a [u8],
}

pub(super) fn put(out: &mut Vec<u8>, entry: &Entry<'_>, source: &Source) {
    let trace_parent = entry
        .trace_parent
        .and_then(|text| Some((u8::try_from(text.len()).ok()?, text)));
    let flag = |bit, on: bool| if on { bit } else { 0 };
    let flags = flag(HAS_SESSION, entry.event.session_id.is_some())
        | flag(HAS_FACT, entry.fact.is_some())
        | flag(HAS_TRACE_PARENT, trace_parent.is_some());
    out.extend_from_slice(&[VERSION, entry.event.event_type.code(), flags]);
    out.extend_from_slice(entry.event.event_id.0.as_bytes());
    out.extend_from_slice(&entry.event.timestamp.unix_micros().to_le_bytes());
    if let Some(session) = entry.event.session_id {
        out.extend_from_slice(&session.0);
    }
    if let Some(fact) = entry.fact {
        out.extend_from_slice(&fact.0.to_le_bytes());
    }
    if let Some((length, text)) = trace_parent {
        out.push(length);
        out.extend_from_slice(text.as_bytes());
    }
    entry.event.seal_into(source, out);
}

/// Reads a payload; the error says what is unknown about it.
pub(super) fn parse(sequence: Sequence, payload: &[u8]) -> Result<StoredEntry<'_>, &'static str> {
    let mut rest = payload;
    let [version, event_type, flags] = take(&mut rest)?;
    if version != VERSION {
        return Err("the version of its head");
    }
    let event_type = EventType::from_code(event_type).ok_or("its event type")?;
    let event_id = EventId(uuid::Uuid::from_bytes(take(&mut rest)?));
    let timestamp = Timestamp::from_unix_micros_saturating(i64::from_le_bytes(take(&mut rest)?));
    let session_id = if flags & HAS_SESSION == 0 {
        None
    } else {
        Some(SessionId(take(&mut rest)?))
    };
    let fact = if flags & HAS_FACT == 0 {
        None
    } else {
        Some(FactId(i64::from_le_bytes(take(&mut rest)?)))
    };
    let mut trace_parent = None;
    if flags & HAS_TRACE_PARENT != 0 {
        let [length] = take(&mut rest)?;
        let (text, after) = rest.split_at_checked(usize::from(length)).ok_or("its length")?;
        rest = after;
        trace_parent = Some(std::str::from_utf8(text).map_err(|_| "its traceparent")?);
    }
    Ok(StoredEntry {
        sequence,
        event_type,
        event_id,
        timestamp,
        session_id,
        fact,
        trace_parent,
        value: rest,
    })
}

/// The moment of the event whose payload begins with `payload`.
pub(super) fn timestamp(payload: &[u8]) -> Option<Timestamp> {
    let mut rest = payload.get(TIMESTAMP_AT..)?;
    Some(Timestamp::from_unix_micros_saturating(i64::from_le_bytes(
        take(&mut rest).ok()?,
    )))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or("its length")?;
    *rest = tail;
    Ok(*head)
}
