//! What an operator may know about the journal.

use std::sync::atomic::Ordering;

use schemas::{EventType, Sequence, Timestamp};

use super::shared::{Shared, Trouble};

/// How the journal does at one moment.
#[derive(Debug, Clone)]
pub struct JournalState {
    /// The size of all segments.
    pub bytes: u64,
    pub max_bytes: u64,
    /// The first entry that is still there, and the one that comes next.
    pub first: Sequence,
    pub next: Sequence,
    /// Everything up to here survives a power cut.
    pub durable: Sequence,
    /// The moment of the oldest event that is still there.
    pub oldest: Option<Timestamp>,
    /// Entries since the start, in the order of `EventType::ALL`.
    pub appended_by_type: [u64; EventType::ALL.len()],
    /// Observations that were refused because the journal was full, since the start. Facts wait and are not counted.
    pub refused_full: u64,
    /// Observations that were refused because the disk failed or was full, since the start.
    pub refused_io: u64,
    /// Why appends are refused, if they are.
    pub trouble: Option<Trouble>,
}

impl JournalState {
    /// Entries since the start.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.appended_by_type.iter().sum()
    }
}

pub(super) fn of(shared: &Shared) -> JournalState {
    let durable = shared.durable.borrow().sequence;
    let trouble = shared.trouble();
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let writer = shared.writer();
    let oldest = writer.segments.first();
    JournalState {
        bytes: writer.bytes,
        max_bytes: shared.options.max_bytes,
        first: oldest.map_or(writer.next(), |segment| segment.first),
        next: writer.next(),
        durable,
        oldest: oldest.and_then(|segment| segment.oldest),
        appended_by_type: writer.appended,
        refused_full: count(&shared.refused_full),
        refused_io: count(&shared.refused_io),
        trouble,
    }
}
