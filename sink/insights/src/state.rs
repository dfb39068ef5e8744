//! The events in memory, kept as fresh as the table: read when somebody looks, never before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use schemas::Zone;
use schemas::{Clock, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock};

use crate::events::Log;
use crate::source::{Position, ProductRow, Read, Since, Source, SourceError};

/// Whoever looks again within this time sees the same.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// How long a page waits for what is being read; then it says how far that is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Everything that the pages share.
#[derive(Clone)]
pub(crate) struct State {
    pub source: Source,
    pub zone: Zone,
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
    /// None before everything was read, and when it must be read anew.
    since: Option<Since>,
    done: Option<Instant>,
}

/// The events are still being read for the first time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotYet {
    pub rows: u64,
}

impl State {
    pub(crate) fn new(source: Source, zone: Zone, clock: Clock) -> Self {
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
        // Taken: what breaks halfway is read anew, and not twice.
        if let Some(since) = reading.since.take() {
            match self.add_news(&since, products.clone()).await {
                Ok(Some(now)) => {
                    reading.since = Some(now);
                    return Ok(());
                }
                Ok(None) => {}
                Err(error @ SourceError::Broke(_)) => return Err(error),
                Err(error) => {
                    reading.since = Some(since);
                    return Err(error);
                }
            }
        }
        reading.since = Some(self.read_anew(products).await?);
        Ok(())
    }

    /// Adds what is new; none when everything must be read anew. The events are locked only while they change, not while the
    /// database is read.
    async fn add_news(&self, since: &Since, products: Vec<ProductRow>) -> Result<Option<Since>, SourceError> {
        let mut rows = Vec::new();
        let (positions, oldest) = self.source.read(since, |row| rows.push(row)).await?;
        if went_back(&since.positions, &positions) {
            tracing::info!("the sink's positions went back or belong to another cluster: everything is read anew");
            return Ok(None);
        }
        let mut now = Since {
            id: since.id,
            positions: positions.clone(),
        };
        let log = Arc::clone(&self.log);
        let adding = tokio::task::spawn_blocking(move || {
            let mut log = log.blocking_write();
            for row in rows {
                take(&mut log, &mut now.id, row);
            }
            let begin = log.arranged.limits.oldest;
            settle(&mut log, products, &positions, oldest);
            let is_moved = log.arranged.limits.oldest != begin;
            // Pages may look again while this walks over all events.
            if is_moved && log.downgrade().is_mostly_past() {
                tracing::info!("much of what is in memory is no longer in the table: everything is read anew");
                return None;
            }
            Some(now)
        });
        Ok(adding.await?)
    }

    /// Reads everything into a log of its own, which takes the other's place once it is whole.
    async fn read_anew(&self, products: Vec<ProductRow>) -> Result<Since, SourceError> {
        let (mut fresh, mut last) = (Log::default(), 0);
        self.read.store(0, Ordering::Relaxed);
        let each = |row| {
            take(&mut fresh, &mut last, row);
            self.read.fetch_add(1, Ordering::Relaxed);
        };
        let (positions, oldest) = self.source.read(&Since::default(), each).await?;
        let now = Since {
            id: last,
            positions: positions.clone(),
        };
        let log = Arc::clone(&self.log);
        let swapping = tokio::task::spawn_blocking(move || {
            settle(&mut fresh, products, &positions, oldest);
            let before = std::mem::replace(&mut *log.blocking_write(), fresh);
            // Freed when nobody waits for the lock any more.
            drop(before);
        });
        swapping.await?;
        self.filled.store(true, Ordering::Release);
        Ok(now)
    }
}

/// Takes a row in; `last` is the highest number of one.
fn take(log: &mut Log, last: &mut i64, row: Read) {
    match row {
        Ok(row) => {
            *last = row.id.max(*last);
            log.push(&row);
        }
        Err(unreadable) => {
            *last = unreadable.id.max(*last);
            tracing::debug!(
                row = unreadable.id,
                reason = unreadable.reason,
                "a row that can't be read"
            );
            log.push_unreadable();
        }
    }
}

fn settle(log: &mut Log, products: Vec<ProductRow>, positions: &[Position], oldest: Option<i64>) {
    log.products = products.into_iter().map(|row| (row.id, row)).collect();
    for position in positions {
        log.set_position(&position.topic, position.partition, position.next);
    }
    log.settle(oldest);
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
