//! What stands at the end of the last segment when the folder is opened, and where to go on.
//!
//! A frame that was never finished is cut: nobody was told that it was kept, so its sequence is given out again. Damaged bytes at
//! the end may have been sound, synced and sent to Kafka before: they are set aside, and the sequences that they can have held
//! are never given out again, because the sink takes a sequence that it knows for a repetition. Damage with sound frames
//! behind it stays where it is; the reader steps over it and reports what is lost.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use schemas::Sequence;
use tracing::{error, warn};

use super::error::JournalError;
use super::folder;
use super::frame::{self, Parsed};
use super::segment::{self, Segment};

/// Where the journal goes on.
#[derive(Debug)]
pub(super) struct Start {
    /// Every segment, the active one last.
    pub(super) segments: Vec<Segment>,
    pub(super) active: File,
    pub(super) next: Sequence,
}

/// How a segment ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The end of the last sound frame.
    pub(super) sound_bytes: usize,
    pub(super) last: Option<Sequence>,
    pub(super) rest: Rest,
}

/// What follows the last sound frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// A write that was never finished.
    Torn,
    /// Bytes that make no sense; they may have held up to so many entries.
    Damaged {
        entries: u64,
    },
}

/// Repairs the end of the journal and opens its active segment; `acknowledged` is the relay's cursor.
pub(super) fn start(folder: &Path, acknowledged: Sequence) -> Result<Start, JournalError> {
    let mut segments = segment::list(folder)?;
    let mut next = Sequence::FIRST;
    let mut active = None;
    if let Some(last) = segments.last_mut() {
        let (file, tail) = repair(folder, last)?;
        next = tail.last.map_or(last.first, Sequence::next);
        match tail.rest {
            Rest::Damaged { entries } => {
                let gap_ends = Sequence(next.0 + entries);
                error!(
                    first = next.0,
                    last = gap_ends.0 - 1,
                    "The end of the journal was damaged: entries of this range may be lost, `de-shop audit` tells which. The bytes are kept in a \
                     .corrupt file; look after the disk of --journal"
                );
                next = gap_ends;
            }
            Rest::Nothing | Rest::Torn => active = Some(file),
        }
    }
    if acknowledged >= next {
        error!(
            first = next.0,
            last = acknowledged.0,
            "Kafka has acknowledged entries that the journal no longer holds, as after an old copy of its folder was brought back; it goes on \
             behind them. `de-shop audit` tells what is missing"
        );
        next = acknowledged.next();
        active = None;
    }
    let active = match active {
        Some(file) => file,
        None => fresh(folder, &mut segments, next)?,
    };
    segment::sync_folder(folder).map_err(JournalError::file(folder, "can't be synced"))?;
    Ok(Start { segments, active, next })
}

fn fresh(folder: &Path, segments: &mut Vec<Segment>, next: Sequence) -> Result<File, JournalError> {
    // An empty last segment would only hold the name that the new one may need.
    if let Some(last) = segments.pop_if(|last| last.bytes == 0) {
        let path = segment::path(folder, last.first);
        fs::remove_file(&path).map_err(JournalError::file(path, "can't be deleted"))?;
    }
    let file = segment::create(folder, next).map_err(JournalError::file(folder, "a segment can't be created"))?;
    segments.push(Segment {
        first: next,
        bytes: 0,
        oldest: None,
    });
    Ok(file)
}

/// Cuts what is not sound from the end of a segment.
fn repair(folder: &Path, last: &mut Segment) -> Result<(File, Tail), JournalError> {
    let path = segment::path(folder, last.first);
    let file = segment::open(folder, last.first).map_err(JournalError::file(&path, "can't be opened"))?;
    let bytes = fs::read(&path).map_err(JournalError::file(&path, "can't be read"))?;
    let tail = examine(&bytes);
    let rest = &bytes[tail.sound_bytes..];
    match tail.rest {
        Rest::Nothing => {}
        Rest::Torn => warn!(
            segment = %path.display(),
            bytes = rest.len(),
            "The journal ended in a write that was never finished; it was cut"
        ),
        Rest::Damaged { .. } => set_aside(folder, last.first, tail.sound_bytes, rest)
            .map_err(JournalError::file(folder, "damaged bytes can't be set aside"))?,
    }
    let sound = tail.sound_bytes as u64;
    file.set_len(sound).map_err(JournalError::file(&path, "can't be cut"))?;
    // What was only in the page cache counts as kept from now on, so it must be.
    file.sync_all().map_err(JournalError::file(&path, "can't be synced"))?;
    last.bytes = sound;
    Ok((file, tail))
}

/// Keeps damaged bytes in a file of their own, once: all of them, on the disk, or an error. A file that is too short is one that an older
/// version left half written on a full disk; a longer one holds these bytes and more.
pub(super) fn set_aside(folder: &Path, segment: Sequence, at: usize, bytes: &[u8]) -> io::Result<()> {
    let name = format!("{:020}-{at}.corrupt", segment.0);
    match fs::metadata(folder.join(&name)) {
        Ok(kept) if kept.len() >= bytes.len() as u64 => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => folder::replace(folder, &name, bytes),
    }
}

pub(super) fn examine(bytes: &[u8]) -> Tail {
    let (mut at, mut sound_bytes, mut last) = (0, 0, None);
    loop {
        let rest = &bytes[at..];
        let step = match frame::parse(rest) {
            Parsed::Sound(frame) => {
                sound_bytes = at + frame.payload.end;
                last = last.max(Some(frame.sequence));
                Some(frame.payload.end)
            }
            Parsed::Unfinished | Parsed::Damaged => frame::next_sound(rest),
        };
        match step {
            Some(step) => at += step,
            None => break,
        }
    }
    Tail {
        sound_bytes,
        last,
        rest: judge(&bytes[sound_bytes..]),
    }
}

/// Zeros are what a power cut leaves where a write was only promised by the file's length; no frame ends in one, so a frame that is
/// zeros from somewhere on was never finished either.
fn judge(rest: &[u8]) -> Rest {
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if rest.is_empty() {
        Rest::Nothing
    } else if frame::parse(&rest[..written]) == Parsed::Unfinished {
        Rest::Torn
    } else {
        Rest::Damaged {
            entries: (written / frame::MIN_FRAME_BYTES) as u64 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_kept_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("00000000000000000007-40.corrupt");
        set_aside(folder.path(), Sequence(7), 40, b"damaged bytes").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"damaged bytes");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        // The reader meets the beginning of them again.
        set_aside(folder.path(), Sequence(7), 40, b"damaged").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"damaged bytes");
        // What an older version left of them when the disk was full.
        fs::write(&kept, b"dam").unwrap();
        set_aside(folder.path(), Sequence(7), 40, b"damaged bytes").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"damaged bytes");
    }

    #[test]
    fn damaged_bytes_that_find_no_room_leave_nothing_that_counts_as_kept() {
        let folder = tempfile::tempdir().unwrap();
        // As full as a disk can be: the draft goes to the device that takes nothing.
        let name = "00000000000000000007-40.corrupt";
        std::os::unix::fs::symlink("/dev/full", folder.path().join(format!("{name}.new"))).unwrap();
        assert!(set_aside(folder.path(), Sequence(7), 40, b"damaged bytes").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        set_aside(folder.path(), Sequence(7), 40, b"damaged bytes").unwrap();
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"damaged bytes");
    }
}
