//! The journal: an append-only folder of segments between a page and Kafka.
//!
//! Promises
//! - What `append` returned for survives kill -9 at once, and a power cut after `flush_interval` (50 ms) and a sync.
//! - All entries of an append are written or none; an append that fails leaves no trace and may be tried again. Appends of the same moment
//!   may share a write.
//! - Sequences count from 1 without a gap and are never given out twice. Only damage on the disk makes a gap, and that is reported.
//! - Readers see the entries in the order of their sequences, each exactly once, and only those that a power cut can't take back.
//! - The folder stays below `max_bytes` (1 GiB). Whole segments are deleted, once the relay *and* the outbox have released them; a segment
//!   is finished when it is full or spans a day, so what was sent does not lie about for longer than that in a shop with visitors.
//! - A full disk refuses appends and nothing else; the journal goes on by itself when there is room.
//!
//! Not for: more than one writer (the folder is locked), random access, events over 256 KiB.
//!
//! The folder: `instance` (this shop's name), `lock`, `cursor` (the relay's), `FIRST_SEQUENCE.journal`, `.corrupt` files with bytes
//! that were damaged, and for a moment after a failed sync `.rescued` (see `rescue`).

mod append;
mod batch;
mod cursor;
mod durable;
mod error;
pub mod fail_point;
mod flusher;
mod folder;
mod frame;
mod inspect;
pub mod metric;
mod payload;
mod reader;
mod recover;
pub mod relay;
mod rescue;
mod segment;
mod shared;
mod state;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use schemas::{InstanceId, Sequence};

use self::cursor::Cursor;
pub use self::error::{AppendError, JournalError};
pub use self::inspect::{Inspection, inspect, instance_of};
pub use self::payload::{Entry, FactId, StoredEntry};
pub use self::reader::{Item, Reader};
use self::shared::Shared;
pub use self::shared::Trouble;
pub use self::state::JournalState;
use self::writer::Writer;

/// The largest event, before it is sealed.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// How the journal uses the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// When a segment is finished and the next begins; at most an eighth of `max_bytes` is used.
    pub segment_bytes: u64,
    /// How much time may lie between the first and the last event of a segment.
    pub segment_age: Duration,
    /// The size of all segments together; the last sixteenth is for facts only.
    pub max_bytes: u64,
    /// How long an entry waits for the sync that makes it survive a power cut.
    pub flush_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 16 * 1024 * 1024,
            segment_age: Duration::from_hours(24),
            max_bytes: 1024 * 1024 * 1024,
            flush_interval: Duration::from_millis(50),
        }
    }
}

/// Who must be done with an entry before its segment may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Needs entries until Kafka has acknowledged them.
    Relay,
    /// Needs facts until they are marked in the event store.
    Outbox,
}

/// The journal of this shop; clones share it, and the last one that goes closes it.
#[derive(Debug, Clone)]
pub struct Journal {
    open: Arc<OpenJournal>,
}

#[derive(Debug)]
struct OpenJournal {
    shared: Arc<Shared>,
    flusher: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Opens the journal in `folder`, which is created where it is missing and locked; a torn end is cut and reported.
    pub fn open(folder: &Path, options: Options) -> Result<Self, JournalError> {
        let lock = folder::lock(folder)?;
        rescue::finish(folder).map_err(JournalError::file(
            folder,
            "a rescue that was interrupted can't be ended",
        ))?;
        let is_new = segment::list(folder)?.is_empty();
        let instance = folder::instance(folder, is_new)?;
        let cursor_failed = |source| JournalError::file(folder, "the cursor can't be read")(source);
        let mut cursor = Cursor::open(folder).map_err(cursor_failed)?;
        let start = recover::start(folder, cursor.acknowledged())?;
        cursor
            .mend(start.segments.first().map_or(start.next, |first| first.first))
            .map_err(cursor_failed)?;
        let writer = Writer::new(instance.clone(), start);
        let durable = writer.end();
        let mut options = options;
        options.segment_bytes = options.segment_bytes.min(options.max_bytes / 8);
        let shared = Arc::new(Shared::new(
            (folder.to_owned(), lock),
            options,
            instance,
            writer,
            durable,
        ));
        let running = Arc::clone(&shared);
        let flusher = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || flusher::run(&running))
            .map_err(JournalError::file(folder, "the thread that syncs it can't be started"))?;
        // The flusher sets nothing up that an append could miss: its first look at `dirty` comes after this or sees the flag.
        let _ = shared.flusher.set(flusher.thread().clone());
        Ok(Self {
            open: Arc::new(OpenJournal {
                shared,
                flusher: Mutex::new(Some(flusher)),
            }),
        })
    }

    /// The name of this shop in every message.
    #[must_use]
    pub fn instance(&self) -> &InstanceId {
        &self.open.shared.instance
    }

    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.open.shared.folder.clone()
    }

    /// Waits until everything up to `upto` survives a power cut; while syncs fail this waits on.
    pub async fn durable(&self, upto: Sequence) -> Result<(), JournalError> {
        let mut durable = self.open.shared.durable.subscribe();
        let reached = durable.wait_for(|durable| durable.sequence >= upto).await;
        reached.map(drop).map_err(|_| JournalError::Closed)
    }

    /// Everything up to here survives a power cut.
    #[must_use]
    pub fn synced(&self) -> Sequence {
        self.open.shared.durable.borrow().sequence
    }

    /// Reads from `from` on; see [`Reader::read`].
    #[must_use]
    pub fn reader(&self, from: Sequence) -> Reader {
        Reader::new(Arc::clone(&self.open.shared), from)
    }

    /// `holder` needs nothing up to `upto` any more. Nothing is deleted before each holder has said so.
    pub fn release(&self, holder: Holder, upto: Sequence) {
        let shared = &*self.open.shared;
        shared.released[holder as usize].store(upto.0, Ordering::Release);
        shared.wake_flusher();
    }

    /// The sequence behind the last entry that is written; who appends gets this one or, with others on their way, a later one.
    #[must_use]
    pub fn next_sequence(&self) -> Sequence {
        self.open.shared.writer().next()
    }

    /// How the journal does, for `/readyz` and `/metrics`.
    #[must_use]
    pub fn state(&self) -> JournalState {
        state::of(&self.open.shared)
    }
}

impl Drop for OpenJournal {
    /// Syncs what was appended and frees the folder.
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        let flusher = shared::held(&self.flusher).take();
        // The flusher itself may hold the last clone for a moment, while a line of its own goes to the journal; it then ends by itself.
        if let Some(flusher) = flusher.filter(|flusher| flusher.thread().id() != thread::current().id()) {
            flusher.thread().unpark();
            // A flusher that panicked has said so itself.
            let _ = flusher.join();
        }
    }
}
