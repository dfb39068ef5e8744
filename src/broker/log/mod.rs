//! One partition's log: record batches, kept byte for byte as they came, in segment files.
//!
//! Promises: a batch is in the file before `append` returns, so kill -9 loses none; it is on the disk once [`Log::durable`]
//! has passed it, and only then is it acknowledged or shown to a consumer, so a power cut takes back nothing that anyone
//! has seen. Offsets rise and are never used twice. A write that fails (a full disk) leaves the log as it was.
//!
//! Not for: replication, compaction, transactions, more than one writer.

pub(crate) mod batch;
mod flush;
mod open;
mod partition;
pub(crate) mod producers;
pub(crate) mod records;
pub(crate) mod recovery;
mod retention;
mod search;
mod segment;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use batch::{BatchError, BatchHeader};
use producers::{Producers, SequenceError, Verdict};
use segment::Segment;

pub(crate) use flush::Flusher;
pub(crate) use partition::{Appended, Partition, Wanted};
pub(crate) use retention::Retention;
pub(crate) use search::Found;

/// A record's number within its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Offset(pub(crate) i64);

impl Offset {
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Why a log could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    #[error("a batch of {size} bytes is larger than max.message.bytes, {allowed}")]
    TooLarge { size: usize, allowed: usize },
    #[error("a batch that belongs to a transaction")]
    Transactional,
    #[error("offset {asked} is outside of {start}..={end}", asked = asked.0, start = start.0, end = end.0)]
    OutOfRange { asked: Offset, start: Offset, end: Offset },
    #[error("the topic was deleted")]
    Deleted,
    #[error("two segments of {folder} overlap at offset {at}", at = at.0)]
    Overlap { folder: PathBuf, at: Offset },
    #[error("the log could not be read or written")]
    Io(#[from] io::Error),
}

/// What a topic's settings ask of an append.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppendRules {
    pub(crate) max_batch: usize,
    pub(crate) segment_bytes: u64,
    /// Date the records by the broker's clock (milliseconds since 1970) instead of the producer's.
    pub(crate) date: Option<i64>,
}

/// Where a batch lies: from `base` up to (not including) `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) base: Offset,
    pub(crate) next: Offset,
}

/// The state of one partition's folder.
#[derive(Debug)]
pub(crate) struct Log {
    folder: PathBuf,
    /// Sorted by base offset, never empty; the last one is written to.
    segments: Vec<Segment>,
    start: Offset,
    durable: Offset,
    /// How much of the last segment is on the disk.
    durable_size: u64,
    producers: Producers,
    /// How often unsynced batches had to be taken back.
    take_backs: u64,
    deleted: bool,
}

/// One fsync to be done without the log's lock.
pub(crate) struct SyncJob {
    pub(crate) file: Arc<File>,
    segment: Offset,
    next: Offset,
    size: u64,
}

impl Log {
    /// The first offset that can be read.
    pub(crate) fn start(&self) -> Offset {
        self.start
    }

    /// The offset after the last batch that is safely on the disk: Kafka's high watermark.
    pub(crate) fn durable(&self) -> Offset {
        self.durable
    }

    /// What it takes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    pub(crate) fn take_backs(&self) -> u64 {
        self.take_backs
    }

    fn end(&self) -> Offset {
        self.segments.last().map_or(self.start, |segment| segment.next)
    }

    /// Checks one batch as a producer sent it and writes it at the end.
    pub(crate) fn append(&mut self, sent: &[u8], rules: AppendRules) -> Result<Placed, LogError> {
        if self.deleted {
            return Err(LogError::Deleted);
        }
        let header = admit(sent, rules.max_batch)?;
        if let Verdict::Duplicate { base, next } = self.producers.judge(&header)? {
            return Ok(Placed { base, next });
        }
        self.roll_if_full(header.size as u64, rules.segment_bytes)?;
        let mut batch = sent.to_vec();
        batch::place(&mut batch, self.end());
        if let Some(now) = rules.date {
            batch::date(&mut batch, now);
        }
        let header = BatchHeader::parse(&batch)?;
        let Some(active) = self.segments.last_mut() else {
            return Err(LogError::Deleted);
        };
        active.append(&header, &batch)?;
        self.producers.remember(&header);
        Ok(Placed {
            base: header.base,
            next: header.next(),
        })
    }

    fn roll_if_full(&mut self, batch: u64, limit: u64) -> io::Result<()> {
        match self.segments.last() {
            Some(active) if active.size > 0 && active.size + batch > limit => self.roll(),
            _ => Ok(()),
        }
    }

    /// Seals the last segment (it is on the disk from here on) and begins another.
    fn roll(&mut self) -> io::Result<()> {
        let Some(active) = self.segments.last() else {
            return Ok(());
        };
        active.file().sync_data()?;
        let fresh = Segment::create(&self.folder, active.next)?;
        self.durable = active.next;
        self.durable_size = 0;
        self.segments.push(fresh);
        Ok(())
    }

    /// What is not on the disk yet.
    pub(crate) fn unsynced(&self) -> Option<SyncJob> {
        let active = self
            .segments
            .last()
            .filter(|active| active.next > self.durable && !self.deleted)?;
        Some(SyncJob {
            file: active.file(),
            segment: active.base,
            next: active.next,
            size: active.size,
        })
    }

    pub(crate) fn synced(&mut self, job: &SyncJob) {
        if job.next > self.durable {
            self.durable = job.next;
            self.durable_size = job.size;
        }
    }

    /// An fsync failed: the kernel may have dropped what it was to write, so what nobody has seen yet is taken back.
    pub(crate) fn sync_failed(&mut self, job: &SyncJob) -> io::Result<()> {
        self.take_backs += 1;
        let (durable, size) = (self.durable, self.durable_size);
        self.producers.forget_from(durable);
        match self.segments.last_mut().filter(|active| active.base == job.segment) {
            Some(active) => active.cut(size, durable),
            None => Ok(()),
        }
    }

    /// The topic is gone: every later append is refused, and those who wait for the disk are told.
    pub(crate) fn delete(&mut self) {
        self.deleted = true;
        self.take_backs += 1;
    }
}

/// The rules that every batch from a producer must meet; `sent` must be exactly one batch, as Apache Kafka demands.
fn admit(sent: &[u8], max_batch: usize) -> Result<BatchHeader, LogError> {
    if sent.len() > max_batch {
        return Err(LogError::TooLarge {
            size: sent.len(),
            allowed: max_batch,
        });
    }
    let header = batch::check(sent)?;
    if header.size != sent.len() {
        return Err(BatchError::Contradiction("more than one batch").into());
    }
    if header.is_transactional() {
        return Err(LogError::Transactional);
    }
    if header.records < 1 || header.records - 1 != header.last_delta {
        return Err(BatchError::Contradiction("number of records").into());
    }
    if header
        .producer
        .is_some_and(|stamp| stamp.epoch < 0 || stamp.first_sequence < 0)
    {
        return Err(BatchError::Contradiction("negative sequence").into());
    }
    if !header.has_known_codec() {
        return Err(BatchError::Contradiction("a compression that Kafka doesn't know").into());
    }
    if !header.is_compressed() {
        records::are_sound(header, sent)?;
    }
    Ok(header)
}
