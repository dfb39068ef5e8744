//! What an audit says: figures for programs (`--json`) and for the report.

use serde::Serialize;

use super::faults::Faults;
use super::ledger::{Doubled, Tally, WithoutSource};
use super::mark::Hop;

/// So many lost ranges are named for each instance and hop; the rest is only counted.
const NAMED: usize = 1_000;

/// Sequences from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SequenceRange {
    pub first: u64,
    pub last: u64,
}

/// What became of an event in one hop; none where the hop never had to hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Found,
    Lost,
    Behind,
    DeadLettered,
    Expired,
}

/// The figures of one instance in one hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HopVerdict {
    pub hop: &'static str,
    /// What must be there, or come: `found + lost + dead_lettered + behind`.
    pub expected: u64,
    /// Different events.
    pub found: u64,
    pub lost: u64,
    /// The first 1,000.
    pub lost_ranges: Vec<SequenceRange>,
    pub doubled: u64,
    /// The first 1,000.
    pub doubled_events: Vec<Doubled>,
    /// With `--bytes`: events that say something else than on the hops before.
    pub altered: u64,
    /// The first 1,000 of their sequences.
    pub altered_events: Vec<u64>,
    /// Messages that the relay repeated; readers drop them by their sequence.
    pub repeated: u64,
    pub dead_lettered: u64,
    pub late: u64,
    pub expired: u64,
    pub behind: u64,
}

/// The figures of one instance: one shop with one journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceVerdict {
    pub instance: String,
    /// Its highest sequence.
    pub events: u64,
    /// In the order of the way; only those that were looked at.
    pub hops: Vec<HopVerdict>,
}

/// What an audit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Nothing is lost and nothing is doubled.
    pub holds: bool,
    pub instances: Vec<InstanceVerdict>,
    pub without_source: WithoutSource,
    #[serde(flatten)]
    pub faults: Faults,
    /// The hops that nobody looked at: nothing is said about them.
    pub not_looked_at: Vec<&'static str>,
}

impl Verdict {
    pub(super) fn new(
        instances: Vec<InstanceVerdict>,
        without_source: WithoutSource,
        faults: Faults,
        not_looked_at: Vec<&'static str>,
    ) -> Self {
        let mut hops = instances.iter().flat_map(|instance| &instance.hops);
        Self {
            holds: faults.are_none()
                && without_source.lost == 0
                && hops.all(|hop| hop.lost == 0 && hop.doubled == 0 && hop.altered == 0),
            instances,
            without_source,
            faults,
            not_looked_at,
        }
    }

    /// 0 when nothing is lost or doubled, 1 when anything is.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.holds { 0 } else { 1 }
    }
}

impl HopVerdict {
    pub(super) fn new(hop: Hop, tally: &Tally) -> Self {
        Self {
            hop: hop.name(),
            expected: 0,
            found: 0,
            lost: 0,
            lost_ranges: Vec::new(),
            doubled: tally.doubled,
            doubled_events: tally.named.clone(),
            altered: tally.altered,
            altered_events: tally.named_altered.clone(),
            repeated: tally.repeated,
            dead_lettered: 0,
            late: 0,
            expired: 0,
            behind: 0,
        }
    }

    pub(super) fn enter(&mut self, fate: Fate, first: u64, last: u64, is_late: bool) {
        let count = last - first + 1;
        if fate == Fate::Expired {
            self.expired += count;
            return;
        }
        self.expected += count;
        match fate {
            Fate::Found => {
                self.found += count;
                self.late += u64::from(is_late);
            }
            Fate::Lost => self.lose(first, last),
            Fate::Behind => self.behind += count,
            Fate::DeadLettered => self.dead_lettered += count,
            Fate::Expired => {}
        }
    }

    fn lose(&mut self, first: u64, last: u64) {
        self.lost += last - first + 1;
        let has_room = self.lost_ranges.len() < NAMED;
        match self.lost_ranges.last_mut() {
            Some(range) if range.last + 1 == first => range.last = last,
            _ if has_room => self.lost_ranges.push(SequenceRange { first, last }),
            _ => {}
        }
    }
}

impl InstanceVerdict {
    /// Adds the figures of another instance, of which nothing is lost or doubled.
    pub(super) fn add(&mut self, other: &Self) {
        self.events += other.events;
        for hop in &other.hops {
            match self.hops.iter_mut().find(|known| known.hop == hop.hop) {
                Some(known) => known.add(hop),
                None => self.hops.push(hop.clone()),
            }
        }
    }
}

impl HopVerdict {
    fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.found += other.found;
        self.repeated += other.repeated;
        self.dead_lettered += other.dead_lettered;
        self.late += other.late;
        self.expired += other.expired;
        self.behind += other.behind;
    }
}
