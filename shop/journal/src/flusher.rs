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
use std::time::{Duration, Instant};

use tracing::{error, info, warn};

use super::append;
use super::durable::Durable;
use super::frame::{self, Parsed};
use super::segment::{self, Segment};
use super::shared::Shared;
use crate::fail_point::{self, FailPoint};
use crate::metric::Metric;

const RESCUE: &str = "rescue.new";
/// The thread sleeps after a second without appends (of 50 ms).
const TICKS_BEFORE_SLEEP: u32 = 20;
const RESCUE_EVERY: Duration = Duration::from_millis(500);

/// Runs until the journal is closed; the last sync comes after that.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut idle = 0;
    loop {
        let closing = shared.closing.load(Ordering::Acquire);
        if shared.failed.load(Ordering::Acquire) {
            rescue(shared);
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

fn sync(shared: &Shared) {
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

#[cfg(test)]
mod tests {
    use schemas::{EventId, EventType, Sequence, Timestamp, Unsealed};

    use super::*;
    use crate::{AppendError, Entry, Item, Journal, Options};

    fn event(number: u64) -> Unsealed {
        Unsealed {
            event_type: EventType::App,
            event_id: EventId::at(Timestamp::MAX, [0; 10]),
            timestamp: Timestamp::MAX,
            session_id: None,
            json: format!(r#"{{"number":{number}}}"#).into_bytes(),
        }
    }

    fn append(journal: &Journal, number: u64) -> Result<Sequence, AppendError> {
        journal.append(&[Entry::observation(&event(number), None)])
    }

    fn sequences(journal: &Journal) -> Vec<u64> {
        let mut reader = journal.reader(Sequence::FIRST);
        let mut all = Vec::new();
        while let Some(item) = reader.read().unwrap() {
            match item {
                Item::Entry(entry) => all.push(entry.sequence.0),
                Item::Lost { first, last } => panic!("{first} to {last} are lost"),
            }
        }
        all
    }

    #[test]
    fn after_a_failed_sync_nothing_is_taken_until_all_is_safe_in_a_new_segment() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            segment_bytes: 1000,
            // The test decides when the flusher looks.
            flush_interval: Duration::from_hours(1),
            ..Options::default()
        };
        let journal = Journal::open(folder.path(), options).unwrap();
        let shared = Arc::clone(&journal.open.shared);
        (1..=10).for_each(|number| assert!(append(&journal, number).is_ok()));
        sync(&shared);
        (11..=40).for_each(|number| assert!(append(&journal, number).is_ok()));
        assert_eq!(sequences(&journal), (1..=10).collect::<Vec<_>>(), "only what is synced");

        shared.failed.store(true, Ordering::Release);
        assert!(matches!(append(&journal, 0), Err(AppendError::Io(_))));
        rescue(&shared);
        assert!(append(&journal, 41).is_ok());
        sync(&shared);
        assert_eq!(sequences(&journal), (1..=41).collect::<Vec<_>>());

        // The same again with nothing synced in the newest segment, and after a restart.
        shared.failed.store(true, Ordering::Release);
        rescue(&shared);
        shared.failed.store(true, Ordering::Release);
        rescue(&shared);
        drop(shared);
        drop(journal);
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        assert_eq!(sequences(&journal), (1..=41).collect::<Vec<_>>());
        assert_eq!(append(&journal, 42).unwrap(), Sequence(42));
    }
}
