//! The one place that writes entries: all of an append in one write, under one lock.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemas::{InstanceId, Sequence, Source};

use super::error::AppendError;
use super::payload::{self, Entry};
use super::recover::Start;
use super::segment::{self, Segment};
use super::shared::Durable;
use super::{MAX_EVENT_BYTES, Options, frame};
use crate::fail_point::{self, FailPoint};

/// Observations leave this part of the journal to the facts.
const RESERVE: u64 = 16;

#[derive(Debug)]
pub(super) struct Writer {
    /// Every segment, the active one last.
    pub(super) segments: Vec<Segment>,
    pub(super) active: Arc<File>,
    /// Where the active segment's entries end.
    pub(super) offset: u64,
    pub(super) bytes: u64,
    /// Segments that were finished since the last sync.
    finished: Vec<Arc<File>>,
    /// Names in the folder that a power cut would still lose.
    new_names: bool,
    /// An observation found no room; none is taken before a segment has gone, so that small ones don't squeeze past large ones.
    full: bool,
    /// A failed write may have left bytes behind `offset`.
    ragged: bool,
    /// The sequence of the next entry.
    source: Source,
    buffer: Vec<u8>,
}

/// What a sync has to cover.
#[derive(Debug)]
pub(super) struct Unsynced {
    pub(super) files: Vec<Arc<File>>,
    pub(super) new_names: bool,
    pub(super) upto: Durable,
}

