//! How the way to Kafka does: one line when it breaks, one a minute while it is broken, one when it is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use schemas::{Sequence, Timestamp};
use tracing::{info, warn};

use crate::journal::Trouble;

const REPEAT_AFTER: Duration = Duration::from_mins(1);

/// How the relay does at one moment.
#[derive(Debug, Clone, Default)]
pub struct RelayState {
    /// Everything up to here is on its topic; 0 when nothing is.
    pub acknowledged: u64,
    /// Entries that are with Kafka and not yet acknowledged.
    pub under_way: usize,
    /// The moment of the newest event that was handed over.
    pub newest_sent: Option<Timestamp>,
    /// Messages handed over since the start; repetitions count.
    pub sent: u64,
    /// Messages acknowledged since the start.
    pub delivered: u64,
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

#[derive(Debug, Default)]
struct Inner {
    state: RelayState,
    said: Option<Instant>,
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
        let say = {
            let mut inner = self.lock();
            let now = Instant::now();
            let since = inner.state.trouble.as_ref().map_or(now, |trouble| trouble.since);
            inner.state.trouble = Some(Trouble {
                since,
                what: why.to_owned(),
            });
            let say = inner.said.is_none_or(|said| now - said >= REPEAT_AFTER);
            if say {
                inner.said = Some(now);
            }
            say.then(|| since.elapsed().as_secs())
        };
        if let Some(seconds) = say {
            warn!(why, seconds, "Kafka does not take messages; they wait in the journal");
        }
    }

    pub(crate) fn is_back(&self) {
        let trouble = {
            let mut inner = self.lock();
            inner.said = None;
            inner.state.trouble.take()
        };
        if let Some(trouble) = trouble {
            let seconds = trouble.since.elapsed().as_secs();
            info!(seconds, "Kafka takes messages again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
