//! The thread that makes appends durable in groups, and deletes the segments that nobody needs any more.
//!
//! After a failed sync the kernel may forget what it could not write, so the same file is never trusted again: appends are
//! refused, everything after the last confirmed entry is read back (it is still in memory), checked, written to a new segment and
//! synced there. This is tried again and again until it succeeds, for instance once the disk has room.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use tracing::{error, info, warn};

use super::frame::{self, Parsed};
use super::segment::{self, Segment};
use super::shared::{Durable, Shared};
use crate::fail_point::{self, FailPoint};

const RESCUE: &str = "rescue.new";
const RESCUE_EVERY: Duration = Duration::from_millis(500);

/// Runs until the journal is closed; the last sync comes after that.
pub(super) fn run(shared: &Arc<Shared>) {
    loop {
        let closing = shared.closing.load(Ordering::Acquire);
        if shared.failed.load(Ordering::Acquire) {
            rescue(shared);
        } else if shared.dirty.swap(false, Ordering::AcqRel) {
            sync(shared);
        }
        collect(shared);
        if closing {
            return;
        }
        wait(shared);
    }
}

fn wait(shared: &Shared) {
    if shared.failed.load(Ordering::Acquire) {
        thread::park_timeout(RESCUE_EVERY);
        return;
    }
    if !shared.dirty.load(Ordering::Acquire) && !shared.closing.load(Ordering::Acquire) {
        thread::park();
    }
    if !shared.closing.load(Ordering::Acquire) {
        thread::sleep(shared.options.flush_interval);
    }
}

fn sync(shared: &Shared) {
    let unsynced = shared.writer().take_unsynced();
    fail_point::hit(FailPoint::BeforeFsync);
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
        Ok(()) => shared.confirm(unsynced.upto),
        Err(failure) => {
            shared.failed.store(true, Ordering::Release);
            shared.set_trouble(format!("sync failed: {failure}"));
            error!(error = %failure, "The journal can't be synced; appends are refused until its entries are safe in a new segment");
        }
    }
}

/// Moves everything after the last confirmed entry to a new segment.
fn rescue(shared: &Shared) {
    let durable = *shared.durable.borrow();
    match try_rescue(shared, durable) {
        Ok(upto) => {
            shared.failed.store(false, Ordering::Release);
            shared.confirm(upto);
            let trouble = shared.clear_trouble();
            let seconds = trouble.map_or(0, |trouble| trouble.since.elapsed().as_secs());
            info!(seconds, "The journal is synced again");
        }
        Err(failure) => shared.set_trouble(format!("sync failed, and so did the move to a new segment: {failure}")),
    }
}

fn try_rescue(shared: &Shared, durable: Durable) -> io::Result<Durable> {
    // An append that was under way when the sync failed has ended once the lock is free, and no other begins.
    let segments = shared.writer().segments.clone();
    let mut bytes = Vec::new();
    for found in segments.iter().filter(|segment| segment.first >= durable.segment) {
        let from = if found.first == durable.segment {
            durable.offset
        } else {
            0
        };
        let length = usize::try_from(found.bytes - from).map_err(io::Error::other)?;
        let start = bytes.len();
        bytes.resize(start + length, 0);
        segment::open(&shared.folder, found.first)?.read_exact_at(&mut bytes[start..], from)?;
    }
    check(&bytes)?;
    let draft = shared.folder.join(RESCUE);
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&draft)?;
    file.write_all_at(&bytes, 0)?;
    file.sync_all()?;
    let first = durable.sequence.next();
    fs::rename(&draft, segment::path(&shared.folder, first))?;
    segment::sync_folder(&shared.folder)?;
    let (dropped, end) = {
        let mut writer = shared.writer();
        let dropped = writer.replace_after(durable, file, bytes.len() as u64);
        (dropped, writer.end())
    };
    clear_away(shared, durable, &dropped);
    Ok(end)
}

/// Removes what now stands in the new segment. Where that fails, the reader knows it by its sequence and steps over it.
fn clear_away(shared: &Shared, durable: Durable, dropped: &[Segment]) {
    let first = durable.sequence.next();
    let removed = dropped
        .iter()
        .filter(|old| old.first != first)
        .try_for_each(|old| fs::remove_file(segment::path(&shared.folder, old.first)));
    let cut = || {
        if durable.segment == first {
            return Ok(());
        }
        segment::open(&shared.folder, durable.segment)?.set_len(durable.offset)
    };
    if let Err(failure) = removed.and_then(|()| cut()) {
        warn!(error = %failure, "What could not be synced can't be removed");
    }
}

fn check(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let Parsed::Sound(frame) = frame::parse(bytes) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an unsynced entry reads back damaged",
            ));
        };
        bytes = &bytes[frame.payload.end..];
    }
    Ok(())
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
