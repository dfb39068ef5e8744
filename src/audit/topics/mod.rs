//! The second hop: the topics, read from a Kafka or from the embedded broker's folder, without a consumer group.
//!
//! Dead letters come first: a position moves over a refused message only after its letter is delivered, and positions are read
//! before anything here.

mod folder;
mod segments;
mod server;

use std::collections::{HashMap, HashSet};

use schemas::Topic;

use super::calendar::Calendar;
use super::ledger::{Ledger, Order, Sighting, Who};
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

/// The sink's positions: the offset of the message that it takes next, a partition.
pub(super) type Positions = HashMap<Partition, i64>;

/// Takes messages in the order of their offsets, one partition after another, and enters them.
pub(super) struct Reading<'a> {
    ledger: &'a mut Ledger,
    /// None when nobody says where the sink stands.
    positions: Option<&'a Positions>,
    /// Where refused messages stood whose letters don't say whose they are: without a source, or without the value.
    refused: HashSet<Place>,
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
    /// The lowest and highest sequence of each instance.
    sequences: Vec<Option<(u64, u64)>>,
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
            last: None,
            at: None,
            resumed: HashMap::new(),
        }
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.ledger.calendar
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
            sequences: Vec::new(),
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

    /// Enters a message of the dead-letter topic; `origin` is where the refused message stood.
    pub(super) fn dead_letter(&mut self, value: &[u8], origin: Option<Place>) {
        match glimpse(value) {
            Some(seen) => {
                let day = self.ledger.calendar.day_in(seen.timestamp.as_bytes());
                if let Some(who) = self.who(&seen.instance) {
                    self.ledger.instance(who).see_dead(&Sighting {
                        sequence: seen.sequence,
                        event_id: seen.event_id,
                        day,
                        has_row: false,
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
        let instance = self.ledger.instance(who);
        instance.see(Hop::Topics, sighting, at.follow(who, sighting.sequence));
        if settled == Settled::Yes {
            instance.settled = instance.settled.max(sighting.sequence);
        }
        let place = Place {
            partition: at.partition,
            offset,
        };
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
            self.ledger.removed_unread += unread.unsigned_abs();
            for (instance, sequences) in self.ledger.instances.iter_mut().zip(&read.sequences) {
                if let Some((lowest, _)) = sequences {
                    instance.horizon = instance.horizon.max(*lowest);
                }
            }
        }
    }
}

impl PartitionReading {
    fn follow(&mut self, who: Who, sequence: u64) -> Order {
        if self.sequences.len() <= who.0 {
            self.sequences.resize(who.0 + 1, None);
        }
        match &mut self.sequences[who.0] {
            Some((_, highest)) if *highest >= sequence => Order::Backward,
            Some((_, highest)) => {
                *highest = sequence;
                Order::Onward
            }
            first => {
                *first = Some((sequence, sequence));
                Order::Onward
            }
        }
    }
}
