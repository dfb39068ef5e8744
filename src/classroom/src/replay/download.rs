//! What the portal's search gives to be downloaded (`/data/search.jsonl`): whole messages, a line each, by topic, partition and offset.
//!
//! Played back it is the same stream: keys, headers, record times and values byte by byte. The lines of one partition stand together, one
//! partition behind the other; so each of them is a source of its own, and they are merged by time as partitions of a topic are.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::message::{Message, Record};
use crate::simulate::stream::moment;

/// A file with more stretches than this is no download of one search: it is played in its own order.
const MOST_PARTS: usize = 256;

/// Text, or bytes that are none; neither is nothing.
#[derive(Debug, Deserialize)]
struct Line {
    topic: String,
    partition: i32,
    offset: i64,
    timestamp: Option<i64>,
    key: Option<String>,
    key_base64: Option<String>,
    #[serde(default)]
    headers: Vec<HeaderLine>,
    value: Option<String>,
    value_base64: Option<String>,
}

#[derive(Debug, Deserialize)]
struct HeaderLine {
    name: String,
    value: Option<String>,
    value_base64: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("bytes that are no text should stand in base64")]
    Base64(#[from] base64::DecodeError),
    #[error("{topic} / {partition} / {offset} has no value, which can't be played")]
    Tombstone { topic: String, partition: i32, offset: i64 },
}

fn bytes(text: Option<String>, base64: Option<String>) -> Result<Option<Vec<u8>>, base64::DecodeError> {
    match (text, base64) {
        (Some(text), _) => Ok(Some(text.into_bytes())),
        (None, Some(base64)) => STANDARD.decode(base64).map(Some),
        (None, None) => Ok(None),
    }
}

/// The message that a line of a download tells of. A shop's event has its own time; anything else that of its record.
pub(super) fn message(line: &[u8]) -> Result<Message, DownloadError> {
    let line: Line = serde_json::from_slice(line)?;
    let Some(value) = bytes(line.value, line.value_base64)? else {
        return Err(DownloadError::Tombstone {
            topic: line.topic,
            partition: line.partition,
            offset: line.offset,
        });
    };
    let headers = line.headers.into_iter().map(|header| {
        let value = bytes(header.value, header.value_base64)?;
        Ok((header.name, value))
    });
    let record = Record {
        millis: line.timestamp,
        headers: headers.collect::<Result<_, base64::DecodeError>>()?,
    };
    let key = bytes(line.key, line.key_base64)?;
    Ok(of_a_record(line.topic, key, value, record))
}

/// A message as it stood in its topic.
pub(super) fn of_a_record(topic: String, key: Option<Vec<u8>>, value: Vec<u8>, record: Record) -> Message {
    let event = Message::of_the_shop(&value).ok();
    let recorded = moment(record.millis.unwrap_or(0).saturating_mul(1000)).unix_micros();
    Message {
        at: event.as_ref().map_or(recorded, |event| event.at),
        source: event.and_then(|event| event.source),
        topic: Some(topic),
        key,
        value,
        record: Some(Box::new(record)),
    }
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Place {
    topic: String,
    partition: i32,
    offset: i64,
}

/// A stretch of a download: bytes of the file, and the lines before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) bytes: Range<u64>,
    pub(super) lines_before: u64,
}

/// The stretches of one partition each; none where the file is no download of the portal.
pub(super) fn parts(path: &Path, longest_line: u64) -> io::Result<Option<Vec<Part>>> {
    let mut input = BufReader::with_capacity(1 << 18, File::open(path)?);
    let (mut parts, mut last, mut line) = (Vec::<Part>::new(), None, Vec::new());
    let (mut at, mut number) = (0, 0);
    loop {
        line.clear();
        let read = (&mut input).take(longest_line).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(Some(parts).filter(|parts| !parts.is_empty()));
        }
        // A line that is none belongs to the stretch before it, where it is counted as unreadable.
        let place = serde_json::from_slice::<Place>(&line).ok();
        let partition = place.map(|place| (place.topic, place.partition));
        match (parts.last_mut(), partition) {
            (None, None) => return Ok(None),
            (Some(part), None) => part.bytes.end = at + read,
            (Some(part), partition) if partition == last => part.bytes.end = at + read,
            (_, partition) => {
                if parts.len() == MOST_PARTS {
                    return Ok(None);
                }
                last = partition;
                parts.push(Part {
                    bytes: at..at + read,
                    lines_before: number,
                });
            }
        }
        at += read;
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_message_with_key_headers_time_and_bytes() {
        let line = br#"{"headers":[{"name":"ce_id","value":"7"},{"name":"raw","value_base64":"/wA="},{"name":"none","value":null}],
            "key":"k","offset":3,"partition":1,"timestamp":1793538312000,"topic":"shop.view","value":"{\"a\": 1}"}"#;
        let message = message(line).unwrap();
        assert_eq!(message.key.as_deref(), Some(&b"k"[..]));
        assert_eq!(message.value, b"{\"a\": 1}");
        assert_eq!(
            (message.at, message.topic.as_deref()),
            (1_793_538_312_000_000, Some("shop.view"))
        );
        let record = message.record.unwrap();
        assert_eq!(record.millis, Some(1_793_538_312_000));
        let headers = [
            ("ce_id".to_owned(), Some(b"7".to_vec())),
            ("raw".to_owned(), Some(vec![0xff, 0])),
            ("none".to_owned(), None),
        ];
        assert_eq!(record.headers, headers);
    }

    #[test]
    fn what_has_no_value_is_said_by_its_place() {
        let line =
            br#"{"headers":[],"key":"k","offset":3,"partition":1,"timestamp":1,"topic":"shop.product","value":null}"#;
        let said = message(line).unwrap_err().to_string();
        assert!(said.starts_with("shop.product / 1 / 3 has no value"), "{said}");
    }

    #[test]
    fn the_lines_of_a_partition_stand_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.jsonl");
        let line = |topic: &str, partition: i32, offset: i64| {
            format!("{{\"topic\":\"{topic}\",\"partition\":{partition},\"offset\":{offset},\"value\":\"\"}}\n")
        };
        let lines = [
            line("a", 0, 5),
            line("a", 0, 6),
            "?\n".to_owned(),
            line("a", 1, 0),
            line("b", 1, 0),
        ];
        std::fs::write(&path, lines.concat()).unwrap();
        let parts = parts(&path, 1 << 20).unwrap().unwrap();
        let begins: Vec<u64> = parts.iter().map(|part| part.lines_before).collect();
        assert_eq!(begins, [0, 3, 4]);
        assert_eq!(parts.first().unwrap().bytes.start, 0);
        assert!(
            parts.windows(2).all(|pair| pair[0].bytes.end == pair[1].bytes.start),
            "{parts:?}"
        );
        assert_eq!(parts.last().unwrap().bytes.end, lines.concat().len() as u64);
        std::fs::write(&path, "{\"timestamp\":1}\n").unwrap();
        assert_eq!(super::parts(&path, 1 << 20).unwrap(), None);
    }
}
