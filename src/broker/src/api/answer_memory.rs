//! How much memory the answers to `Fetch` may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// What answers that have not gone out yet may take together, but for one batch each.
const MOST_HELD: usize = 256 * 1024 * 1024;
/// How many partitions' records are read at the same time: what they take is counted before the next begin.
const READERS: usize = 4;

/// What answers take until they have gone out. Slow readers together get less, and always at least one batch each.
#[derive(Debug)]
pub(crate) struct AnswerMemory {
    held: Arc<AtomicUsize>,
    pub(super) readers: Semaphore,
}

impl Default for AnswerMemory {
    fn default() -> Self {
        Self {
            held: Arc::default(),
            readers: Semaphore::new(READERS),
        }
    }
}

/// Bytes of an answer, until this is dropped.
pub(crate) struct Held {
    held: Arc<AtomicUsize>,
    bytes: usize,
}

impl AnswerMemory {
    /// What the next answer may take: the less, the more is waiting to go out.
    pub(super) fn left(&self) -> usize {
        MOST_HELD.saturating_sub(self.held.load(Ordering::Acquire)) / READERS
    }

    pub(super) fn hold(&self, bytes: usize) -> Held {
        self.held.fetch_add(bytes, Ordering::AcqRel);
        Held {
            held: Arc::clone(&self.held),
            bytes,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}
