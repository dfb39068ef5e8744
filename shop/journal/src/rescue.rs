//! After a failed sync: what the disk did not confirm moves to a new segment.
//!
//! The kernel may forget what it could not write, so the same file is never trusted again: everything after the last confirmed entry is
//! read back (it is still in memory), checked, written to a file of its own and synced there. Its name, `FIRST_SEQUENCE.rescued`, says
//! that it is whole and stands for all that was written behind the last confirmed entry; from that rename on, a start that finds it ends
//! what a death has interrupted ([`put_in_place`]). Until the old segments are gone it is no segment: with both, the last one by its name
//! would be an old one, and what a power cut took from its end would be given out again.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::Ordering;

use schemas::Sequence;
use tracing::{info, warn};

use super::durable::Durable;
use super::folder;
use super::frame::{self, Parsed};
use super::segment;
use super::shared::Shared;

const SUFFIX: &str = "rescued";

/// Moves everything after the last confirmed entry to a new segment; a failure is told and tried again.
pub(super) fn rescue(shared: &Shared) {
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

/// Ends a rescue that was whole when the shop died; does nothing where there was none.
pub(super) fn finish(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|suffix| suffix == SUFFIX)
            && let Some(first) = segment::first_of_stem(&path)
        {
            warn!(
                first = first.0,
                "The shop died while it moved what could not be synced to a new segment; that is ended now"
            );
            put_in_place(folder, first)?;
        }
    }
    Ok(())
}

fn try_rescue(shared: &Shared, durable: Durable) -> io::Result<Durable> {
    let first = durable.sequence.next();
    // Whole already, when only the rest failed the last time: what it was read from may be gone.
    if !shared.folder.join(name(first)).try_exists()? {
        keep(shared, durable, first)?;
    }
    put_in_place(&shared.folder, first)?;
    let file = segment::open(&shared.folder, first)?;
    let bytes = file.metadata()?.len();
    let end = {
        let mut writer = shared.writer();
        writer.replace_after(durable, file, bytes);
        writer.end()
    };
    if durable.segment != first
        && let Err(failure) = segment::open(&shared.folder, durable.segment).and_then(|old| old.set_len(durable.offset))
    {
        // The reader knows it by its sequence and steps over it.
        warn!(error = %failure, "What could not be synced can't be cut off");
    }
    Ok(end)
}

/// Writes everything after `durable` to a file of its own, which bears its name only once it is whole and on the disk.
fn keep(shared: &Shared, durable: Durable, first: Sequence) -> io::Result<()> {
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
    folder::replace(&shared.folder, &name(first), &bytes)
}

/// Makes the rescued file the last segment, in the place of all that begin where it does or later. May be done again at any point.
fn put_in_place(folder: &Path, first: Sequence) -> io::Result<()> {
    let old = segment::list(folder).map_err(io::Error::other)?;
    for old in old.iter().filter(|segment| segment.first >= first) {
        fs::remove_file(segment::path(folder, old.first))?;
    }
    // A power cut must not bring them back beside it.
    segment::sync_folder(folder)?;
    fs::rename(folder.join(name(first)), segment::path(folder, first))?;
    segment::sync_folder(folder)
}

/// `00000000000000000011.rescued`
fn name(first: Sequence) -> String {
    format!("{:020}.{SUFFIX}", first.0)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use schemas::{EventId, EventType, Timestamp, Unsealed};

    use super::*;
    use crate::flusher::sync;
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

    /// A journal of small segments whose flusher looks only when the test says so; entries up to 10 are synced, those up to 40 are not.
    fn half_synced(folder: &Path) -> Journal {
        let options = Options {
            segment_bytes: 1000,
            flush_interval: Duration::from_hours(1),
            ..Options::default()
        };
        let journal = Journal::open(folder, options).unwrap();
        (1..=10).for_each(|number| assert!(append(&journal, number).is_ok()));
        sync(&journal.open.shared);
        (11..=40).for_each(|number| assert!(append(&journal, number).is_ok()));
        journal.open.shared.failed.store(true, Ordering::Release);
        journal
    }

    /// The folder as a death at this moment leaves it.
    fn dies(folder: &Path) -> tempfile::TempDir {
        let left = tempfile::tempdir().unwrap();
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            fs::copy(&path, left.path().join(path.file_name().unwrap())).unwrap();
        }
        left
    }

    fn segments(folder: &Path) -> Vec<Sequence> {
        segment::list(folder)
            .unwrap()
            .iter()
            .map(|segment| segment.first)
            .collect()
    }

    fn goes_on_behind_all(folder: &Path) {
        let journal = Journal::open(folder, Options::default()).unwrap();
        assert_eq!(sequences(&journal), (1..=40).collect::<Vec<_>>());
        assert_eq!(
            append(&journal, 41).unwrap(),
            Sequence(41),
            "no sequence is given out again"
        );
        assert_eq!(segments(folder).last(), Some(&Sequence(11)));
    }

    #[test]
    fn a_death_at_any_step_of_the_move_gives_no_sequence_out_again_though_the_old_segments_lose_their_ends() {
        let folder = tempfile::tempdir().unwrap();
        let journal = half_synced(folder.path());
        let shared = Arc::clone(&journal.open.shared);
        let durable = *shared.durable.borrow();
        assert!(
            segments(folder.path()).len() > 3,
            "several segments lie behind what is synced"
        );
        keep(&shared, durable, Sequence(11)).unwrap();

        // Nothing is removed yet; the power cut takes the unsynced end of the last segment, or all of it.
        for left_of_the_last in [100, 0] {
            let left = dies(folder.path());
            let last = *segments(left.path()).last().unwrap();
            segment::open(left.path(), last)
                .unwrap()
                .set_len(left_of_the_last)
                .unwrap();
            goes_on_behind_all(left.path());
        }
        // Some are removed.
        let left = dies(folder.path());
        let old = segments(left.path());
        fs::remove_file(segment::path(left.path(), old[old.len() - 1])).unwrap();
        goes_on_behind_all(left.path());
        // All are, and the file has its name.
        put_in_place(folder.path(), Sequence(11)).unwrap();
        goes_on_behind_all(dies(folder.path()).path());
    }

    #[test]
    fn a_move_whose_last_step_failed_is_ended_by_the_next_try() {
        let folder = tempfile::tempdir().unwrap();
        let journal = half_synced(folder.path());
        let shared = Arc::clone(&journal.open.shared);
        let durable = *shared.durable.borrow();
        keep(&shared, durable, Sequence(11)).unwrap();
        let old = segments(folder.path());
        fs::remove_file(segment::path(folder.path(), old[old.len() - 1])).unwrap();
        rescue(&shared);
        assert!(!shared.failed.load(Ordering::Acquire));
        assert_eq!(append(&journal, 41).unwrap(), Sequence(41));
        sync(&shared);
        assert_eq!(sequences(&journal), (1..=41).collect::<Vec<_>>());
    }
}
