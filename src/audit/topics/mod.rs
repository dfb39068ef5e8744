//! The second hop: the topics, read from a Kafka or from the embedded broker's folder, without a consumer group.
//!
//! Dead letters come first: a position moves over a refused message only after its letter is delivered, and positions are read
//! before anything here.

mod folder;
mod segments;
mod server;

use std::collections::{HashMap, HashSet};

use schemas::Topic;
use uuid::Uuid;

use super::bytes::Hash;
use super::calendar::Calendar;
use super::faults::{CutPartition, Unreadable};
use super::ledger::{Ledger, Sighting, Who};
use super::mark::{Flag, Hop};
use super::message::glimpse;
use super::sheet::{Said, Sheet};

pub(super) use folder::read as read_folder;
pub(super) use server::{Server, read as read_server};

/// A partition of one of the shop's topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Partition {
    pub(super) topic: Topic,
    pub(super) number: i32,
}

impl Partition {
    /// Notes one of its messages.
    pub(super) fn note(self, sheet: &mut Sheet, calendar: Calendar, offset: i64, value: &[u8]) {
        sheet.note(calendar, offset, value, self.topic.has_rows());
    }
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) partition: Partition,
    pub(super) offset: i64,
}

/// What the headers of a letter say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LetterOf {
    /// Where the refused message stood.
    pub(super) origin: Option<Place>,
    /// It was refused because another event had been kept under its sequence.
    pub(super) is_reuse: bool,
}

/// The reason of such letters.
pub(super) const SEQUENCE_REUSED: &str = "sequence_reused";

/// The sink's positions: the offset of the message that it takes next, a partition.
pub(super) type Positions = HashMap<Partition, i64>;

/// Takes messages in the order of their offsets, one partition after another, and enters them.
pub(super) struct Reading<'a> {
    ledger: &'a mut Ledger,
    /// None when nobody says where the sink stands.
    positions: Option<&'a Positions>,
    /// Where refused messages stood whose letters don't say whose they are: without a source, or without the value.
    refused: HashSet<Place>,
    /// Where messages stood that were refused as another event had their sequence, and which events they were: another message may
    /// stand there by now, when the topic was deleted and made again. None where the letter left the value at its origin.
    reused: HashSet<(Place, Option<Uuid>)>,
    /// The offset behind the last message of each partition.
    ends: HashMap<Partition, i64>,
    last: Option<(String, Option<Who>)>,
    at: Option<PartitionReading>,
    resumed: HashMap<Partition, PartitionReading>,
}

/// What has been read of one partition.
#[derive(Debug)]
struct PartitionReading {
    partition: Partition,
    /// The first offset that retention has left.
    low: i64,
    position: Option<i64>,
    /// The first sequence of each instance.
    first: Vec<Option<u64>>,
    /// Without a position: what is in no file and stands behind everything that is. A file's reach is its last found message.
    unreached: Vec<(Who, u64)>,
}

/// Whether a message may still be ahead of others that are on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It was there when the reading began; whatever was sent before it has had time to arrive.
    Yes,
    No,
}

