//! Topics in the embedded broker's own folder: its segment files, read without its lock, whether it runs or not.
//!
//! A batch that is damaged is named and stepped over, so what it held counts as missing. Not for compressed batches, and not for
//! instances without a journal while they write: that takes the broker (`--kafka`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use broker::batches::{self, BatchError, BatchHeader, HEADER, varint};
use schemas::{Header, Topic};

use super::super::error::AuditError;
use super::super::faults::Unreadable;
use super::super::hands::in_order;
use super::super::sheet::Sheet;
use super::segments::{Group, Groups};
use super::{LetterOf, Partition, Place, Reading, SEQUENCE_REUSED, Settled};

const LOG_START: &str = "log-start";

/// Enters every message that is there. Blocking.
pub(in super::super) fn read(folder: &Path, reading: &mut Reading<'_>) -> Result<(), AuditError> {
    for partition in partitions(folder, |topic| topic == Topic::DeadLetter)? {
        let (low, segments) = segments(&path_of(folder, partition))?;
        let mut groups = Groups::of(segments);
        for group in groups.by_ref() {
            let damaged =
                group?.for_each_record(low, |_, record| reading.dead_letter(record.value, record.letter()))?;
            reading.unreadable(damaged);
        }
        reading.unreadable(groups.unreadable);
    }
    for partition in partitions(folder, |topic| topic != Topic::DeadLetter)? {
        let (low, segments) = segments(&path_of(folder, partition))?;
        reading.enter_partition(partition, low);
        let (calendar, compares_bytes) = (reading.calendar(), reading.compares_bytes());
        let read = |group: Group| {
            let mut sheet = Sheet::new(compares_bytes);
            let damaged = group.for_each_record(low, |offset, record| {
                partition.note(&mut sheet, calendar, offset, record.value);
            })?;
            Ok((sheet, damaged))
        };
        let mut groups = Groups::of(segments);
        in_order("the topics", groups.by_ref(), read, |(sheet, damaged)| {
            reading.messages(&sheet, Settled::Yes);
            reading.unreadable(damaged);
        })?;
        reading.ends_at(partition, groups.end.max(low));
        reading.unreadable(groups.unreadable);
    }
    Ok(())
}

/// The partitions that have a folder, in order.
fn partitions(folder: &Path, wanted: impl Fn(Topic) -> bool) -> Result<Vec<Partition>, AuditError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(AuditError::file(folder))? {
        let name = entry.map_err(AuditError::file(folder))?.file_name();
        let Some((topic, number)) = name.to_str().and_then(|name| name.rsplit_once('-')) else {
            continue;
        };
        if let (Some(topic), Ok(number)) = (Topic::from_name(topic), number.parse()) {
            found.push(Partition { topic, number });
        }
    }
    found.retain(|partition| wanted(partition.topic));
    found.sort_by_key(|partition| (partition.topic, partition.number));
    Ok(found)
}

fn path_of(folder: &Path, partition: Partition) -> PathBuf {
    folder.join(format!("{}-{}", partition.topic.name(), partition.number))
}

/// The first offset that is left, and the segment files in order, each with its first offset.
fn segments(folder: &Path) -> Result<(i64, Vec<(i64, PathBuf)>), AuditError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(AuditError::file(folder))? {
        let path = entry.map_err(AuditError::file(folder))?.path();
        let base = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.parse::<i64>().ok());
        if let Some(base) = base.filter(|_| path.extension().is_some_and(|extension| extension == "log")) {
            found.push((base, path));
        }
    }
    found.sort();
    let start = match fs::read_to_string(folder.join(LOG_START)) {
        Ok(text) => text.trim().parse().unwrap_or(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(AuditError::file(folder.join(LOG_START))(error)),
    };
    let low = found.first().map_or(start, |(base, _)| start.max(*base));
    Ok((low, found))
}

/// A record's value, and its headers as they stand there.
struct Record<'a> {
    value: &'a [u8],
    headers: &'a [u8],
}

