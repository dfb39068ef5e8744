//! The events in memory, kept as fresh as the table: read when somebody looks, never before.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use schemas::Zone;
use schemas::{Clock, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock};

use crate::events::Log;
use crate::requests::{Folder, read_news};
use crate::source::{CatalogueChange, Position, ProductRow, Read, Since, Source, SourceError};

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
    /// The log files of the sink, where there are some.
    logs: Option<Folder>,
    files: Arc<Mutex<Files>>,
}

/// How the log files stand.
#[derive(Default)]
struct Files {
    done: Option<Instant>,
    trouble: Option<String>,
}

/// Why the figures are not fresh.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub since: Timestamp,
    pub reason: String,
}

/// What is sold, and what changed about it.
#[derive(Clone)]
struct Catalogue {
    products: Vec<ProductRow>,
    changes: Vec<CatalogueChange>,
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
    pub(crate) fn new(source: Source, logs: Option<PathBuf>, zone: Zone, clock: Clock) -> Self {
        Self {
            source,
            zone,
            clock,
            log: Arc::default(),
            reading: Arc::default(),
            read: Arc::default(),
            filled: Arc::default(),
            trouble: Arc::default(),
            logs: logs.map(Folder),
            files: Arc::default(),
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

    /// Reads what is new in the log files, and waits for it. Answers why they can't be read, if so: what was known is shown then.
    pub(crate) async fn refresh_requests(&self) -> Result<Option<String>, NotYet> {
        let Some(folder) = self.logs.clone() else {
            return Ok(Some(
                "these pages were started without the folder of a sink's log files".to_owned(),
            ));
        };
        if let Ok(mut files) = Arc::clone(&self.files).try_lock_owned() {
            let state = self.clone();
            tokio::spawn(async move {
                if files.done.is_some_and(|done| done.elapsed() < FRESH_FOR) {
                    return;
                }
                let outcome = state.read_files(folder).await;
                files.trouble = outcome.err();
                files.done = Some(Instant::now());
            });
        }
        let rows = self.log.read().await.requests.len() as u64;
        match tokio::time::timeout(PATIENCE, self.files.lock()).await {
            Ok(files) => Ok(files.trouble.clone()),
            Err(_) if rows > 0 => Ok(None),
            Err(_) => Err(NotYet { rows }),
        }
    }

    async fn read_files(&self, folder: Folder) -> Result<(), String> {
        let log = Arc::clone(&self.log);
        let instance = folder.instance().map_err(|error| error.to_string())?;
        let lengths = match instance {
            Some(instance) => self.source.app_log_lengths(&instance).await,
            None => Ok(Vec::new()),
        };
        let lengths = lengths.map_err(|error| error.to_string())?;
        let lengths: Vec<(String, u64)> = lengths
            .into_iter()
            .map(|(name, length)| (name, u64::try_from(length).unwrap_or(0)))
            .collect();
        let reading = tokio::task::spawn_blocking(move || {
            let known = log.blocking_read().requests.known();
            let news = read_news(&folder, &lengths, &known).map_err(|error| error.to_string())?;
            log.blocking_write().requests.absorb(news);
            Ok(())
        });
        reading.await.map_err(|error| error.to_string())?
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
        // A sink that keeps no products yet has no table to look for changes in.
        let changes = if products.is_empty() {
            Vec::new()
        } else {
            self.source.catalogue_changes().await?
        };
        let products = Catalogue { products, changes };
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
    async fn add_news(&self, since: &Since, products: Catalogue) -> Result<Option<Since>, SourceError> {
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
    async fn read_anew(&self, products: Catalogue) -> Result<Since, SourceError> {
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
            let mut log = log.blocking_write();
            fresh.requests = std::mem::take(&mut log.requests);
            let before = std::mem::replace(&mut *log, fresh);
            drop(log);
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

fn settle(log: &mut Log, products: Catalogue, positions: &[Position], oldest: Option<i64>) {
    log.products = products.products.into_iter().map(|row| (row.id, row)).collect();
    log.changes = products.changes;
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