impl Writer {
    pub(super) fn new(instance: InstanceId, start: Start) -> Self {
        let offset = start.segments.last().map_or(0, |active| active.bytes);
        Self {
            bytes: start.segments.iter().map(|segment| segment.bytes).sum(),
            segments: start.segments,
            active: Arc::new(start.active),
            offset,
            finished: Vec::new(),
            new_names: false,
            full: false,
            ragged: false,
            source: Source {
                instance,
                sequence: start.next,
            },
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// The sequence that the next entry gets.
    pub(super) const fn next(&self) -> Sequence {
        self.source.sequence
    }

    /// What has been written so far, as a position.
    pub(super) fn end(&self) -> Durable {
        Durable {
            sequence: Sequence(self.next().0 - 1),
            segment: self.segments.last().map_or(Sequence::FIRST, |active| active.first),
            offset: self.offset,
        }
    }

    /// Writes all entries or none; returns the last one's sequence.
    pub(super) fn append(
        &mut self,
        entries: &[Entry<'_>],
        folder: &Path,
        options: &Options,
    ) -> Result<Sequence, AppendError> {
        check_sizes(entries)?;
        let first = self.source.sequence;
        self.encode(entries);
        let result = self.write(entries, folder, options);
        match result {
            Ok(()) => Ok(Sequence(self.source.sequence.0 - 1)),
            Err(error) => {
                self.source.sequence = first;
                Err(error)
            }
        }
    }

    fn encode(&mut self, entries: &[Entry<'_>]) {
        self.buffer.clear();
        for entry in entries {
            let source = &self.source;
            frame::put(&mut self.buffer, source.sequence, |out| {
                payload::put(out, entry, source);
            });
            self.source.sequence = self.source.sequence.next();
        }
    }

    fn write(&mut self, entries: &[Entry<'_>], folder: &Path, options: &Options) -> Result<(), AppendError> {
        let length = self.buffer.len() as u64;
        let is_fact = entries.iter().any(|entry| entry.fact.is_some());
        let max_bytes = if is_fact {
            options.max_bytes
        } else {
            options.max_bytes - options.max_bytes / RESERVE
        };
        if self.bytes + length > max_bytes || (self.full && !is_fact) {
            self.full |= !is_fact;
            return Err(AppendError::Full {
                bytes: self.bytes,
                max_bytes,
            });
        }
        if self.ragged {
            self.active.set_len(self.offset).map_err(AppendError::Io)?;
            self.ragged = false;
        }
        if self.offset > 0 && (self.offset + length > options.segment_bytes || self.is_old(entries, options)) {
            let first = Sequence(self.source.sequence.0 - entries.len() as u64);
            self.roll(folder, first).map_err(AppendError::Io)?;
        }
        if let Err(error) = self.active.write_all_at(&self.buffer, self.offset) {
            // A torn frame must not stand before a sound one: a shorter append would leave its end behind itself.
            self.ragged = self.active.set_len(self.offset).is_err();
            return Err(AppendError::Io(error));
        }
        self.offset += length;
        self.bytes += length;
        if let Some(active) = self.segments.last_mut() {
            active.bytes = self.offset;
            active.oldest = active.oldest.or(entries.first().map(|entry| entry.event.timestamp));
        }
        fail_point::hit(FailPoint::AfterAppend);
        Ok(())
    }

    /// Whether the active segment began too long before these entries.
    fn is_old(&self, entries: &[Entry<'_>], options: &Options) -> bool {
        let oldest = self.segments.last().and_then(|active| active.oldest);
        let (Some(oldest), Some(entry)) = (oldest, entries.first()) else {
            return false;
        };
        // A clock that went back finishes nothing.
        u64::try_from(entry.event.timestamp.unix_micros() - oldest.unix_micros())
            .is_ok_and(|micros| Duration::from_micros(micros) > options.segment_age)
    }

    fn roll(&mut self, folder: &Path, first: Sequence) -> io::Result<()> {
        let file = Arc::new(segment::create(folder, first)?);
        fail_point::hit(FailPoint::DuringSegmentRoll);
        self.finished.push(std::mem::replace(&mut self.active, file));
        self.new_names = true;
        self.offset = 0;
        self.segments.push(Segment {
            first,
            bytes: 0,
            oldest: None,
        });
        Ok(())
    }

    pub(super) fn take_unsynced(&mut self) -> Unsynced {
        let mut files = std::mem::take(&mut self.finished);
        files.push(Arc::clone(&self.active));
        Unsynced {
            files,
            new_names: std::mem::take(&mut self.new_names),
            upto: self.end(),
        }
    }

    /// Goes on in `file`, which holds everything after `durable`; the segments after it are no more.
    pub(super) fn replace_after(&mut self, durable: Durable, file: File, bytes: u64) -> Vec<Segment> {
        let kept = self
            .segments
            .partition_point(|segment| segment.first <= durable.sequence);
        let dropped = self.segments.split_off(kept);
        if let Some(last) = self.segments.last_mut().filter(|last| last.first == durable.segment) {
            last.bytes = durable.offset;
        }
        self.segments.push(Segment {
            first: durable.sequence.next(),
            bytes,
            oldest: dropped.first().and_then(|segment| segment.oldest),
        });
        self.bytes = self.segments.iter().map(|segment| segment.bytes).sum();
        self.active = Arc::new(file);
        self.offset = bytes;
        self.finished.clear();
        self.ragged = false;
        dropped
    }

    /// Takes whole segments, never the active one, whose entries all lie at or below `released`.
    pub(super) fn take_released(&mut self, released: Sequence) -> Vec<Segment> {
        let finished = self.segments.len() - 1;
        let count = (0..finished)
            .take_while(|&at| self.segments[at + 1].first.0 <= released.0.saturating_add(1))
            .count();
        let taken: Vec<Segment> = self.segments.drain(..count).collect();
        self.full &= taken.is_empty();
        self.bytes -= taken.iter().map(|segment| segment.bytes).sum::<u64>();
        taken
    }
}

fn check_sizes(entries: &[Entry<'_>]) -> Result<(), AppendError> {
    match entries.iter().find(|entry| entry.event.json.len() > MAX_EVENT_BYTES) {
        Some(entry) => Err(AppendError::TooLarge {
            bytes: entry.event.json.len(),
            max: MAX_EVENT_BYTES,
        }),
        None => Ok(()),
    }
}
