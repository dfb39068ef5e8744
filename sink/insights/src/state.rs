//! The events in memory, kept as fresh as the table: read when somebody looks, never before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use schemas::{Clock, Timestamp};
use time::UtcOffset;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock};

use crate::events::Log;
use crate::source::{Position, Since, Source, SourceError};

/// Whoever looks again within this time sees the same.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// How long a page waits for what is being read; then it says how far that is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Everything that the pages share.
#[derive(Clone)]
pub(crate) struct State {
    pub source: Source,
    pub zone: UtcOffset,
    pub clock: Clock,
    pub log: Arc<RwLock<Log>>,
    reading: Arc<Mutex<Reading>>,
    /// Rows that were read since the start: how far a first reading is.
    read: Arc<AtomicU64>,
    /// Whether the first reading is over.
    filled: Arc<AtomicBool>,
    trouble: Arc<RwLock<Option<Trouble>>>,
}

/// Why the figures are not fresh.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub since: Timestamp,
    pub reason: String,
}

#[derive(Default)]
struct Reading {
    since: Since,
    done: Option<Instant>,
}

/// The events are still being read for the first time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotYet {
    pub rows: u64,
}

impl State {
    pub(crate) fn new(source: Source, zone: UtcOffset, clock: Clock) -> Self {
        Self {
            source,
            zone,
            clock,
            log: Arc::default(),
            reading: Arc::default(),
            read: Arc::default(),
            filled: Arc::default(),
            trouble: Arc::default(),
        }
    }

    pub(crate) async fn trouble(&self) -> Option<Trouble> {
        self.trouble.read().await.clone()
    }

    /// Reads what is new, and waits for it; the reading goes on when nobody waits for it any more.
    pub(crate) async fn refresh(&self) -> Result<(), NotYet> {
        // Whoever holds it is reading, and everybody else waits for that reading.
        if let Ok(reading) = Arc::clone(&self.reading).try_lock_owned() {
            let state = self.clone();
            tokio::spawn(async move { state.read_news(reading).await });
        }
        let ready = async {
            drop(self.reading.lock().await);
            drop(self.log.read().await);
        };
        let waited = tokio::time::timeout(PATIENCE, ready).await;
        // What was read before is shown however long the news take.
        if waited.is_ok() || self.filled.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(NotYet {
            rows: self.read.load(Ordering::Relaxed),
        })
    }

    async fn read_news(&self, mut reading: OwnedMutexGuard<Reading>) {
        if reading.done.is_some_and(|done| done.elapsed() < FRESH_FOR) {
            return;
        }
        let outcome = self.read_into_log(&mut reading).await;
        let mut trouble = self.trouble.write().await;
        match outcome {
            Ok(()) => *trouble = None,
            Err(error) => {
                let reason = error.to_string();
                if trouble.is_none() {
                    tracing::warn!(reason, "insights can't read what the sink wrote");
                }
                let since = trouble.as_ref().map_or_else(|| self.clock.now(), |known| known.since);
                *trouble = Some(Trouble { since, reason });
            }
        }
        reading.done = Some(Instant::now());
    }

    async fn read_into_log(&self, reading: &mut Reading) -> Result<(), SourceError> {
        let products = self.source.products().await?;
        let mut log = self.log.write().await;
        let mut last = reading.since.id;
        let take = |row: crate::source::RawRow| {
            last = last.max(row.id);
            log.push(&row);
            self.read.fetch_add(1, Ordering::Relaxed);
        };
        let read = self.source.read(&reading.since, take).await;
        let (positions, oldest) = match read {
            Ok(read) => read,
            Err(error) => {
                // Half a reading would be read twice: begin anew next time.
                *log = Log::default();
                reading.since = Since::default();
                return Err(error);
            }
        };
        if went_back(&reading.since.positions, &positions) {
            tracing::info!("the sink's positions went back or belong to another cluster: everything is read anew");
            *log = Log::default();
            reading.since = Since::default();
            return Ok(());
        }
        log.products = products.into_iter().map(|row| (row.id, row)).collect();
        for position in &positions {
            log.set_position(&position.topic, position.partition, position.next);
        }
        log.settle(oldest);
        reading.since = Since { id: last, positions };
        self.filled.store(true, Ordering::Release);
        Ok(())
    }
}

/// Positions only grow, within one Kafka cluster.
fn went_back(before: &[Position], now: &[Position]) -> bool {
    before.iter().any(|before| {
        let mut same = now
            .iter()
            .filter(|now| now.topic == before.topic && now.partition == before.partition);
        same.next()
            .is_none_or(|now| now.next < before.next || (before.cluster.is_some() && now.cluster != before.cluster))
    })
}
