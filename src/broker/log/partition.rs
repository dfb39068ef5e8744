//! A partition as the rest of the broker sees it: a log behind a lock, and those who wait for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use super::segment::Read;
use super::{AppendRules, Flusher, Log, LogError, Offset, Placed};
use crate::broker::metric::Metric;

/// Fetches that wait are swept when more than this many have gathered.
const WAITERS_BEFORE_SWEEP: usize = 32;

/// What is known to be on the disk, told to those who wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Durability {
    end: Offset,
    take_backs: u64,
}

/// A batch in the page cache; [`Appended::on_disk`] waits for the disk.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) placed: Placed,
    pub(crate) start: Offset,
    take_backs: u64,
    durability: watch::Receiver<Durability>,
}

impl Appended {
    /// Waits for the fsync that covers the batch; false if it failed and the batch was taken back.
    pub(crate) async fn on_disk(mut self) -> bool {
        let (next, known) = (self.placed.next, self.take_backs);
        let reached = self
            .durability
            .wait_for(|now| now.take_backs > known || now.end >= next)
            .await;
        reached.is_ok_and(|now| now.take_backs == known && now.end >= next)
    }
}

/// What a consumer asks of one partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) offset: Offset,
    pub(crate) max_bytes: usize,
    pub(crate) at_least_one: bool,
}

/// What a consumer gets of one partition.
#[derive(Debug)]
pub(crate) struct ReadOutcome {
    pub(crate) records: Bytes,
    pub(crate) start: Offset,
    pub(crate) end: Offset,
}

/// One partition. Clones of the `Arc` share it.
#[derive(Debug)]
pub(crate) struct Partition {
    /// TOPIC-NUMBER
    name: String,
    log: Mutex<Log>,
    durability: watch::Sender<Durability>,
    waiters: Mutex<Vec<Weak<Notify>>>,
    is_dirty: AtomicBool,
    flusher: Arc<Flusher>,
}

impl Partition {
    /// Opens the partition's folder, recovering it if need be.
    pub(crate) fn open(folder: PathBuf, flusher: Arc<Flusher>) -> Result<Self, LogError> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = Log::open(folder)?;
        let durability = watch::Sender::new(Durability {
            end: log.durable(),
            take_backs: 0,
        });
        Ok(Self {
            name,
            log: Mutex::new(log),
            durability,
            waiters: Mutex::default(),
            is_dirty: AtomicBool::new(false),
            flusher,
        })
    }

    /// The log, locked. Never held across an await.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a batch into the page cache and asks for its fsync.
    pub(crate) fn append(self: &Arc<Self>, batch: &[u8], rules: AppendRules) -> Result<Appended, LogError> {
        let (placed, start, take_backs) = {
            let mut log = self.log();
            let appended = log.append(batch, rules);
            if let Err(LogError::Io(error)) = &appended {
                self.flusher.health.failed(&self.name, &error.to_string());
            }
            let placed = appended?;
            (placed, log.start(), log.take_backs())
        };
        if !self.is_dirty.swap(true, Ordering::AcqRel) {
            self.flusher.ask(Arc::clone(self));
        }
        Ok(Appended {
            placed,
            start,
            take_backs,
            durability: self.durability.subscribe(),
        })
    }

    /// Whole batches from an offset on; empty at the end of the log.
    pub(crate) fn read(&self, wanted: Wanted) -> Result<ReadOutcome, LogError> {
        let mut from = wanted.offset;
        loop {
            let (slice, start, end) = {
                let log = self.log();
                (log.slice_at(from)?, log.start(), log.durable())
            };
            let read = match slice {
                Some(slice) => slice.read(from, wanted.max_bytes, wanted.at_least_one)?,
                None => Read::default(),
            };
            match read.beyond {
                // All that the segment has from there on is damaged; the next one may be well.
                Some(beyond) if read.records.is_empty() && beyond > from => from = beyond,
                _ => {
                    return Ok(ReadOutcome {
                        records: read.records,
                        start,
                        end,
                    });
                }
            }
        }
    }

    /// `waiter` is notified once, when there is more to read.
    pub(crate) fn wake_on_more(&self, waiter: &Arc<Notify>) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.len() >= WAITERS_BEFORE_SWEEP {
            waiters.retain(|waiter| waiter.strong_count() > 0);
        }
        waiters.push(Arc::downgrade(waiter));
    }

    /// Brings everything appended so far onto the disk; blocks. A failure is said and takes back what was not synced.
    pub(super) fn sync(&self) {
        self.is_dirty.store(false, Ordering::Release);
        let job = self.log().unsynced();
        if let Some(job) = job {
            let began = Instant::now();
            let result = job.file.sync_data();
            let mut log = self.log();
            match result {
                Ok(()) => {
                    Metric::FsyncSeconds.took(began.elapsed());
                    log.synced(&job);
                    self.flusher.health.worked(&self.name);
                }
                Err(error) => {
                    let cut = log.sync_failed(&job);
                    let cut = cut.map_or_else(
                        |error| format!(", and the log can't be cut back: {error}"),
                        |()| String::new(),
                    );
                    let what = format!("fsync failed, what was not acknowledged is taken back: {error}{cut}");
                    self.flusher.health.failed(&self.name, &what);
                }
            }
        }
        self.announce();
    }

    /// Tells those who wait how far the log has come; also after the topic was deleted.
    pub(crate) fn announce(&self) {
        let (end, take_backs) = {
            let log = self.log();
            (log.durable(), log.take_backs())
        };
        self.durability.send_replace(Durability { end, take_backs });
        let waiters = std::mem::take(&mut *self.waiters.lock().unwrap_or_else(PoisonError::into_inner));
        for waiter in waiters.iter().filter_map(Weak::upgrade) {
            waiter.notify_one();
        }
    }
}
