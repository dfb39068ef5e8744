//! A jump to an offset or a time of a topic.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::{Timestamp, Topic};

use crate::Portal;
use crate::kafka::{Kafka, Range, read, whole};
use crate::message::Message;
use crate::search::offsets_at;

/// Messages of a jump.
pub(super) const JUMPED: usize = 10;
/// How long a jump may take.
const JUMP: Duration = Duration::from_secs(2);

/// From where messages are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jump {
    Offset {
        partition: i32,
        offset: i64,
    },
    Time(Timestamp),
    /// What was typed is neither.
    Unclear,
}

impl Jump {
    /// What a form says: a time, or a partition and an offset; nothing when all are empty.
    #[must_use]
    pub fn of(partition: &str, offset: &str, time: &str) -> Option<Self> {
        let (partition, offset, time) = (partition.trim(), offset.trim(), time.trim());
        if !time.is_empty() {
            return Some(parse_time(time).map_or(Self::Unclear, Self::Time));
        }
        if offset.is_empty() {
            return None;
        }
        let partition = if partition.is_empty() { "0" } else { partition };
        Some(match (partition.parse(), offset.parse()) {
            (Ok(partition), Ok(offset)) if partition >= 0 && offset >= 0 => Self::Offset { partition, offset },
            _ => Self::Unclear,
        })
    }
}

/// `2026-11-30 09:30`, with seconds or without, in UTC; as a browser's field has it, or as it stands in messages.
fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim_end_matches('Z').replacen(' ', "T", 1);
    let padded = match text.len() {
        10 => format!("{text}T00:00:00.000000Z"),
        16 => format!("{text}:00.000000Z"),
        19 => format!("{text}.000000Z"),
        _ => format!("{text}Z"),
    };
    Timestamp::parse(&padded).ok()
}

impl Portal {
    pub(super) async fn jump(&self, topic: Topic, jump: &Jump) -> Jumped {
        let (kafka, jump) = (self.0.kafka.clone(), jump.clone());
        let read = tokio::task::spawn_blocking(move || from(&kafka, topic, &jump)).await;
        match read {
            Ok(Ok(Some(messages))) => Jumped::Found(messages),
            Ok(Ok(None)) => Jumped::Unclear,
            Ok(Err(error)) => {
                tracing::debug!(%error, "Kafka does not answer a jump");
                Jumped::Away
            }
            Err(error) => {
                tracing::error!(%error, "A jump has broken, which is a mistake in the program");
                Jumped::Away
            }
        }
    }
}

/// Where it led.
pub(super) enum Jumped {
    Found(Vec<Arc<Message>>),
    Unclear,
    Away,
}

fn from(kafka: &Kafka, topic: Topic, jump: &Jump) -> rdkafka::error::KafkaResult<Option<Vec<Arc<Message>>>> {
    let client = kafka.reader()?;
    let all = whole(&client, topic)?;
    let ranges: Vec<Range> = match jump {
        Jump::Unclear => return Ok(None),
        Jump::Offset { partition, offset } => {
            let of_partition = all.iter().filter(|range| range.partition == *partition);
            of_partition.map(|range| at_offset(*range, *offset)).collect()
        }
        Jump::Time(at) => {
            let starts = offsets_at(&client, topic, &all, at.unix_millis())?;
            let from = |range: &Range| starts.get(&range.partition).copied().unwrap_or(range.until);
            all.iter()
                .map(|range| Range {
                    from: from(range),
                    ..*range
                })
                .collect()
        }
    };
    if ranges.is_empty() {
        return Ok(None);
    }
    let ranges: Vec<Range> = ranges.into_iter().map(first_few).collect();
    let mut found = Vec::new();
    read(&client, topic, &ranges, Instant::now() + JUMP, |message| {
        found.extend(Message::of(message).map(Arc::new));
        ControlFlow::Continue(())
    })?;
    found.sort_by_key(|message| (message.millis, message.place));
    found.truncate(JUMPED);
    Ok(Some(found))
}

/// What is left of the range from this offset on; nothing when it ends before.
fn at_offset(range: Range, offset: i64) -> Range {
    Range {
        from: range.from.max(offset).min(range.until),
        ..range
    }
}

/// So many as a jump shows.
fn first_few(range: Range) -> Range {
    let few = i64::try_from(JUMPED).unwrap_or(i64::MAX);
    Range {
        until: range.until.min(range.from.saturating_add(few)),
        ..range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_beyond_the_end_shows_nothing_however_far_it_is() {
        let range = Range {
            partition: 0,
            from: 5,
            until: 40,
        };
        let shown = |offset| first_few(at_offset(range, offset));
        for offset in [40, 41, i64::MAX] {
            assert_eq!(shown(offset).len(), 0, "{offset}");
        }
        assert_eq!((shown(0).from, shown(0).until), (5, 15));
        assert_eq!((shown(38).from, shown(38).until), (38, 40));
    }

    #[test]
    fn a_jump_is_a_time_or_an_offset() {
        assert_eq!(Jump::of("", "", ""), None);
        assert_eq!(
            Jump::of("2", "40", ""),
            Some(Jump::Offset {
                partition: 2,
                offset: 40
            })
        );
        let at = Timestamp::parse("2026-11-30T09:30:00.000000Z").unwrap();
        for text in [
            "2026-11-30 09:30",
            "2026-11-30T09:30",
            "2026-11-30T09:30:00Z",
            "2026-11-30T09:30:00.000000Z",
        ] {
            assert_eq!(Jump::of("", "", text), Some(Jump::Time(at)), "{text}");
        }
        for (offset, time) in [("-1", ""), ("x", ""), ("", "yesterday"), ("", "'; drop table")] {
            assert_eq!(Jump::of("", offset, time), Some(Jump::Unclear));
        }
    }
}
