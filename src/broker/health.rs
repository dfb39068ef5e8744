//! Which partitions can't be written, since when: one line when that begins, one when it is over.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::metric::Metric;

/// What is wrong, by partition.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Cheaper to ask than the list, and it is asked after every append.
    is_troubled: AtomicBool,
    troubles: Mutex<Troubles>,
}

#[derive(Debug, Default)]
struct Troubles {
    since: Option<Instant>,
    by_partition: BTreeMap<String, String>,
}

/// Tells what is wrong with a broker, while it runs.
#[derive(Debug, Clone)]
pub struct HealthView(pub(super) Arc<Health>);

impl HealthView {
    /// Since when something is wrong, and what; none when the broker is well.
    #[must_use]
    pub fn trouble(&self) -> Option<(Instant, String)> {
        let troubles = self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let (partition, what) = troubles.by_partition.first_key_value()?;
        let count = troubles.by_partition.len();
        Some((
            troubles.since?,
            format!("{count} partitions can't be written, {partition}: {what}"),
        ))
    }
}

impl Health {
    /// A partition could not be written.
    pub(crate) fn failed(&self, partition: &str, what: &str) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.by_partition.insert(partition.to_owned(), what.to_owned());
        let has_begun = troubles.since.is_none();
        troubles.since.get_or_insert_with(Instant::now);
        self.is_troubled.store(true, Ordering::Release);
        drop(troubles);
        if has_begun {
            Metric::Trouble.set(1);
            tracing::error!(
                partition,
                what,
                "A partition can't be written; producers are told to try again, and nothing that was acknowledged is lost. Look after \
                 the disk of --data"
            );
        }
    }

    /// A partition was written.
    pub(crate) fn worked(&self, partition: &str) {
        if !self.is_troubled.load(Ordering::Acquire) {
            return;
        }
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.by_partition.remove(partition);
        if troubles.by_partition.is_empty()
            && let Some(since) = troubles.since.take()
        {
            self.is_troubled.store(false, Ordering::Release);
            drop(troubles);
            Metric::Trouble.set(0);
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "Every partition can be written again");
        }
    }
}
