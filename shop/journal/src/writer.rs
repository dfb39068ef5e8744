//! The one place that writes entries, under one lock: taken into the batch first, then written with all that is in it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemas::{EventType, InstanceId, Sequence, Source};

use super::batch::{Batch, Outcome};
use super::durable::Durable;
use super::error::AppendError;
use super::payload::{self, Entry};
use super::recover::Start;
use super::segment::{self, Segment};
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
    /// With the sequence of the next entry that is taken.
    source: Source,
    /// Taken and not yet written; `unwritten` is its first sequence.
    batch: Batch,
    unwritten: Sequence,
    /// Entries since the start, in the order of `EventType::ALL`.
    pub(super) appended: [u64; EventType::ALL.len()],
}

/// How the write of a batch ended.
#[derive(Debug)]
#[must_use]
pub(super) struct Written {
    /// How many of its entries are no facts.
    pub(super) observations: u64,
    pub(super) result: Result<(), Arc<io::Error>>,
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
            batch: Batch::new(),
            unwritten: start.next,
            appended: [0; EventType::ALL.len()],
        }
    }

    /// The sequence behind the last one that is written.
    pub(super) const fn next(&self) -> Sequence {
        self.unwritten
    }

    /// What has been written so far, as a position.
    pub(super) fn end(&self) -> Durable {
        Durable {
            sequence: Sequence(self.next().0 - 1),
            segment: self.segments.last().map_or(Sequence::FIRST, |active| active.first),
            offset: self.offset,
        }
    }

    /// Takes all entries into the batch, or none; returns the last one's sequence.
    pub(super) fn take(&mut self, entries: &[Entry<'_>], options: &Options) -> Result<Sequence, AppendError> {
        check_sizes(entries)?;
        let (first, before) = (self.source.sequence, self.batch.frames.len());
        for entry in entries {
            let source = &self.source;
            frame::put(&mut self.batch.frames, source.sequence, |out| {
                payload::put(out, entry, source);
            });
            self.source.sequence = self.source.sequence.next();
        }
        if let Err(refusal) = self.has_room(entries, options) {
            self.batch.frames.truncate(before);
            self.source.sequence = first;
            return Err(refusal);
        }
        self.batch.count(entries);
        Ok(Sequence(self.source.sequence.0 - 1))
    }

    /// How the write of what was taken will end.
    pub(super) fn outcome(&mut self) -> Outcome {
        self.batch.outcome()
    }

    /// Whether the batch, these entries its last, has room.
    fn has_room(&mut self, entries: &[Entry<'_>], options: &Options) -> Result<(), AppendError> {
        let is_fact = entries.iter().any(|entry| entry.fact.is_some());
        let max_bytes = if is_fact {
            options.max_bytes
        } else {
            options.max_bytes - options.max_bytes / RESERVE
        };
        if self.bytes + self.batch.frames.len() as u64 > max_bytes || (self.full && !is_fact) {
            self.full |= !is_fact;
            return Err(AppendError::Full {
                bytes: self.bytes,
                max_bytes,
            });
        }
        Ok(())
    }

    /// Writes the batch in one write, all of it or nothing, and tells who waits for it.
    pub(super) fn write(&mut self, folder: &Path, options: &Options, is_allowed: io::Result<()>) -> Written {
        let result = is_allowed
            .and_then(|()| self.try_write(folder, options))
            .map_err(Arc::new);
        if result.is_ok() {
            self.unwritten = self.source.sequence;
            for event_type in &self.batch.types {
                self.appended[*event_type as usize] += 1;
            }
        } else {
            // Nothing of it was written: its sequences are given out again.
            self.source.sequence = self.unwritten;
        }
        let observations = self.batch.observations;
        self.batch.settle(&result);
        Written { observations, result }
    }

    fn try_write(&mut self, folder: &Path, options: &Options) -> io::Result<()> {
        let length = self.batch.frames.len() as u64;
        if length == 0 {
            return Ok(());
        }
        if self.ragged {
            self.active.set_len(self.offset)?;
            self.ragged = false;
        }
        if self.offset > 0 && (self.offset + length > options.segment_bytes || self.is_old(options)) {
            self.roll(folder)?;
        }
        if let Err(error) = self.active.write_all_at(&self.batch.frames, self.offset) {
            // A torn frame must not stand before a sound one: a shorter append would leave its end behind itself.
            self.ragged = self.active.set_len(self.offset).is_err();
            return Err(error);
        }
        self.offset += length;
        self.bytes += length;
        if let Some(active) = self.segments.last_mut() {
            active.bytes = self.offset;
            active.oldest = active.oldest.or(self.batch.begins);
        }
        fail_point::hit(FailPoint::AfterAppend);
        Ok(())
    }

    /// Whether the active segment began too long before the batch.
    fn is_old(&self, options: &Options) -> bool {
        let oldest = self.segments.last().and_then(|active| active.oldest);
        let (Some(oldest), Some(begins)) = (oldest, self.batch.begins) else {
            return false;
        };
        // A clock that went back finishes nothing.
        u64::try_from(begins.unix_micros() - oldest.unix_micros())
            .is_ok_and(|micros| Duration::from_micros(micros) > options.segment_age)
    }

    fn roll(&mut self, folder: &Path) -> io::Result<()> {
        let first = self.unwritten;
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
    pub(super) fn replace_after(&mut self, durable: Durable, file: File, bytes: u64) {
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
