//! The ledger: what was seen where. It is filled in any order, and `judge` draws the line under it.

use std::collections::HashMap;

use schemas::InstanceId;
use serde::Serialize;
use uuid::Uuid;

use super::bytes::{Hash, Hashes};
use super::calendar::Calendar;
use super::faults::Faults;
use super::mark::{Day, Fingerprint, Flag, Hop};
use super::sequences::Sequences;

/// So many doubled events are named for each instance and hop; the rest is only counted.
const NAMED: usize = 1_000;

/// An instance that the ledger knows; its place in lists of one thing an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Who(pub(super) usize);

/// One event, seen in some hop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) sequence: u64,
    pub(super) event_id: Uuid,
    pub(super) day: Day,
    /// Its type is one that the table keeps.
    pub(super) has_row: bool,
    /// Of the message as it stands, and of the values that a row keeps; none where they aren't compared.
    pub(super) bytes: Hash,
    pub(super) values: Hash,
}

/// Why an event counts as doubled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubling {
    /// The event stands there once more.
    Again,
    /// Its sequence belongs to another event.
    SequenceOfAnother,
}

/// An event that should not be there, or not again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doubled {
    pub sequence: u64,
    pub event_id: Uuid,
    pub why: Doubling,
}

/// Where a journal begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct JournalEnds {
    /// The highest sequence that it gave out.
    pub(super) last: u64,
    /// Up to here Kafka has acknowledged everything.
    pub(super) acknowledged: u64,
    /// Up to here segments may have been deleted: as `acknowledged`, unless the cursor was lost.
    pub(super) released: u64,
}

/// What was found of an instance in one hop.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) doubled: u64,
    pub(super) named: Vec<Doubled>,
    pub(super) repeated: u64,
    /// Events that say something else than where they were looked at before.
    pub(super) altered: u64,
    pub(super) named_altered: Vec<u64>,
    pub(super) lowest: Option<u64>,
    pub(super) highest: u64,
}

/// Everything known of one instance.
#[derive(Debug, Default)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) sequences: Sequences,
    pub(super) journal: Option<JournalEnds>,
    /// Without a journal: what is missing up to here on the topics was not just on its way.
    pub(super) settled: u64,
    /// Up to here the sink has kept events before it kept marks of them.
    pub(super) unmarked_to: u64,
    /// Below it, a partition whose beginning was removed may have held what is missing on the topics.
    pub(super) horizon: u64,
    pub(super) tallies: [Tally; 4],
    pub(super) bytes: Hashes,
    pub(super) values: Hashes,
}

/// Messages that name no source, and so belong to no instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct WithoutSource {
    pub topics: u64,
    pub files: u64,
    pub dead_lettered: u64,
    /// The sink passed them, and they are no dead letters.
    pub lost: u64,
}

/// What was seen of every instance.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) calendar: Calendar,
    pub(super) instances: Vec<Instance>,
    by_name: HashMap<String, Who>,
    /// Only these are looked at; all when empty.
    only: Vec<InstanceId>,
    pub(super) looked_at: [bool; 4],
    /// Some partition has lost its beginning to retention.
    pub(super) topics_trimmed: bool,
    pub(super) without_source: WithoutSource,
    pub(super) faults: Faults,
    pub(super) compares_bytes: bool,
    /// The sink's books keep marks of what is kept.
    pub(super) has_marks: bool,
}

impl Ledger {
    pub(super) fn new(calendar: Calendar, only: Vec<InstanceId>) -> Self {
        Self {
            calendar,
            instances: Vec::new(),
            by_name: HashMap::new(),
            only,
            looked_at: [false; 4],
            topics_trimmed: false,
            without_source: WithoutSource::default(),
            faults: Faults::default(),
            compares_bytes: false,
            has_marks: false,
        }
    }

    /// No message was found anywhere.
    pub(super) fn is_empty(&self) -> bool {
        self.instances.iter().all(|instance| instance.last() == 0) && self.without_source == WithoutSource::default()
    }

