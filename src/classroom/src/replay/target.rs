//! Where messages go: topics, files, standard output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use schemas::{LogFile, Topic};
use time::UtcOffset;

use super::message::Message;
use crate::error::ClassroomError;
use crate::kafka::{Outgoing, Producer};
use crate::simulate::stream::moment;

pub(super) enum Target {
    Kafka {
        producer: Producer,
        prefix: String,
    },
    Files {
        folder: PathBuf,
        open: BTreeMap<PathBuf, BufWriter<File>>,
    },
    Stdout(BufWriter<io::Stdout>),
}

/// As many daily files are kept open.
const OPEN_FILES: usize = 64;

impl Target {
    pub(super) fn files(folder: &Path) -> Result<Self, ClassroomError> {
        fs::create_dir_all(folder).map_err(|error| ClassroomError::file("--out", folder, error))?;
        Ok(Self::Files {
            folder: folder.to_owned(),
            open: BTreeMap::new(),
        })
    }

    /// Makes what the message goes into, where it isn't there yet; true when that took time.
    pub(super) fn prepare(&mut self, message: &Message) -> Result<bool, ClassroomError> {
        match self {
            Self::Kafka { producer, prefix } => producer.make_topic(&topic_of(prefix, message)),
            Self::Files { .. } | Self::Stdout(_) => Ok(false),
        }
    }

    pub(super) fn put(&mut self, message: &Message) -> Result<(), ClassroomError> {
        match self {
            Self::Kafka { producer, prefix } => producer.send(&Outgoing {
                topic: &topic_of(prefix, message),
                partition: None,
                key: message.key.clone(),
                value: &message.value,
                millis: millis(message),
                headers: headers(message),
            }),
            Self::Files { folder, open } => into_file(folder, open, message).map_err(ClassroomError::Write),
            Self::Stdout(out) => line(out, &message.value).map_err(ClassroomError::Write),
        }
    }

    /// What stands in a buffer goes on its way; Kafka's client sends by itself.
    pub(super) fn send_buffered(&mut self) -> Result<(), ClassroomError> {
        match self {
            Self::Kafka { .. } => Ok(()),
            Self::Files { .. } | Self::Stdout(_) => self.flush(),
        }
    }

    /// Everything is where it belongs, or an error says what isn't.
    pub(super) fn flush(&mut self) -> Result<(), ClassroomError> {
        match self {
            Self::Kafka { producer, .. } => producer.flush(),
            Self::Files { open, .. } => open
                .values_mut()
                .try_for_each(Write::flush)
                .map_err(ClassroomError::Write),
            Self::Stdout(out) => out.flush().map_err(ClassroomError::Write),
        }
    }
}

fn topic_of(prefix: &str, message: &Message) -> String {
    let topic = message.topic.as_deref().unwrap_or("replay");
    format!("{prefix}{topic}")
}

/// One line is one message: a line break within a value (between the parts of a JSON text) becomes a space.
fn line(out: &mut impl Write, value: &[u8]) -> io::Result<()> {
    let is_break = |byte: &u8| b"\r\n".contains(byte);
    if value.iter().any(is_break) {
        let one_line: Vec<u8> = value
            .iter()
            .map(|byte| if is_break(byte) { b' ' } else { *byte })
            .collect();
        out.write_all(&one_line)?;
    } else {
        out.write_all(value)?;
    }
    out.write_all(b"\n")
}

fn into_file(folder: &Path, open: &mut BTreeMap<PathBuf, BufWriter<File>>, message: &Message) -> io::Result<()> {
    let topic = message.topic.as_deref().and_then(Topic::from_name);
    let name = match topic.and_then(Topic::log_file) {
        Some(kind) => kind.file_name(moment(message.at).day(UtcOffset::UTC)),
        None => LogFile::UserActivity.file_name(moment(message.at).day(UtcOffset::UTC)),
    };
    let path = folder.join(name);
    if !open.contains_key(&path) {
        if open.len() >= OPEN_FILES {
            open.values_mut().try_for_each(Write::flush)?;
            open.clear();
        }
        let file = File::options().create(true).append(true).open(&path)?;
        open.insert(path.clone(), BufWriter::new(file));
    }
    match open.get_mut(&path) {
        Some(out) => line(out, &message.value),
        None => Ok(()),
    }
}

/// The record's time: as it was, otherwise the event's.
fn millis(message: &Message) -> i64 {
    let recorded = message.record.as_ref().and_then(|record| record.millis);
    recorded.unwrap_or_else(|| message.at.div_euclid(1000)).max(0)
}

/// As they were in the topic that the message comes from; otherwise what it says of itself, as the shop's relay would. What can't be read
/// gets none.
fn headers(message: &Message) -> OwnedHeaders {
    if let Some(record) = &message.record {
        return record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (name, value)| {
                headers.insert(KafkaHeader {
                    key: name,
                    value: value.as_deref(),
                })
            });
    }
    of_the_value(&message.value)
}

fn of_the_value(value: &[u8]) -> OwnedHeaders {
    #[derive(serde::Deserialize)]
    struct Head<'a> {
        event_id: &'a str,
        event_type: &'a str,
        timestamp: &'a str,
        schema_version: u32,
        source: schemas::Source,
    }
    let Ok(head) = serde_json::from_slice::<Head<'_>>(value) else {
        return OwnedHeaders::new();
    };
    let source = format!("de-shop/{}", head.source.instance);
    let schema = format!("{}/{}", head.event_type, head.schema_version);
    let texts = [
        (schemas::Header::CeSpecVersion, "1.0"),
        (schemas::Header::CeId, head.event_id),
        (schemas::Header::CeType, head.event_type),
        (schemas::Header::CeSource, source.as_str()),
        (schemas::Header::CeTime, head.timestamp),
        (schemas::Header::ContentType, "application/json"),
        (schemas::Header::Schema, schema.as_str()),
    ];
    texts.iter().fold(OwnedHeaders::new(), |headers, (header, text)| {
        headers.insert(KafkaHeader {
            key: header.name(),
            value: Some(*text),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_several_lines_stays_one_message() {
        let mut out = Vec::new();
        line(&mut out, b"{\r\n  \"a\": 1\n}").unwrap();
        line(&mut out, b"{}").unwrap();
        assert_eq!(out, b"{    \"a\": 1 }\n{}\n");
    }
}
