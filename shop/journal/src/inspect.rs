//! A journal folder seen from outside: read only, without its lock, also while a shop writes to it. For the ledger.

use std::fs;
use std::io;
use std::path::Path;

use schemas::{InstanceId, Sequence};

use super::cursor;
use super::error::JournalError;
use super::folder;
use super::frame::{self, Parsed};
use super::payload::{self, StoredEntry};
use super::segment::{self, Segment};

/// A running shop may delete a segment between the listing and the reading; then the folder is listed again, so often.
const LISTINGS: u32 = 10;

/// What a journal folder says beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The highest sequence that was given out, as far as the folder shows it.
    pub last: Sequence,
    /// The relay's cursor, read after the entries: up to here Kafka has everything. None before the first one, or when it was lost.
    pub acknowledged: Option<Sequence>,
    /// The first sequence of the oldest segment: what lies below was deleted.
    pub first_kept: Sequence,
}

/// The instance that a folder belongs to.
pub fn instance_of(folder: &Path) -> Result<InstanceId, JournalError> {
    folder::instance(folder, false)
}

/// Visits every sound entry in the order of the sequences, each once; what is damaged or unfinished is stepped over.
pub fn inspect(folder: &Path, mut visit: impl FnMut(StoredEntry<'_>)) -> Result<Inspection, JournalError> {
    let segments = list(folder)?;
    let mut next = Sequence::FIRST;
    for found in &segments {
        let path = segment::path(folder, found.first);
        match fs::read(&path) {
            Ok(bytes) => visit_segment(&bytes, &mut next, &mut visit)?,
            // Deleted since it was listed: the relay has it all acknowledged.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(JournalError::file(path, "can't be read")(error)),
        }
        next = next.max(found.first);
    }
    let acknowledged = cursor::acknowledged(folder).map_err(JournalError::file(folder, "the cursor can't be read"))?;
    Ok(Inspection {
        last: Sequence(next.0 - 1).max(acknowledged.unwrap_or(Sequence(0))),
        acknowledged,
        first_kept: segments.first().map_or(next, |segment| segment.first),
    })
}

fn list(folder: &Path) -> Result<Vec<Segment>, JournalError> {
    let mut left = LISTINGS;
    loop {
        left -= 1;
        match segment::list(folder) {
            Err(JournalError::File { source, .. })
                if source.kind() == io::ErrorKind::NotFound && left > 0 && folder.is_dir() => {}
            listed => return listed,
        }
    }
}

fn visit_segment(
    bytes: &[u8],
    next: &mut Sequence,
    visit: &mut impl FnMut(StoredEntry<'_>),
) -> Result<(), JournalError> {
    let mut at = 0;
    loop {
        match frame::parse(&bytes[at..]) {
            Parsed::Sound(frame) => {
                let payload = &bytes[at + frame.payload.start..at + frame.payload.end];
                at += frame.payload.end;
                if frame.sequence >= *next {
                    *next = frame.sequence.next();
                    let entry = payload::parse(frame.sequence, payload);
                    visit(entry.map_err(|why| JournalError::Entry {
                        sequence: frame.sequence.0,
                        why,
                    })?);
                }
            }
            Parsed::Unfinished | Parsed::Damaged => match frame::next_sound(&bytes[at..]) {
                Some(ahead) => at += ahead,
                None => return Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use schemas::{EventId, EventType, Timestamp, Unsealed};

    use super::super::{Entry, Journal, Options};
    use super::*;

    fn event(number: u8) -> Unsealed {
        let timestamp = Timestamp::from_unix_millis_saturating(1_700_000_000_000);
        Unsealed {
            event_type: EventType::View,
            event_id: EventId::at(timestamp, [number; 10]),
            timestamp,
            session_id: None,
            json: format!(r#"{{"number":{number},"filler":"{}"}}"#, "x".repeat(100)).into_bytes(),
        }
    }

    #[test]
    fn a_journal_in_use_is_read_without_being_touched() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        for number in 1..=5 {
            journal.append(&[Entry::observation(&event(number), None)]).unwrap();
        }
        let before = fs::read_dir(folder.path()).unwrap().count();
        let mut seen = Vec::new();
        let inspection = inspect(folder.path(), |entry| seen.push((entry.sequence.0, entry.event_id))).unwrap();
        assert_eq!(
            seen,
            (1..=5)
                .map(|number| (u64::from(number), event(number).event_id))
                .collect::<Vec<_>>()
        );
        assert_eq!(&instance_of(folder.path()).unwrap(), journal.instance());
        assert_eq!((inspection.first_kept, inspection.last), (Sequence(1), Sequence(5)));
        assert_eq!(inspection.acknowledged, None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    }

    #[test]
    fn a_damaged_entry_is_stepped_over() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        for number in 1..=3 {
            journal.append(&[Entry::observation(&event(number), None)]).unwrap();
        }
        drop(journal);
        let path = segment::path(folder.path(), Sequence::FIRST);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let mut seen = Vec::new();
        let inspection = inspect(folder.path(), |entry| seen.push(entry.sequence.0)).unwrap();
        assert_eq!(seen, [1, 3]);
        assert_eq!(inspection.last, Sequence(3));
    }
}