impl Group {
    /// Visits the records from offset `low` on; answers which batches can't be read.
    fn for_each_record(
        &self,
        low: i64,
        mut visit: impl FnMut(i64, &Record<'_>),
    ) -> Result<Vec<Unreadable>, AuditError> {
        let mut rest = &self.bytes[..];
        let mut damaged = Vec::new();
        while let Ok(header) = BatchHeader::parse(rest) {
            let (batch, behind) = rest.split_at(header.size);
            rest = behind;
            if let Err(error) = batches::check(batch) {
                tracing::warn!(path = %self.path.display(), offset = header.base.0, %error, "a batch is stepped over");
                damaged.push(Unreadable {
                    path: self.path.to_path_buf(),
                    from: self.from + (self.bytes.len() - batch.len() - rest.len()) as u64,
                    bytes: batch.len() as u64,
                });
                continue;
            }
            if header.is_compressed() {
                return Err(AuditError::Compressed {
                    path: self.path.to_path_buf(),
                    offset: header.base.0,
                });
            }
            let visited = for_each_record(&header, batch, |offset, record| {
                if offset >= low {
                    visit(offset, record);
                }
            });
            // The checksum holds, so what can't be read here no client could read, either.
            if let Err(error) = visited {
                tracing::warn!(path = %self.path.display(), offset = header.base.0, %error, "a batch can't be read");
            }
        }
        Ok(damaged)
    }
}

fn for_each_record(
    header: &BatchHeader,
    bytes: &[u8],
    mut visit: impl FnMut(i64, &Record<'_>),
) -> Result<(), BatchError> {
    let mut rest = bytes.get(HEADER..header.size).ok_or(BatchError::Short)?;
    for _ in 0..header.records {
        let mut record = sized(&mut rest)?;
        // Attributes, which are unused.
        record = record.get(1..).ok_or(BatchError::Short)?;
        varint(&mut record)?;
        let offset = header.base.0.saturating_add(varint(&mut record)?);
        sized(&mut record)?;
        let value = sized(&mut record)?;
        visit(offset, &Record { value, headers: record });
    }
    Ok(())
}

/// A length and so many bytes; none for the length -1.
fn sized<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], BatchError> {
    let length = usize::try_from(varint(bytes)?.max(0)).map_err(|_| BatchError::Short)?;
    let (taken, rest) = bytes.split_at_checked(length).ok_or(BatchError::Short)?;
    *bytes = rest;
    Ok(taken)
}

impl Record<'_> {
    /// What the headers of a letter say. What was refused may itself have been a letter: the last header of a name counts.
    fn letter(&self) -> LetterOf {
        let (mut topic, mut number, mut offset, mut reason) = (None, None, None, None);
        let mut rest = self.headers;
        let mut left = varint(&mut rest).unwrap_or(0);
        let mut next = || {
            left -= 1;
            if left < 0 {
                return None;
            }
            let name = sized(&mut rest).ok()?;
            Some((name, std::str::from_utf8(sized(&mut rest).ok()?).ok()))
        };
        while let Some((name, value)) = next() {
            let is = |header: Header| name == header.name().as_bytes();
            if is(Header::DeadLetterTopic) {
                topic = value.and_then(Topic::from_name);
            } else if is(Header::DeadLetterPartition) {
                number = value.and_then(|value| value.parse().ok());
            } else if is(Header::DeadLetterOffset) {
                offset = value.and_then(|value| value.parse().ok());
            } else if is(Header::DeadLetterReason) {
                reason = value;
            }
        }
        let place = |topic, number, offset| Place {
            partition: Partition { topic, number },
            offset,
        };
        LetterOf {
            origin: topic
                .zip(number)
                .zip(offset)
                .map(|((topic, number), offset)| place(topic, number, offset)),
            is_reuse: reason == Some(SEQUENCE_REUSED),
        }
    }
}
