//! A message on its way through a replay.

use schemas::Timestamp;

/// What stands in a topic or on a line, with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's own time, in microseconds since 1970.
    pub at: i64,
    /// Where it belongs; none where the source doesn't say.
    pub topic: Option<String>,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    /// The shop it came from and its place there: what orders the files of one shop.
    pub source: Option<(String, u64)>,
    /// How it stood in a topic; none where it comes from elsewhere, and once its value is another.
    pub record: Option<Box<Record>>,
}

/// What a message's record bears beside key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's time, in milliseconds since 1970.
    pub millis: Option<i64>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// The few fields of a shop's event that a replay looks at.
#[derive(Debug, serde::Deserialize)]
struct Head<'a> {
    timestamp: Timestamp,
    event_type: schemas::EventType,
    #[serde(default, borrow)]
    session_id: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    entity_id: Option<i64>,
    #[serde(default)]
    source: Option<schemas::Source>,
}

impl Message {
    /// Reads a line of a shop's log file.
    pub fn of_the_shop(line: &[u8]) -> Result<Self, serde_json::Error> {
        let head: Head<'_> = serde_json::from_slice(line)?;
        let topic = head.event_type.topic();
        let source = head
            .source
            .map(|source| (source.instance.to_string(), source.sequence.0));
        let key = match (topic.is_compacted(), &head.session_id) {
            (true, _) => head.entity_id.map(|id| id.to_string().into_bytes()),
            (false, Some(session)) => Some(session.as_bytes().to_vec()),
            (false, None) => source.as_ref().map(|(instance, _)| instance.clone().into_bytes()),
        };
        Ok(Self {
            at: head.timestamp.unix_micros(),
            topic: Some(topic.name().to_owned()),
            key,
            value: line.to_vec(),
            source,
            record: None,
        })
    }
}