impl<'a> Reading<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, positions: Option<&'a Positions>) -> Self {
        Self {
            ledger,
            positions,
            refused: HashSet::new(),
            reused: HashSet::new(),
            ends: HashMap::new(),
            last: None,
            at: None,
            resumed: HashMap::new(),
        }
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.ledger.calendar
    }

    pub(super) fn compares_bytes(&self) -> bool {
        self.ledger.compares_bytes
    }

    /// Every instance seen so far has its journal in the ledger, so that nobody needs to wait for what is on its way.
    pub(super) fn has_cursors(&self) -> bool {
        self.ledger.instances.iter().all(|instance| instance.journal.is_some())
    }

    /// Goes to a partition, for the first time or to read on.
    pub(super) fn enter_partition(&mut self, partition: Partition, low: i64) {
        self.leave_partition();
        let position = self.positions.and_then(|positions| positions.get(&partition).copied());
        self.at = Some(self.resumed.remove(&partition).unwrap_or(PartitionReading {
            partition,
            low,
            position,
            first: Vec::new(),
            unreached: Vec::new(),
        }));
    }

    fn leave_partition(&mut self) {
        if let Some(at) = self.at.take() {
            self.resumed.insert(at.partition, at);
        }
    }

    fn who(&mut self, name: &str) -> Option<Who> {
        match &self.last {
            Some((last, who)) if last == name => *who,
            _ => {
                let who = self.ledger.who(name);
                self.last = Some((name.to_owned(), who));
                who
            }
        }
    }

    /// Notes where a partition ends.
    pub(super) fn ends_at(&mut self, partition: Partition, end: i64) {
        let known = self.ends.entry(partition).or_default();
        *known = end.max(*known);
    }

    /// Notes what can't be read.
    pub(super) fn unreadable(&mut self, found: Vec<Unreadable>) {
        self.ledger.faults.unreadable.extend(found);
    }

    /// Enters a message of the dead-letter topic.
    pub(super) fn dead_letter(&mut self, value: &[u8], letter: LetterOf) {
        let LetterOf { origin, is_reuse } = letter;
        if let (true, Some(origin)) = (is_reuse, origin) {
            // Its sequence belongs to the event that was kept.
            self.reused.insert((origin, glimpse(value).map(|seen| seen.event_id)));
            return;
        }
        match glimpse(value) {
            Some(seen) => {
                let day = self.ledger.calendar.day_in(seen.timestamp.as_bytes());
                if let Some(who) = self.who(&seen.instance) {
                    self.ledger.instance(who).see_dead(&Sighting {
                        sequence: seen.sequence,
                        event_id: seen.event_id,
                        day,
                        has_row: false,
                        bytes: Hash::NONE,
                        values: Hash::NONE,
                    });
                }
            }
            None => {
                // The same message may have two letters, after a crash; a letter without an origin is nobody's.
                if origin.is_some_and(|origin| self.refused.insert(origin)) {
                    self.ledger.without_source.dead_lettered += 1;
                }
            }
        }
    }

    /// Enters messages of the partition that was entered last.
    pub(super) fn messages(&mut self, sheet: &Sheet, settled: Settled) {
        let named = sheet.introduce(self.ledger);
        for line in sheet.lines() {
            match named.said(line) {
                Said::By(who, sighting) => self.message(line.offset, who, &sighting, settled),
                Said::Unasked => {}
                Said::WithoutSource => self.without_source(line.offset),
            }
        }
    }

    fn message(&mut self, offset: i64, who: Who, sighting: &Sighting, settled: Settled) {
        let Some(at) = &mut self.at else { return };
        let place = Place {
            partition: at.partition,
            offset,
        };
        let is_reused = |event_id| self.reused.contains(&(place, event_id));
        if is_reused(Some(sighting.event_id)) || is_reused(None) {
            return;
        }
        at.note_first(who, sighting.sequence);
        let instance = self.ledger.instance(who);
        instance.see(Hop::Topics, sighting);
        if settled == Settled::Yes {
            instance.settled = instance.settled.max(sighting.sequence);
        }
        if self.refused.remove(&place) {
            // Its letter left the value at its origin; here is whose it is.
            instance.see_dead(sighting);
            let dead_lettered = &mut self.ledger.without_source.dead_lettered;
            *dead_lettered = dead_lettered.saturating_sub(1);
            return;
        }
        if self.positions.is_some() {
            if at.position.is_some_and(|position| offset < position) {
                instance.passed(sighting.sequence);
            }
        } else if instance.sequences.mark(sighting.sequence).is(Flag::Found(Hop::Files)) {
            for (who, sequence) in at.unreached.drain(..) {
                self.ledger.instance(who).passed(sequence);
            }
        } else if self.ledger.looked_at[Hop::Files.at()] {
            at.unreached.push((who, sighting.sequence));
        }
    }

    fn without_source(&mut self, offset: i64) {
        self.ledger.without_source.topics += 1;
        let Some(at) = &self.at else { return };
        let is_passed = at.position.is_some_and(|position| offset < position);
        let place = Place {
            partition: at.partition,
            offset,
        };
        if is_passed && !self.refused.contains(&place) {
            self.ledger.without_source.lost += 1;
        }
    }

    /// Notes what retention has removed.
    pub(super) fn finish(mut self) {
        self.leave_partition();
        for read in self.resumed.values().filter(|read| read.low > 0) {
            self.ledger.topics_trimmed = true;
            let unread = read.position.map_or(0, |position| (read.low - position).max(0));
            self.ledger.faults.removed_unread += unread.unsigned_abs();
            for (instance, first) in self.ledger.instances.iter_mut().zip(&read.first) {
                instance.horizon = instance.horizon.max(first.unwrap_or(0));
            }
        }
        let positions = self.positions.into_iter().flatten();
        for (partition, position) in positions.filter(|(_, position)| **position > 0) {
            let end = self.ends.get(partition).copied();
            if end.is_none_or(|end| end < *position) {
                self.ledger.faults.cut_partitions.push(CutPartition {
                    topic: partition.topic.name(),
                    partition: partition.number,
                    end,
                    position: *position,
                });
            }
        }
        let cut = &mut self.ledger.faults.cut_partitions;
        cut.sort_by(|one, other| (one.topic, one.partition).cmp(&(other.topic, other.partition)));
    }
}

impl PartitionReading {
    fn note_first(&mut self, who: Who, sequence: u64) {
        if self.first.len() <= who.0 {
            self.first.resize(who.0 + 1, None);
        }
        let first = &mut self.first[who.0];
        *first = Some(first.map_or(sequence, |first| first.min(sequence)));
    }
}
