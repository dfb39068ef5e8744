//! How the shop does at one moment: for `/readyz`, and the gauges of `/metrics`.
//!
//! The gauges are brought up to date every second and at each look at the shop's `/metrics`; what has to be asked of the database
//! ([`Samples::ask`]) every 5 seconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemas::{Clock, EventType, Sequence, Timestamp};

use crate::metric::{self, Metric, Part};
use crate::outbox::OutboxView;
use crate::store::{Store, Waiting};
use crate::web::Standing;
use journal::relay::{RelayState, RelayView};
use journal::{Item, Journal, Trouble};

/// What a running shop is looked at with.
#[derive(Debug)]
pub(crate) struct Samples {
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) relay: RelayView,
    pub(crate) outbox: OutboxView,
    pub(crate) store: Store,
    known: Mutex<Known>,
}

/// What is not looked up each time.
#[derive(Debug, Default)]
struct Known {
    /// An event that waits, and when it happened.
    unsent: Option<(Sequence, Timestamp)>,
    /// Facts of shops that no longer run.
    orphans: Vec<Waiting>,
}

impl Samples {
    pub(crate) fn new(clock: Clock, journal: Journal, relay: RelayView, outbox: OutboxView, store: Store) -> Self {
        Self {
            clock,
            journal,
            relay,
            outbox,
            store,
            known: Mutex::default(),
        }
    }

    /// What is wrong, since when, by part.
    pub(crate) fn standings(&self) -> Vec<(Part, Standing)> {
        let database = match self.store.trouble() {
            None => Standing::ok(),
            Some((since, what)) => Standing::wrong(what, Some(since)),
        };
        let outbox = match self.outbox.trouble() {
            None => self.orphaned(),
            trouble => self.standing(trouble),
        };
        vec![
            (Part::Database, database),
            (Part::Journal, self.standing(self.journal.state().trouble)),
            (Part::Outbox, outbox),
            (Part::Kafka, self.standing(self.relay.state().trouble)),
        ]
    }

    fn standing(&self, trouble: Option<Trouble>) -> Standing {
        let since = |trouble: &Trouble| before(self.clock.now(), trouble.since.elapsed());
        trouble.map_or(Standing::ok(), |trouble| {
            Standing::wrong(&trouble.what, Some(since(&trouble)))
        })
    }

    fn orphaned(&self) -> Standing {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let since = known.orphans.iter().map(|waiting| waiting.since).min();
        let said = known.orphans.iter().map(ToString::to_string).collect::<Vec<_>>();
        if said.is_empty() {
            return Standing::ok();
        }
        Standing::wrong(said.join("; "), since)
    }

    /// Brings the gauges up to date, but for what only the database knows.
    pub(crate) fn take(&self) {
        let (journal, relay) = (self.journal.state(), self.relay.state());
        Metric::JournalBytes.set(journal.bytes);
        Metric::JournalMaxBytes.set(journal.max_bytes);
        Metric::JournalEntries.counted(journal.appended());
        Metric::JournalRefused.counted_of("why", "full", journal.refused_full);
        Metric::JournalRefused.counted_of("why", "disk", journal.refused_io);
        for (event_type, count) in EventType::ALL.into_iter().zip(journal.appended_by_type) {
            Metric::Events.counted_of("event_type", event_type.name(), count);
        }
        Metric::RelayAcknowledged.counted(relay.delivered);
        Metric::RelayFailed.counted(relay.failed);
        Metric::RelayRestarts.counted(relay.restarts);
        Metric::RelayLost.counted(relay.lost);
        Metric::RelayUnderWay.set(relay.under_way as u64);
        let lag = (journal.next.0 - 1).saturating_sub(relay.acknowledged);
        Metric::RelayLag.set(lag);
        let age = self.oldest_unsent(&relay, lag).map_or(0, |oldest| {
            let micros = self.clock.now().unix_micros() - oldest.unix_micros();
            u64::try_from(micros / 1_000_000).unwrap_or(0)
        });
        Metric::OldestUnsent.set(age);
        for (part, standing) in self.standings() {
            Metric::Trouble.set_of("part", part.name(), u64::from(!standing.is_ok()));
            if !standing.is_ok() {
                metric::failed(part, self.clock.now());
            }
        }
    }

    /// Asks the database what waits in it; a database that doesn't answer is said elsewhere.
    pub(crate) async fn ask(&self) {
        let Ok(waiting) = self.store.waiting_facts().await else {
            return;
        };
        Metric::OutboxWaiting.set(waiting.own);
        Metric::OutboxOrphaned.set(waiting.orphans.iter().map(|waiting| waiting.facts).sum());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).orphans = waiting.orphans;
    }

    /// When the first event happened that Kafka lacks. Before Kafka was ever reached, only the journal knows; it is asked once.
    fn oldest_unsent(&self, relay: &RelayState, lag: u64) -> Option<Timestamp> {
        if lag == 0 || relay.oldest_under_way.is_some() || relay.trouble.is_none() {
            return relay.oldest_under_way.filter(|_| lag > 0);
        }
        let first = Sequence(relay.acknowledged + 1);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.unsent.is_none_or(|(sequence, _)| sequence != first) {
            let mut reader = self.journal.reader(first);
            known.unsent = match reader.read() {
                Ok(Some(Item::Entry(entry))) => Some((first, entry.timestamp)),
                // The relay says what can't be read.
                Ok(_) | Err(_) => None,
            };
        }
        known.unsent.map(|(_, at)| at)
    }
}

fn before(now: Timestamp, ago: Duration) -> Timestamp {
    now.plus_micros(-i64::try_from(ago.as_micros()).unwrap_or(i64::MAX))
}
