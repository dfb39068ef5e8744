//! A sheet: what the messages of one block say of themselves, in their order. Any hand can write it; the ledger is filled from it.

use super::bytes::Hash;
use super::calendar::Calendar;
use super::ledger::{Ledger, Sighting, Who};
use super::message::glimpse;

/// A name is looked for among so many that were named last; one that isn't there is noted again, which costs a little and harms nothing.
const NAMES_IN_MIND: usize = 8;

/// What the messages of a block say.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// Hashes are wanted.
    compares_bytes: bool,
    names: Vec<Box<str>>,
    lines: Vec<Line>,
}

/// One message: where it stands, and what it says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Its offset on a topic; of no meaning elsewhere.
    pub(super) offset: i64,
    /// None when the message names no source.
    said: Option<(Name, Sighting)>,
}

#[derive(Debug, Clone, Copy)]
struct Name(usize);

/// The instances that a sheet names, as the ledger knows them.
pub(super) struct Named(Vec<Option<Who>>);

impl Sheet {
    /// An empty one; with hashes if they are to be compared.
    pub(super) fn new(compares_bytes: bool) -> Self {
        Self {
            compares_bytes,
            ..Self::default()
        }
    }

    /// Notes a message as far as it is readable.
    pub(super) fn note(&mut self, calendar: Calendar, offset: i64, value: &[u8], has_row: bool) {
        let said = glimpse(value).map(|seen| {
            let sighting = Sighting {
                sequence: seen.sequence,
                event_id: seen.event_id,
                day: calendar.day_in(seen.timestamp.as_bytes()),
                has_row,
                bytes: self.hash(Hash::of_bytes, value),
                values: if has_row {
                    self.hash(Hash::of_values, value)
                } else {
                    Hash::NONE
                },
            };
            (self.name(&seen.instance), sighting)
        });
        self.lines.push(Line { offset, said });
    }

    fn hash(&self, of: fn(&[u8]) -> Hash, value: &[u8]) -> Hash {
        if self.compares_bytes { of(value) } else { Hash::NONE }
    }

    fn name(&mut self, name: &str) -> Name {
        let in_mind = self.names.len().saturating_sub(NAMES_IN_MIND);
        let known = self.names[in_mind..].iter().rposition(|known| **known == *name);
        Name(known.map_or_else(
            || {
                self.names.push(name.into());
                self.names.len() - 1
            },
            |at| in_mind + at,
        ))
    }

    /// Makes the sheet's instances known to the ledger.
    pub(super) fn introduce(&self, ledger: &mut Ledger) -> Named {
        Named(self.names.iter().map(|name| ledger.who(name)).collect())
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// What a message says, for this audit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    By(Who, Sighting),
    /// Its instance isn't looked at.
    Unasked,
    WithoutSource,
}

impl Named {
    pub(super) fn said(&self, line: &Line) -> Said {
        match line.said {
            None => Said::WithoutSource,
            Some((name, sighting)) => self.0[name.0].map_or(Said::Unasked, |who| Said::By(who, sighting)),
        }
    }
}
