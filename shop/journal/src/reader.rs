//! Reads the journal in the order of the sequences, in large pieces, and only what a power cut can't take back: an entry that was
//! sent to Kafka must never lose its sequence to another.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use schemas::Sequence;
use tracing::warn;

use super::durable::Durable;
use super::error::JournalError;
use super::frame::{self, Parsed};
use super::payload::{self, StoredEntry};
use super::recover;
use super::segment;
use super::shared::Shared;

const CHUNK_BYTES: u64 = 256 * 1024;

/// What comes next in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    Entry(StoredEntry<'a>),
    /// These entries were damaged on the disk; what is left of them is kept in a `.corrupt` file.
    Lost {
        first: Sequence,
        last: Sequence,
    },
}

/// A place in the journal that moves on.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    /// The entry that comes next.
    next: Sequence,
    known: Durable,
    open: Option<Open>,
    buffer: Vec<u8>,
    /// Where in the buffer the next frame begins.
    at: usize,
}

#[derive(Debug)]
struct Open {
    file: File,
    first: Sequence,
    /// Where in the file the buffer ends.
    offset: u64,
}

enum Found {
    Frame { sequence: Sequence, payload: Range<usize> },
    Lost { first: Sequence, last: Sequence },
    Nothing,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, from: Sequence) -> Self {
        let known = *shared.durable.borrow();
        Self {
            shared,
            next: from,
            known,
            open: None,
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// The next entry that is safe on the disk; none when all have been read. After an error of the disk the same place is tried again.
    pub fn read(&mut self) -> Result<Option<Item<'_>>, JournalError> {
        match self.find()? {
            Found::Nothing => Ok(None),
            Found::Lost { first, last } => Ok(Some(Item::Lost { first, last })),
            Found::Frame { sequence, payload } => match payload::parse(sequence, &self.buffer[payload]) {
                Ok(entry) => Ok(Some(Item::Entry(entry))),
                Err(why) => Err(JournalError::Entry {
                    sequence: sequence.0,
                    why,
                }),
            },
        }
    }

    /// Blocks the thread until there may be more to read, at most for `patience`.
    pub fn wait(&self, patience: Duration) {
        self.shared.wait_beyond(Sequence(self.next.0 - 1), patience);
    }

    /// Waits until there is more to read.
    pub async fn more(&self) -> Result<(), JournalError> {
        let next = self.next;
        let mut durable = self.shared.durable.subscribe();
        let reached = durable.wait_for(|durable| durable.sequence >= next).await;
        reached.map(drop).map_err(|_| JournalError::Closed)
    }

    fn find(&mut self) -> Result<Found, JournalError> {
        loop {
            if self.next > self.known.sequence {
                self.known = *self.shared.durable.borrow();
                if self.next > self.known.sequence {
                    return Ok(Found::Nothing);
                }
            }
            if self.open.is_none()
                && let Some(lost) = self.enter(None)?
            {
                return Ok(lost);
            }
            match frame::parse(&self.buffer[self.at..]) {
                Parsed::Sound(frame) if frame.sequence > self.next => return Ok(self.skip_to(frame.sequence)),
                Parsed::Sound(frame) => {
                    let payload = self.at + frame.payload.start..self.at + frame.payload.end;
                    self.at = payload.end;
                    if frame.sequence == self.next {
                        self.next = self.next.next();
                        return Ok(Found::Frame {
                            sequence: frame.sequence,
                            payload,
                        });
                    }
                }
                Parsed::Damaged => self.step_over()?,
                Parsed::Unfinished => {
                    if !self.fill()?
                        && let Some(lost) = self.leave()?
                    {
                        return Ok(lost);
                    }
                }
            }
        }
    }

    /// Reads on in the open segment; false where its durable part ends.
    fn fill(&mut self) -> Result<bool, JournalError> {
        let Some(open) = &mut self.open else { return Ok(false) };
        let limit = if open.first == self.known.segment {
            self.known.offset
        } else {
            let writer = self.shared.writer();
            let segment = writer.segments.iter().find(|segment| segment.first == open.first);
            segment.map_or(open.offset, |segment| segment.bytes)
        };
        self.buffer.drain(..self.at);
        self.at = 0;
        let start = self.buffer.len();
        let wanted = usize::try_from(limit.saturating_sub(open.offset).min(CHUNK_BYTES)).unwrap_or(0);
        self.buffer.resize(start + wanted, 0);
        let got = open.file.read_at(&mut self.buffer[start..], open.offset);
        self.buffer.truncate(start + got.as_ref().copied().unwrap_or(0));
        let got = got.map_err(JournalError::file(
            segment::path(&self.shared.folder, open.first),
            "can't be read",
        ))?;
        open.offset += got as u64;
        Ok(got > 0)
    }

    /// Opens the segment after `left`, or the one that holds the next entry.
    fn enter(&mut self, left: Option<Sequence>) -> Result<Option<Found>, JournalError> {
        let found = {
            let segments = &self.shared.writer().segments;
            let at = match left {
                Some(left) => segments.partition_point(|segment| segment.first <= left),
                None => segments
                    .partition_point(|segment| segment.first <= self.next)
                    .saturating_sub(1),
            };
            segments.get(at).map(|segment| segment.first)
        };
        let Some(first) = found else {
            return Ok(Some(self.skip_to(self.known.sequence.next())));
        };
        let file = segment::open(&self.shared.folder, first).map_err(JournalError::file(
            segment::path(&self.shared.folder, first),
            "can't be opened",
        ))?;
        self.buffer.clear();
        self.at = 0;
        self.open = Some(Open { file, first, offset: 0 });
        Ok((first > self.next).then(|| self.skip_to(first)))
    }

    /// The open segment has no further sound frame.
    fn leave(&mut self) -> Result<Option<Found>, JournalError> {
        let rest = self.at..self.buffer.len();
        self.keep_damaged(rest);
        self.at = self.buffer.len();
        let left = self.open.as_ref().map(|open| open.first);
        if left.is_some_and(|left| left >= self.known.segment) {
            return Ok(Some(self.skip_to(self.known.sequence.next())));
        }
        self.enter(left)
    }

    fn step_over(&mut self) -> Result<(), JournalError> {
        while self.fill()? {}
        let sound = frame::next_sound(&self.buffer[self.at..]).map_or(self.buffer.len(), |ahead| self.at + ahead);
        self.keep_damaged(self.at..sound);
        self.at = sound;
        Ok(())
    }

    fn keep_damaged(&self, damaged: Range<usize>) {
        let Some(open) = self.open.as_ref().filter(|_| !damaged.is_empty()) else {
            return;
        };
        let at = usize::try_from(open.offset).unwrap_or(usize::MAX) - (self.buffer.len() - damaged.start);
        let bytes = &self.buffer[damaged];
        if let Err(failure) = recover::set_aside(&self.shared.folder, open.first, at, bytes) {
            warn!(error = %failure, bytes = bytes.len(), "Damaged bytes of the journal can't be set aside");
        }
    }

    fn skip_to(&mut self, sequence: Sequence) -> Found {
        let first = std::mem::replace(&mut self.next, sequence);
        Found::Lost {
            first,
            last: Sequence(sequence.0 - 1),
        }
    }
}
