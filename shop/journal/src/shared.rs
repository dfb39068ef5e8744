//! What the journal's appenders, its flusher and its readers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use schemas::{InstanceId, Sequence};
use tokio::sync::watch;

use super::Options;
use super::durable::Durable;
use super::folder::FolderLock;
use super::writer::Writer;

/// What is wrong, since when.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub since: Instant,
    pub what: String,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) options: Options,
    pub(super) instance: InstanceId,
    pub(super) writer: Mutex<Writer>,
    pub(super) durable: watch::Sender<Durable>,
    /// The same for threads that wait.
    progress: (Mutex<Sequence>, Condvar),
    /// Something was written since the flusher last looked.
    pub(super) dirty: AtomicBool,
    /// A sync failed: appends are refused until the flusher has moved the entries to a new segment.
    pub(super) failed: AtomicBool,
    /// The last append was refused.
    pub(super) refusing: AtomicBool,
    pub(super) closing: AtomicBool,
    pub(super) flusher: OnceLock<Thread>,
    /// The flusher waits to be woken.
    pub(super) flusher_sleeps: AtomicBool,
    /// What the relay and the outbox no longer need, in the order of `Holder`.
    pub(super) released: [AtomicU64; 2],
    /// Appends since the start: one in 16 is timed.
    pub(super) appends: AtomicU64,
    pub(super) refused_full: AtomicU64,
    pub(super) refused_io: AtomicU64,
    trouble: Mutex<Option<Trouble>>,
    /// Held for as long as the journal is open.
    _lock: FolderLock,
}

impl Shared {
    pub(super) fn new(
        (folder, lock): (PathBuf, FolderLock),
        options: Options,
        instance: InstanceId,
        writer: Writer,
        durable: Durable,
    ) -> Self {
        Self {
            folder,
            options,
            instance,
            writer: Mutex::new(writer),
            durable: watch::Sender::new(durable),
            progress: (Mutex::new(durable.sequence), Condvar::new()),
            dirty: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            refusing: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            flusher: OnceLock::new(),
            flusher_sleeps: AtomicBool::new(false),
            released: [AtomicU64::new(0), AtomicU64::new(0)],
            appends: AtomicU64::new(0),
            refused_full: AtomicU64::new(0),
            refused_io: AtomicU64::new(0),
            trouble: Mutex::new(None),
            _lock: lock,
        }
    }

    /// The writer. Nothing may be logged while it is held: a log line is itself an append.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        held(&self.writer)
    }

    pub(super) fn confirm(&self, durable: Durable) {
        self.durable.send_replace(durable);
        *held(&self.progress.0) = durable.sequence;
        self.progress.1.notify_all();
    }

    /// Waits until something after `sequence` is durable, at most for `patience`.
    pub(super) fn wait_beyond(&self, sequence: Sequence, patience: Duration) {
        let waiting = self
            .progress
            .1
            .wait_timeout_while(held(&self.progress.0), patience, |durable| *durable <= sequence);
        drop(waiting);
    }

    /// Something was appended or released: the flusher looks within its interval.
    pub(super) fn wake_flusher(&self) {
        if self.flusher_sleeps.load(Ordering::SeqCst)
            && self.flusher_sleeps.swap(false, Ordering::SeqCst)
            && let Some(flusher) = self.flusher.get()
        {
            flusher.unpark();
        }
    }

    pub(super) fn set_trouble(&self, what: String) {
        let mut trouble = held(&self.trouble);
        match trouble.as_mut() {
            Some(trouble) => trouble.what = what,
            None => {
                *trouble = Some(Trouble {
                    since: Instant::now(),
                    what,
                });
            }
        }
    }

    /// Whether there was any.
    pub(super) fn clear_trouble(&self) -> Option<Trouble> {
        held(&self.trouble).take()
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        held(&self.trouble).clone()
    }

    /// Both holders are past this sequence.
    pub(super) fn released(&self) -> Sequence {
        let [relay, outbox] = &self.released;
        Sequence(relay.load(Ordering::Acquire).min(outbox.load(Ordering::Acquire)))
    }
}

/// A panic elsewhere leaves whole values behind these locks, so a poisoned one is as good as any.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
