//! A partition as the rest of the broker sees it: a log behind a lock, and those who wait for it.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use super::flush::{Syncs, Urgency};
use super::slice::{Damage, Read};
use super::sync::SyncJob;
use super::{AppendRules, Flusher, Log, LogError, Offset, Placed, admission};
use crate::metric::Metric;

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
    /// None where the topic doesn't wait for the disk.
    durability: Option<watch::Receiver<Durability>>,
}

impl Appended {
    /// Waits for the fsync that covers the batch, where its topic does; false if it failed and the batch was taken back.
    pub(crate) async fn on_disk(self) -> bool {
        let (next, known) = (self.placed.next, self.take_backs);
        let Some(mut durability) = self.durability else {
            return true;
        };
        let reached = durability
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
    pub(super) name: String,
    log: Mutex<Log>,
    durability: watch::Sender<Durability>,
    waiters: Mutex<Vec<Weak<Notify>>>,
    is_dirty: AtomicBool,
    /// Where damaged stretches begin that were said.
    damaged: Mutex<BTreeSet<Offset>>,
    /// What was said of a segment that could not be compacted.
    pub(super) not_compacted: Mutex<Option<String>>,
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
            damaged: Mutex::default(),
            not_compacted: Mutex::default(),
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
            let admitted = admission::admit(batch, rules)?;
            let mut log = self.log();
            let appended = log.append(&admitted, rules);
            if let Err(LogError::Io(error)) = &appended {
                self.flusher.health.failed(&self.name, &error.to_string());
            }
            let placed = appended?;
            (placed, log.start(), log.take_backs())
        };
        if !self.is_dirty.swap(true, Ordering::AcqRel) {
            let asked = if rules.waits_for_disk {
                Urgency::Now
            } else {
                Urgency::Soon
            };
            self.flusher.ask(Arc::<Self>::clone(self), asked);
        }
        if !rules.waits_for_disk {
            self.announce();
        }
        Ok(Appended {
            placed,
            start,
            take_backs,
            durability: rules.waits_for_disk.then(|| self.durability.subscribe()),
        })
    }

    /// Whole batches from an offset on; empty at the end of the log, and where nothing is wanted. Reads the disk.
    pub(crate) fn read(&self, wanted: Wanted) -> Result<ReadOutcome, LogError> {
        let mut from = wanted.offset;
        loop {
            let (slice, start, end) = {
                let log = self.log();
                (log.slice_at(from)?, log.start(), log.high())
            };
            let read = match slice {
                Some(slice) if wanted.max_bytes > 0 || wanted.at_least_one => {
                    slice.read(from, wanted.max_bytes, wanted.at_least_one)?
                }
                _ => Read::default(),
            };
            for damage in &read.damaged {
                self.say_damaged(*damage);
            }
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

    /// Whether there is anything to read from an offset on; also true where asking for it is a mistake.
    pub(crate) fn has_more_than(&self, offset: Offset) -> bool {
        let log = self.log();
        offset < log.high() || !log.holds(offset)
    }

    /// Damage is said when it is met first, and stays a trouble until the broker is started again, which sets it aside.
    fn say_damaged(&self, damage: Damage) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.insert(damage.from) {
            let (first, last) = (damage.from.0, damage.to.0 - 1);
            self.flusher.health.damaged(&self.name, first, last);
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

    fn take_back(&self, job: &SyncJob, error: &io::Error) {
        let cut = self.log().sync_failed(job);
        let cut = cut.map_or_else(
            |error| format!(", and the log can't be cut back: {error}"),
            |()| String::new(),
        );
        let what = format!("fsync failed, what was not acknowledged is taken back: {error}{cut}");
        self.flusher.health.failed(&self.name, &what);
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

impl Syncs for Partition {
    /// Brings everything appended so far onto the disk; blocks. A failure is said and takes back what was not synced.
    fn sync(&self) {
        self.is_dirty.store(false, Ordering::Release);
        loop {
            let job = self.log().unsynced();
            let job = match job {
                Ok(Some(job)) => job,
                Ok(None) => break,
                Err(error) => {
                    self.flusher
                        .health
                        .failed(&self.name, &format!("a segment can't be opened: {error}"));
                    break;
                }
            };
            let began = Instant::now();
            if let Err(error) = job.run() {
                self.take_back(&job, &error);
                break;
            }
            Metric::FsyncSeconds.took(began.elapsed());
            self.log().synced(&job);
            self.flusher.health.worked(&self.name);
            if job.is_last {
                break;
            }
            // Those who wait for the segment before need not wait for this one.
            self.announce();
        }
        self.announce();
    }
}