    pub(super) fn look_at(&mut self, hop: Hop) {
        self.looked_at[hop.at()] = true;
    }

    /// The instance of this name, unless this audit is about others.
    pub(super) fn who(&mut self, name: &str) -> Option<Who> {
        if let Some(who) = self.by_name.get(name) {
            return Some(*who);
        }
        if !self.only.is_empty() && self.only.iter().all(|only| only.as_str() != name) {
            return None;
        }
        let who = Who(self.instances.len());
        self.instances.push(Instance {
            name: name.to_owned(),
            ..Instance::default()
        });
        self.by_name.insert(name.to_owned(), who);
        Some(who)
    }

    pub(super) fn instance(&mut self, who: Who) -> &mut Instance {
        &mut self.instances[who.0]
    }
}

impl Instance {
    /// Enters an event that stands in `hop`.
    pub(super) fn see(&mut self, hop: Hop, sighting: &Sighting) {
        let mark = self.sequences.mark(sighting.sequence);
        let is_same = mark.identify(sighting.day, Fingerprint::of(sighting.event_id));
        let again = mark.is(Flag::Found(hop));
        mark.set(Flag::Found(hop));
        if sighting.has_row {
            mark.set(Flag::HasRow);
        }
        // Whoever sends the same event again, readers know it by its source.
        let repeated = hop == Hop::Topics;
        let tally = &mut self.tallies[hop.at()];
        tally.highest = tally.highest.max(sighting.sequence);
        tally.lowest = Some(
            tally
                .lowest
                .map_or(sighting.sequence, |lowest| lowest.min(sighting.sequence)),
        );
        let agrees = self.bytes.agree(sighting.sequence, sighting.bytes)
            && self.values.agree(sighting.sequence, sighting.values);
        if is_same && !agrees {
            tally.alter(sighting.sequence);
        }
        match (is_same, again) {
            (true, false) => {}
            (true, true) if repeated => tally.repeated += 1,
            (true, true) => tally.double(sighting, Doubling::Again),
            (false, _) => tally.double(sighting, Doubling::SequenceOfAnother),
        }
    }

    /// Enters an event that stands in the dead-letter topic.
    pub(super) fn see_dead(&mut self, sighting: &Sighting) {
        let mark = self.sequences.mark(sighting.sequence);
        mark.identify(sighting.day, Fingerprint::of(sighting.event_id));
        mark.set(Flag::DeadLettered);
    }

    /// Enters what the sink's books say to be kept.
    pub(super) fn see_mark(&mut self, sequence: u64, mark: u32, flag: Flag) {
        let known = self.sequences.mark(sequence);
        // A mark of another event is none of this one: then the books don't know it.
        if known.identify(Day::UNKNOWN, Fingerprint::of_mark(mark)) {
            known.set(flag);
        }
    }

    /// The sink's position lies behind this message.
    pub(super) fn passed(&mut self, sequence: u64) {
        self.sequences.mark(sequence).set(Flag::PassedBySink);
    }

    /// Compaction may have taken this event from its topic.
    pub(super) fn may_be_compacted(&mut self, sequence: u64) {
        self.sequences.mark(sequence).set(Flag::Compacted);
    }

    /// The highest sequence that anything knows of.
    pub(super) fn last(&self) -> u64 {
        self.sequences.last().max(self.journal.map_or(0, |ends| ends.last))
    }
}

impl Tally {
    fn alter(&mut self, sequence: u64) {
        self.altered += 1;
        if self.named_altered.len() < NAMED {
            self.named_altered.push(sequence);
        }
    }

    fn double(&mut self, sighting: &Sighting, why: Doubling) {
        self.doubled += 1;
        if self.named.len() < NAMED {
            self.named.push(Doubled {
                sequence: sighting.sequence,
                event_id: sighting.event_id,
                why,
            });
        }
    }
}
