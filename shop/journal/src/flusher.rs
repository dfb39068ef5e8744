//! The thread that makes appends durable in groups, and deletes the segments that nobody needs any more.
//!
//! After a failed sync appends are refused until [`super::rescue`] has succeeded, for instance once the disk has room.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use super::shared::Shared;
use super::{append, rescue, segment};
use crate::fail_point::{self, FailPoint};
use crate::metric::Metric;

/// The thread sleeps after a second without appends (of 50 ms).
const TICKS_BEFORE_SLEEP: u32 = 20;
const RESCUE_EVERY: Duration = Duration::from_millis(500);

/// Runs until the journal is closed; the last sync comes after that.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut idle = 0;
    loop {
        let closing = shared.closing.load(Ordering::Acquire);
        if shared.failed.load(Ordering::Acquire) {
            rescue::rescue(shared);
        } else if shared.dirty.swap(false, Ordering::SeqCst) {
            idle = 0;
            sync(shared);
        } else {
            idle += 1;
        }
        collect(shared);
        if closing {
            return;
        }
        if idle > TICKS_BEFORE_SLEEP && !shared.failed.load(Ordering::Acquire) {
            sleep_until_woken(shared);
            idle = 0;
        }
        if !shared.closing.load(Ordering::Acquire) {
            thread::park_timeout(if shared.failed.load(Ordering::Acquire) {
                RESCUE_EVERY
            } else {
                shared.options.flush_interval
            });
        }
    }
}

/// Only an idle journal sleeps: waking a thread costs an append more than writing does.
fn sleep_until_woken(shared: &Shared) {
    shared.flusher_sleeps.store(true, Ordering::SeqCst);
    while shared.flusher_sleeps.load(Ordering::SeqCst)
        && !shared.dirty.load(Ordering::SeqCst)
        && !shared.closing.load(Ordering::Acquire)
    {
        thread::park();
    }
    shared.flusher_sleeps.store(false, Ordering::SeqCst);
}

pub(super) fn sync(shared: &Shared) {
    // What was taken by those who went away before its write is written here.
    // Who waits for it is told there how it ended, and so is the operator.
    let _ = append::write(shared, shared.writer());
    let unsynced = shared.writer().take_unsynced();
    fail_point::hit(FailPoint::BeforeFsync);
    let began = Instant::now();
    let names = || {
        if unsynced.new_names {
            segment::sync_folder(&shared.folder)
        } else {
            Ok(())
        }
    };
    match unsynced
        .files
        .iter()
        .try_for_each(|file| file.sync_data())
        .and_then(|()| names())
    {
        Ok(()) => {
            Metric::FsyncSeconds.took(began.elapsed());
            shared.confirm(unsynced.upto);
        }
        Err(failure) => {
            shared.failed.store(true, Ordering::Release);
            shared.set_trouble(format!("sync failed: {failure}"));
            error!(error = %failure, "The journal can't be synced; events are refused and counted until what it holds is safe in a new segment, which is tried again \
                 by itself: look after the disk of --journal");
        }
    }
}

/// Deletes finished segments that relay and outbox have released.
fn collect(shared: &Shared) {
    let released = shared.released().min(shared.durable.borrow().sequence);
    let segments = shared.writer().take_released(released);
    for old in segments {
        let path = segment::path(&shared.folder, old.first);
        if let Err(failure) = fs::remove_file(&path) {
            warn!(error = %failure, segment = %path.display(), "A segment that is no longer needed can't be deleted");
        }
    }
}
