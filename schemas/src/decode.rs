//! From the bytes of a message back to an event, checked field by field; the error names the field.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::plain;
use crate::record::{EntityType, Phase};
use crate::{Activity, AppLine, CatalogueEntry, Details, EventId, EventType, SCHEMA_VERSION, Source, Timestamp, Topic};

/// A message that keeps the contract; it borrows from the message's bytes.
#[derive(Debug)]
pub enum Record<'a> {
    /// `details` is valid for the event type and kept as it stands in the message.
    Activity(Box<Activity<'a, &'a RawValue>>),
    App(Box<AppLine<'a>>),
    Product(Box<CatalogueEntry<'a>>),
}

/// Why a message does not keep the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {reason}")]
pub struct DecodeError {
    /// The path of the field, such as `details.product_id`; `.` for the message as a whole.
    pub field: String,
    pub reason: String,
}

impl DecodeError {
    fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

impl DecodeError {
    /// An error at `path` below `parent`; a missing field is named itself, rather than what it is missing in.
    fn at(parent: &str, path: &str, reason: String) -> Self {
        let missing = reason
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        let parts = [parent, if path == "." { "" } else { path }, missing.unwrap_or_default()];
        let field = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(".");
        Self {
            field: if field.is_empty() { ".".to_owned() } else { field },
            reason,
        }
    }
}

impl Record<'_> {
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        match self {
            Self::Activity(activity) => activity.timestamp,
            Self::App(line) => line.timestamp,
            Self::Product(entry) => entry.timestamp,
        }
    }

    #[must_use]
    pub fn event_id(&self) -> EventId {
        match self {
            Self::Activity(activity) => activity.event_id,
            Self::App(line) => line.event_id,
            Self::Product(entry) => entry.event_id,
        }
    }

    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Activity(activity) => activity.event_type,
            Self::App(line) => line.event_type,
            Self::Product(entry) => entry.event_type,
        }
    }

    /// Where it came from; [`decode`] lets no message without a source pass.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Activity(activity) => activity.source.as_ref(),
            Self::App(line) => line.source.as_ref(),
            Self::Product(entry) => entry.source.as_ref(),
        }
    }
}

/// Reads and checks a message of `topic`.
pub fn decode(topic: Topic, value: &[u8]) -> Result<Record<'_>, DecodeError> {
    let text = std::str::from_utf8(value).map_err(|error| DecodeError::new(".", format!("is not UTF-8: {error}")))?;
    if let Some(objection) = plain::objection(value) {
        return Err(DecodeError::new(".", objection));
    }
    let record = match topic {
        Topic::Request | Topic::App => Record::App(Box::new(read::<AppLine<'_>>(text)?)),
        Topic::Product => Record::Product(Box::new(read::<CatalogueEntry<'_>>(text)?)),
        _ => Record::Activity(Box::new(read::<Activity<'_, &RawValue>>(text)?)),
    };
    check(topic, &record)?;
    Ok(record)
}

fn check(topic: Topic, record: &Record<'_>) -> Result<(), DecodeError> {
    let event_type = record.event_type();
    if event_type.topic() != topic {
        return Err(DecodeError::new(
            "event_type",
            format!("`{}` does not belong to {}", event_type.name(), topic.name()),
        ));
    }
    match record.source() {
        None => return Err(DecodeError::new("source", "is missing")),
        Some(source) if source.sequence.0 == 0 => {
            return Err(DecodeError::new("source.sequence", "counts from 1"));
        }
        Some(source) if i64::try_from(source.sequence.0).is_err() => {
            return Err(DecodeError::new("source.sequence", "is larger than any journal"));
        }
        Some(_) => {}
    }
    let version = match record {
        Record::Activity(activity) => {
            if let Some(Err(error)) = Details::parse(activity.event_type, activity.details.get()) {
                return Err(DecodeError::at(
                    "details",
                    &error.path().to_string(),
                    error.inner().to_string(),
                ));
            }
            activity.schema_version
        }
        Record::App(line) => {
            check_request(line)?;
            line.schema_version
        }
        Record::Product(entry) => {
            check_product(entry)?;
            entry.schema_version
        }
    };
    if version == 0 || version > SCHEMA_VERSION {
        return Err(DecodeError::new(
            "schema_version",
            format!("{version} is not known here, only 1 to {SCHEMA_VERSION}"),
        ));
    }
    Ok(())
}

/// A request line says which phase and which request; a finished one also how it ended.
fn check_request(line: &AppLine<'_>) -> Result<(), DecodeError> {
    if line.event_type != EventType::Request {
        return Ok(());
    }
    let missing = |field: &str| DecodeError::new(field, "is missing");
    let phase = line.phase.ok_or_else(|| missing("phase"))?;
    let http = line.http.as_ref().ok_or_else(|| missing("http"))?;
    if phase == Phase::Finished {
        http.status.ok_or_else(|| missing("http.status"))?;
        line.performance.ok_or_else(|| missing("performance"))?;
    }
    Ok(())
}

/// Compaction keeps one message a key, and the key is the entity: it must be the product's.
fn check_product(entry: &CatalogueEntry<'_>) -> Result<(), DecodeError> {
    if entry.entity_type != EntityType::Product {
        return Err(DecodeError::new("entity_type", "is not `product`"));
    }
    if entry.entity_id != entry.details.product_id.0 {
        return Err(DecodeError::new("details.product_id", "is not the entity_id"));
    }
    Ok(())
}

/// The fast reader first; only what it refuses is read again by the one that knows the path.
fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_str(text);
        let value = serde_path_to_error::deserialize::<_, T>(&mut reader)
            .map_err(|error| DecodeError::at("", &error.path().to_string(), error.inner().to_string()))?;
        reader.end().map_err(|error| DecodeError::new(".", error.to_string()))?;
        Ok(value)
    })
}
