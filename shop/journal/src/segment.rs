//! A segment file: frames one after another; its name is the sequence of its first entry.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use schemas::{Sequence, Timestamp};

use super::error::JournalError;
use super::{frame, payload};

const SUFFIX: &str = "journal";

/// What is known of a segment without reading it.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) first: Sequence,
    pub(super) bytes: u64,
    /// The moment of its first event.
    pub(super) oldest: Option<Timestamp>,
}

/// `00000000000000000001.journal`
pub(super) fn path(folder: &Path, first: Sequence) -> PathBuf {
    folder.join(format!("{:020}.{SUFFIX}", first.0))
}

/// The segments of the folder in order; other files are nobody's business.
pub(super) fn list(folder: &Path) -> Result<Vec<Segment>, JournalError> {
    let failed = |source| JournalError::file(folder, "can't be listed")(source);
    let mut segments = Vec::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let file = file.map_err(failed)?;
        let Some(first) = first_of(&file.path()) else { continue };
        let bytes = file
            .metadata()
            .map_err(JournalError::file(file.path(), "can't be looked at"))?
            .len();
        let oldest = first_timestamp(&file.path()).map_err(JournalError::file(file.path(), "can't be read"))?;
        segments.push(Segment { first, bytes, oldest });
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}

/// A new file for reading and writing; it must not exist.
pub(super) fn create(folder: &Path, first: Sequence) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path(folder, first))
}

/// An existing file for reading and writing.
pub(super) fn open(folder: &Path, first: Sequence) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path(folder, first))
}

/// Makes the names in the folder survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn first_of(path: &Path) -> Option<Sequence> {
    (path.extension()? == SUFFIX).then(|| first_of_stem(path)).flatten()
}

/// The sequence that a file's name begins with.
pub(super) fn first_of_stem(path: &Path) -> Option<Sequence> {
    let name = path.file_stem()?.to_str()?;
    (name.len() == 20)
        .then(|| name.parse().ok().map(Sequence))
        .flatten()
        .filter(|first| first.0 > 0)
}

fn first_timestamp(path: &Path) -> io::Result<Option<Timestamp>> {
    let mut head = [0; frame::MIN_FRAME_BYTES];
    match File::open(path)?.read_exact_at(&mut head, 0) {
        Ok(()) => Ok(payload::timestamp(&head[frame::HEADER_BYTES..])),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
