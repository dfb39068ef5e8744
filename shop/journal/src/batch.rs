//! What was taken in and not written yet: the frames of one append, or of several that share a write.

use std::io;
use std::sync::{Arc, OnceLock};

use schemas::{EventType, Timestamp};

use super::payload::Entry;

/// How the write of a batch ended, for everybody whose entries are in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome(Arc<OnceLock<Result<(), Arc<io::Error>>>>);

impl Outcome {
    /// None while it is not written.
    pub(super) fn get(&self) -> Option<Result<(), Arc<io::Error>>> {
        self.0.get().cloned()
    }
}

#[derive(Debug)]
pub(super) struct Batch {
    pub(super) frames: Vec<u8>,
    /// Of its entries, in the order of their sequences.
    pub(super) types: Vec<EventType>,
    /// Entries that are no facts.
    pub(super) observations: u64,
    /// The moment of its first entry.
    pub(super) begins: Option<Timestamp>,
    /// Somebody waits for the write.
    awaited: Option<Outcome>,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            frames: Vec::with_capacity(64 * 1024),
            types: Vec::new(),
            observations: 0,
            begins: None,
            awaited: None,
        }
    }

    pub(super) fn outcome(&mut self) -> Outcome {
        self.awaited.get_or_insert_default().clone()
    }

    /// `entries`, whose frames have been put behind the others, belong to it.
    pub(super) fn count(&mut self, entries: &[Entry<'_>]) {
        self.types.extend(entries.iter().map(|entry| entry.event.event_type));
        self.observations += observations(entries);
        self.begins = self.begins.or(entries.first().map(|entry| entry.event.timestamp));
    }

    /// Tells everybody how the write ended, and begins anew.
    pub(super) fn settle(&mut self, result: &Result<(), Arc<io::Error>>) {
        if let Some(outcome) = self.awaited.take() {
            // It is settled once: the next batch has an outcome of its own.
            let _ = outcome.0.set(result.clone());
        }
        self.frames.clear();
        self.types.clear();
        self.observations = 0;
        self.begins = None;
    }
}

pub(super) fn observations(entries: &[Entry<'_>]) -> u64 {
    entries.iter().filter(|entry| entry.fact.is_none()).count() as u64
}
