//! What is wrong with the broker, since when: one line when a kind of trouble begins, one when it is over.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::metric::Metric;

/// What is wrong, by what it is wrong with.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Cheaper to ask than the list, and it is asked after every append.
    is_troubled: AtomicBool,
    troubles: Mutex<Troubles>,
}

#[derive(Debug, Default)]
struct Troubles {
    since: Option<Instant>,
    unwritable: BTreeMap<String, String>,
    /// Why clients can't connect.
    connections: Option<String>,
    /// The last damage that was met in a partition.
    damaged: BTreeMap<String, String>,
}

/// Tells what is wrong with a broker, while it runs.
#[derive(Debug, Clone)]
pub struct HealthView(pub(super) Arc<Health>);

impl HealthView {
    /// Since when something is wrong, and what; none when the broker is well.
    #[must_use]
    pub fn trouble(&self) -> Option<(Instant, String)> {
        let troubles = self.0.lock();
        Some((troubles.since?, troubles.words()?))
    }
}

impl Troubles {
    fn words(&self) -> Option<String> {
        if let Some((partition, what)) = self.unwritable.first_key_value() {
            let count = self.unwritable.len();
            return Some(format!("{count} partitions can't be written, {partition}: {what}"));
        }
        if let Some(what) = &self.connections {
            return Some(format!("clients can't connect: {what}"));
        }
        let (partition, what) = self.damaged.first_key_value()?;
        let count = self.damaged.len();
        Some(format!(
            "{count} partitions are damaged on the disk, {partition}: {what}"
        ))
    }

    /// Since when, and the gauge, after something has changed.
    fn settle(&mut self) {
        let is_well = self.unwritable.is_empty() && self.connections.is_none() && self.damaged.is_empty();
        if is_well {
            self.since = None;
        } else {
            self.since.get_or_insert_with(Instant::now);
        }
        Metric::Trouble.set(u64::from(!is_well));
    }
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, Troubles> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partition could not be written.
    pub(crate) fn failed(&self, partition: &str, what: &str) {
        let mut troubles = self.lock();
        let has_begun = troubles.unwritable.is_empty();
        troubles.unwritable.insert(partition.to_owned(), what.to_owned());
        troubles.settle();
        self.is_troubled.store(true, Ordering::Release);
        drop(troubles);
        if has_begun {
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
        let mut troubles = self.lock();
        let was_troubled = troubles.unwritable.remove(partition).is_some();
        if was_troubled && troubles.unwritable.is_empty() {
            self.is_troubled.store(false, Ordering::Release);
            let seconds = troubles.since.map_or(0, |since| since.elapsed().as_secs());
            troubles.settle();
            drop(troubles);
            tracing::info!(seconds, "Every partition can be written again");
        }
    }

    /// A connection could not be taken.
    pub(crate) fn refused(&self, what: &str) {
        let mut troubles = self.lock();
        let has_begun = troubles.connections.is_none();
        troubles.connections = Some(what.to_owned());
        troubles.settle();
        drop(troubles);
        if has_begun {
            tracing::error!(what, "Clients can't connect; those that are connected go on");
        }
    }

    /// A connection was taken.
    pub(crate) fn accepted(&self) {
        let mut troubles = self.lock();
        if troubles.connections.take().is_some() {
            troubles.settle();
            drop(troubles);
            tracing::info!("Clients can connect again");
        }
    }

    /// Some offsets of a partition can't be read any more. It stays a trouble until the broker is started again.
    pub(crate) fn damaged(&self, partition: &str, first: i64, last: i64) {
        let what = format!("offsets {first} to {last} can't be read; consumers are led past them");
        let mut troubles = self.lock();
        troubles.damaged.insert(partition.to_owned(), what);
        troubles.settle();
        drop(troubles);
        tracing::error!(
            partition,
            first_lost_offset = first,
            last_lost_offset = last,
            "A stretch of a partition is damaged on the disk; consumers are led past it. Look after the disk of --data; `de-shop audit` \
             tells what is missing"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_over_when_its_kind_is_and_damage_stays() {
        let health = Arc::new(Health::default());
        let view = HealthView(Arc::clone(&health));
        let words = || view.trouble().map(|(_, words)| words);
        health.failed("shop.view-0", "no space");
        health.refused("1000 are open");
        health.worked("shop.cart-0");
        assert!(words().is_some_and(|words| words.contains("can't be written, shop.view-0: no space")));
        health.worked("shop.view-0");
        assert!(words().is_some_and(|words| words.contains("1000 are open")));
        health.accepted();
        assert_eq!(words(), None);
        health.damaged("shop.view-0", 5, 9);
        health.accepted();
        assert!(words().is_some_and(|words| words.contains("offsets 5 to 9")));
    }
}
