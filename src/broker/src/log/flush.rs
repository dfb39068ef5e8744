//! The group fsync: one round brings every partition that was written to since the last one onto the disk.
//!
//! The first batch after a quiet time is synced at once; under load rounds begin at least `flush_interval` apart
//! (5 ms), so many batches share one fsync. Acknowledgements and consumers wait for the round. What nobody waits for (topics whose
//! `flush.messages` is not 1) is brought onto the disk within a second.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::health::Health;

/// How many fsyncs run at the same time; the file system groups them into one journal commit.
const PARALLEL: usize = 4;

/// How soon what nobody waits for is brought onto the disk.
const SOON: Duration = Duration::from_secs(1);

/// Whether somebody waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Now,
    Soon,
}

/// What is brought onto the disk by a round: a partition.
pub(super) trait Syncs: Send + Sync + fmt::Debug {
    /// Brings everything written so far onto the disk; blocks.
    fn sync(&self);
}

/// Collects the partitions that need an fsync.
#[derive(Debug, Default)]
pub(crate) struct Flusher {
    dirty: Mutex<Vec<Arc<dyn Syncs>>>,
    /// Those that nobody waits for.
    unhurried: Mutex<Vec<Arc<dyn Syncs>>>,
    wake: Notify,
    pub(crate) health: Arc<Health>,
}

impl Flusher {
    pub(super) fn ask(&self, partition: Arc<dyn Syncs>, urgency: Urgency) {
        let asked = match urgency {
            Urgency::Now => &self.dirty,
            Urgency::Soon => &self.unhurried,
        };
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(partition);
        if urgency == Urgency::Now {
            self.wake.notify_one();
        }
    }

    /// Runs rounds until `stop`, and one last round then.
    pub(crate) async fn run(&self, interval: Duration, stop: CancellationToken) {
        let mut last = Instant::now().checked_sub(interval).unwrap_or_else(Instant::now);
        let mut soon = tokio::time::interval(SOON);
        soon.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! {
                () = self.wake.notified() => tokio::time::sleep_until(last + interval).await,
                _ = soon.tick() => self.hurry(),
                () = stop.cancelled() => break,
            }
            last = Instant::now();
            self.round().await;
        }
        self.hurry();
        self.round().await;
    }

    /// Takes into the next round what nobody waits for.
    fn hurry(&self) {
        let unhurried = std::mem::take(&mut *self.unhurried.lock().unwrap_or_else(PoisonError::into_inner));
        self.dirty
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(unhurried);
    }

    async fn round(&self) {
        let dirty = std::mem::take(&mut *self.dirty.lock().unwrap_or_else(PoisonError::into_inner));
        let share = dirty.len().div_ceil(PARALLEL).max(1);
        let mut syncs = JoinSet::new();
        let mut dirty = dirty.into_iter().peekable();
        while dirty.peek().is_some() {
            let partitions: Vec<_> = dirty.by_ref().take(share).collect();
            syncs.spawn_blocking(move || partitions.iter().for_each(|partition| partition.sync()));
        }
        while let Some(done) = syncs.join_next().await {
            if let Err(error) = done {
                tracing::error!(%error, "an fsync round ended early, which is a mistake in the program: start it again, and report this line");
            }
        }
    }
}
