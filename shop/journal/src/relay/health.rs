//! How the way to Kafka does: one line when it breaks, one when it is back, with how long it took.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use schemas::{Sequence, Timestamp};
use tracing::{error, info};

use crate::Trouble;

/// How the relay does at one moment.
#[derive(Debug, Clone, Default)]
pub struct RelayState {
    /// Everything up to here is on its topic; 0 when nothing is.
    pub acknowledged: u64,
    /// Entries that are with Kafka and not yet acknowledged.
    pub under_way: usize,
    /// The moment of the first event among them.
    pub oldest_under_way: Option<Timestamp>,
    /// The moment of the newest event that was handed over.
    pub newest_sent: Option<Timestamp>,
    /// Messages handed over since the start; repetitions count.
    pub sent: u64,
    /// Messages acknowledged since the start.
    pub delivered: u64,
    /// Messages that Kafka refused for good, since the start.
    pub failed: u64,
    /// How often the relay had to begin again from the acknowledged entry.
    pub restarts: u64,
    /// Entries that were damaged in the journal and can't be sent.
    pub lost: u64,
    /// What is wrong, since when.
    pub trouble: Option<Trouble>,
}

/// The state, shared with whoever asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    state: RelayState,
    cause: Cause,
    /// The trouble was said aloud.
    said: bool,
    /// What is said once, and not at each look at the topics.
    remarks: BTreeSet<String>,
}

/// Whose trouble it is, and so what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Ends when Kafka answers.
    Kafka,
    /// The journal, its cursor, or a message that Kafka refuses: ends when messages go on.
    Stuck,
}

impl Default for Inner {
    /// Nobody has tried yet.
    fn default() -> Self {
        let trouble = Trouble {
            since: Instant::now(),
            what: "Kafka was not reached yet".to_owned(),
        };
        Self {
            state: RelayState {
                trouble: Some(trouble),
                ..RelayState::default()
            },
            cause: Cause::Kafka,
            said: false,
            remarks: BTreeSet::new(),
        }
    }
}

impl Health {
    pub(crate) fn state(&self) -> RelayState {
        self.lock().state.clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut RelayState)) {
        change(&mut self.lock().state);
    }

    pub(super) fn acknowledged(&self, upto: Sequence) {
        self.update(|state| state.acknowledged = upto.0);
    }

    pub(crate) fn is_troubled(&self) -> bool {
        self.lock().state.trouble.is_some()
    }

    pub(crate) fn is_away(&self, why: &str) {
        if self.begins(Cause::Kafka, why) {
            error!(
                why,
                "Kafka does not take messages; they wait in the journal, and the shop goes on. Bring Kafka back (--kafka), or see that the \
                 journal has room until then (--journal-max-size)"
            );
        }
    }

    pub(super) fn is_stuck(&self, why: &str) {
        if self.begins(Cause::Stuck, why) {
            error!(
                why,
                "The relay can't go on, and tries it again; events wait in the journal. Look after the disk of --journal, or the topic's \
                 settings, as the cause says"
            );
        }
    }

    /// Whether it was never remarked before.
    pub(crate) fn is_news(&self, remark: &str) -> bool {
        self.lock().remarks.insert(remark.to_owned())
    }

    /// Kafka answers.
    pub(crate) fn is_back(&self) {
        self.ends(Cause::Kafka);
    }

    /// Messages go on.
    pub(super) fn goes_on(&self) {
        self.ends(Cause::Stuck);
    }

    /// Whether it is to be said.
    fn begins(&self, cause: Cause, why: &str) -> bool {
        let mut inner = self.lock();
        let since = inner.state.trouble.as_ref().map(|trouble| trouble.since);
        inner.state.trouble = Some(Trouble {
            since: since.unwrap_or_else(Instant::now),
            what: why.to_owned(),
        });
        if cause == Cause::Stuck || since.is_none() {
            inner.cause = cause;
        }
        !std::mem::replace(&mut inner.said, true)
    }

    fn ends(&self, cause: Cause) {
        let (trouble, said) = {
            let mut inner = self.lock();
            if inner.cause != cause {
                return;
            }
            (inner.state.trouble.take(), std::mem::take(&mut inner.said))
        };
        if let Some(trouble) = trouble.filter(|_| said) {
            let seconds = trouble.since.elapsed().as_secs();
            info!(seconds, "Kafka takes messages again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
