//! One partition's log: record batches, kept byte for byte as they came, in segment files.
//!
//! Promises: a batch is in the file before `append` returns, so kill -9 loses none; it is on the disk once [`Log::durable`]
//! has passed it, and only then is it acknowledged or shown to a consumer, so a power cut takes back nothing that anyone
//! has seen (unless the topic asks for less: [`AppendRules::waits_for_disk`]). Offsets rise and are never used twice. A write that fails (a full disk) leaves the log as it was. Nothing here
//! waits for the disk while the log is locked, but for small files at its rare changes.
//!
//! Not for: replication, transactions, more than one writer.

mod admission;
pub(crate) mod batch;
mod batch_error;
mod codec;
mod compact;
mod flush;
mod open;
mod partition;
pub(crate) mod producers;
pub(crate) mod records;
pub(crate) mod recovery;
mod retention;
mod search;
mod segment;
mod slice;
mod swap;
mod sync;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use admission::Admitted;
use batch::BatchHeader;
use compact::Cleaned;
use producers::{Producers, SequenceError, Verdict};
use segment::Segment;

pub use batch_error::BatchError;
pub(crate) use codec::Codec;
pub(crate) use compact::Compaction;
pub(crate) use flush::Flusher;
pub(crate) use partition::{Appended, Partition, Wanted};
pub(crate) use retention::Retention;
pub(crate) use search::Found;

/// A record's number within its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

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
    /// Compress the records this way, whatever their producer did.
    pub(crate) codec: Option<Codec>,
    /// A topic that is compacted takes no record without a key.
    pub(crate) needs_keys: bool,
    /// Acknowledged and shown once it is on the disk; otherwise at once, and a power cut may take it back.
    pub(crate) waits_for_disk: bool,
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
    /// The segment that `durable` was last moved in, and how much of it is on the disk.
    durable_in: (Offset, u64),
    /// How far it may be shown, and where that is: never before `durable`, and beyond it where a topic doesn't wait for the disk.
    high: Offset,
    high_in: (Offset, u64),
    producers: Producers,
    cleaned: Cleaned,
    /// How often unsynced batches had to be taken back.
    take_backs: u64,
    deleted: bool,
}

impl Log {
    /// The first offset that can be read.
    pub(crate) fn start(&self) -> Offset {
        self.start
    }

    /// The offset after the last batch that is safely on the disk.
    pub(crate) fn durable(&self) -> Offset {
        self.durable
    }

    /// The offset after the last batch that consumers are shown: Kafka's high watermark.
    pub(crate) fn high(&self) -> Offset {
        self.high
    }

    /// What it takes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    pub(crate) fn take_backs(&self) -> u64 {
        self.take_backs
    }

    /// Whether an offset may be asked for: from the first up to the one that comes next.
    pub(crate) fn holds(&self, offset: Offset) -> bool {
        (self.start..=self.end()).contains(&offset)
    }

    fn end(&self) -> Offset {
        self.segments.last().map_or(self.start, |segment| segment.next)
    }

    /// Writes a batch at the end, unless it is there already.
    pub(crate) fn append(&mut self, admitted: &Admitted<'_>, rules: AppendRules) -> Result<Placed, LogError> {
        if self.deleted {
            return Err(LogError::Deleted);
        }
        if let Verdict::Duplicate { base, next } = self.producers.judge(&admitted.header)? {
            return Ok(Placed { base, next });
        }
        self.roll_if_full(admitted.bytes.len() as u64, rules.segment_bytes)?;
        let mut batch = admitted.bytes.to_vec();
        batch::place(&mut batch, self.end());
        if let Some(now) = rules.date {
            batch::date(&mut batch, now);
        }
        let header = BatchHeader::parse(&batch)?;
        let Some(active) = self.segments.last_mut() else {
            return Err(LogError::Deleted);
        };
        active.append(&header, &batch)?;
        if !rules.waits_for_disk {
            self.high = header.next();
            self.high_in = (active.base, active.size);
        }
        self.producers.remember(&header);
        Ok(Placed {
            base: header.base,
            next: header.next(),
        })
    }

    /// A segment may grow beyond its limit while the one before it still waits for the disk: at most two at the end of a log are
    /// not on the disk, and those two are checked when it is opened.
    fn roll_if_full(&mut self, batch: u64, limit: u64) -> io::Result<()> {
        let is_waiting = self.sealed().last().is_some_and(|before| before.next > self.durable);
        match self.segments.last() {
            Some(active) if active.size > 0 && active.size + batch > limit && !is_waiting => self.roll(),
            _ => Ok(()),
        }
    }

    /// Begins another segment; the one before it is brought onto the disk by the flusher, in its turn.
    fn roll(&mut self) -> io::Result<()> {
        let (next, durable) = (self.end(), self.durable);
        let fresh = Segment::create(&self.folder, next)?;
        if let Some(active) = self.segments.last_mut().filter(|active| active.next <= durable) {
            active.seal();
        }
        self.segments.push(fresh);
        Ok(())
    }

    /// All segments but the one that is written to.
    fn sealed(&self) -> &[Segment] {
        self.segments.split_last().map_or(&[], |(_, sealed)| sealed)
    }

    /// The topic is gone: every later append is refused, and those who wait for the disk are told.
    pub(crate) fn delete(&mut self) {
        self.deleted = true;
        self.take_backs += 1;
    }
}
