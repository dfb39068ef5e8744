//! Several sources as one stream.
//!
//! Messages of one shop follow its sequence, whichever of its files they stand in: a late event stands in an earlier day's file, yet came
//! after much of the next one's. Different shops are merged by time. The order within a file is never changed.

use super::message::Message;
use super::source::{Line, Lines};
use super::topics::Partition;
use crate::error::ClassroomError;

/// A line that is no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) place: String,
    pub(super) reason: String,
    pub(super) bytes: Vec<u8>,
}

/// One of the things that are merged.
pub(super) enum Source {
    Lines(Box<Lines>),
    Partition(Box<Partition>),
}

impl Source {
    fn read(&mut self) -> Result<Option<Line>, ClassroomError> {
        match self {
            Self::Lines(lines) => lines.read(),
            Self::Partition(partition) => Ok(partition.read()?.map(Line::Message)),
        }
    }

    /// How much there is to read, where that is known, and how much is read: bytes, or for a topic what its messages have by a rule of thumb.
    fn amount(&self) -> (Option<u64>, u64) {
        match self {
            Self::Lines(lines) => lines.amount(),
            Self::Partition(partition) => {
                let (whole, done) = partition.amount();
                (Some(whole * A_MESSAGE), done * A_MESSAGE)
            }
        }
    }
}

/// Bytes of a shop's usual event.
const A_MESSAGE: u64 = 700;

struct Reading {
    source: Source,
    next: Message,
    /// The latest time so far: time never goes back for the merge.
    clock: i64,
}

pub(super) struct Merge {
    readings: Vec<Reading>,
    /// The same sources once more: their unreadable lines have been counted.
    is_again: bool,
    /// How much one round of the sources is, where that is known, and how much of all rounds is read to its end.
    whole: Option<u64>,
    ended: u64,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) unreadable_count: u64,
}

/// So many unreadable lines are kept to be shown; the rest is counted.
const SHOWN: usize = 10_000;

impl Merge {
    pub(super) fn new(sources: Vec<Source>) -> Result<Self, ClassroomError> {
        let mut merge = Self {
            readings: Vec::new(),
            is_again: false,
            whole: None,
            ended: 0,
            unreadable: Vec::new(),
            unreadable_count: 0,
        };
        merge.open(sources)?;
        Ok(merge)
    }

    /// The same sources from their beginning.
    pub(super) fn again(&mut self, sources: Vec<Source>) -> Result<(), ClassroomError> {
        self.is_again = true;
        self.open(sources)
    }

    fn open(&mut self, sources: Vec<Source>) -> Result<(), ClassroomError> {
        if !self.is_again {
            let amounts = sources.iter().map(|source| source.amount().0);
            self.whole = amounts.sum();
        }
        for mut source in sources {
            if let Some(next) = self.next_of(&mut source)? {
                let clock = next.at;
                self.readings.push(Reading { source, next, clock });
            } else {
                self.ended += source.amount().1;
            }
        }
        Ok(())
    }

    /// How much of so many rounds is read, from 0 to 1; none where nobody knows how much there is.
    #[expect(clippy::cast_precision_loss, reason = "bytes of files")]
    pub(super) fn share(&self, rounds: u32) -> Option<f64> {
        let whole = self.whole?.saturating_mul(rounds.into()).max(1);
        let reading: u64 = self.readings.iter().map(|reading| reading.source.amount().1).sum();
        Some(((self.ended + reading) as f64 / whole as f64).min(1.0))
    }

    fn next_of(&mut self, source: &mut Source) -> Result<Option<Message>, ClassroomError> {
        loop {
            match source.read()? {
                None => return Ok(None),
                Some(Line::Message(message)) => return Ok(Some(message)),
                Some(Line::Unreadable { .. }) if self.is_again => {}
                Some(Line::Unreadable { place, reason, bytes }) => {
                    self.unreadable_count += 1;
                    if self.unreadable.len() < SHOWN {
                        self.unreadable.push(Unreadable { place, reason, bytes });
                    }
                }
            }
        }
    }

    /// The reading whose message is next: of each shop the one with its lowest sequence, of those the earliest.
    fn first(&self) -> Option<usize> {
        let mut first: Option<usize> = None;
        for (index, reading) in self.readings.iter().enumerate() {
            let Some(best) = first.map(|best| &self.readings[best]) else {
                first = Some(index);
                continue;
            };
            let earlier = match (&reading.next.source, &best.next.source) {
                (Some((shop, sequence)), Some((best_shop, best_sequence))) if shop == best_shop => {
                    sequence < best_sequence
                }
                _ => reading.clock < best.clock,
            };
            if earlier {
                first = Some(index);
            }
        }
        first
    }

    pub(super) fn read(&mut self) -> Result<Option<Message>, ClassroomError> {
        let Some(index) = self.first() else { return Ok(None) };
        let mut reading = self.readings.swap_remove(index);
        let message = if let Some(next) = self.next_of(&mut reading.source)? {
            let message = std::mem::replace(&mut reading.next, next);
            reading.clock = reading.clock.max(reading.next.at);
            self.readings.push(reading);
            message
        } else {
            self.ended += reading.source.amount().1;
            reading.next
        };
        Ok(Some(message))
    }
}
