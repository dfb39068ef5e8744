//! The segment files of a partition, in groups of whole batches; what isn't whole (yet) ends its file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use super::super::error::AuditError;
use super::super::progress::Progress;
use crate::broker::log::batch::{BatchHeader, HEADER};

const GROUP_BYTES: usize = 512 * 1024;
/// Headers of small batches come out of it; a large batch is read past it.
const BUFFER_BYTES: usize = 64 * 1024;

/// Whole batches of one segment file, one after another: about 512 KiB, or one batch where that is larger.
pub(super) struct Group {
    pub(super) path: Arc<Path>,
    pub(super) bytes: Vec<u8>,
}

/// The groups of a partition's segments.
pub(super) struct Groups {
    segments: vec::IntoIter<PathBuf>,
    open: Option<OpenSegment>,
}

struct OpenSegment {
    path: Arc<Path>,
    file: BufReader<File>,
    /// Bytes that are not read yet, of those that were there when it was opened.
    left: u64,
    progress: Progress,
}

impl Groups {
    pub(super) fn of(segments: Vec<PathBuf>) -> Self {
        Self {
            segments: segments.into_iter(),
            open: None,
        }
    }
}

impl Iterator for Groups {
    type Item = Result<Group, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(segment) = &mut self.open {
                match segment.next_group() {
                    Ok(None) => self.open = None,
                    found => return found.transpose(),
                }
            }
            match OpenSegment::open(self.segments.next()?) {
                Ok(segment) => self.open = segment,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl OpenSegment {
    /// None when retention has deleted it since it was listed.
    fn open(path: PathBuf) -> Result<Option<Self>, AuditError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AuditError::file(path)(error)),
        };
        let left = file.metadata().map_err(AuditError::file(&path))?.len();
        Ok(Some(Self {
            path: path.into(),
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            left,
            progress: Progress::of("topics", Some(left)),
        }))
    }

    fn next_group(&mut self) -> Result<Option<Group>, AuditError> {
        let mut bytes = Vec::with_capacity(GROUP_BYTES);
        while bytes.len() < GROUP_BYTES {
            let before = bytes.len();
            match next_batch(&mut self.file, self.left, &mut bytes) {
                Ok(true) => {
                    let size = (bytes.len() - before) as u64;
                    self.left -= size;
                    self.progress.step(size);
                }
                Ok(false) => {
                    self.left = 0;
                    break;
                }
                Err(error) => return Err(AuditError::file(&*self.path)(error)),
            }
        }
        let path = Arc::clone(&self.path);
        Ok((!bytes.is_empty()).then_some(Group { path, bytes }))
    }
}

/// Appends the next whole batch; false at the end, or where the rest is no batch (yet).
fn next_batch(file: &mut impl Read, left: u64, bytes: &mut Vec<u8>) -> io::Result<bool> {
    if left < HEADER as u64 {
        return Ok(false);
    }
    let mut head = [0; HEADER];
    match file.read_exact(&mut head) {
        // The broker has cut what it could not sync.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let Ok(header) = BatchHeader::parse(&head) else {
        return Ok(false);
    };
    if header.size as u64 > left {
        return Ok(false);
    }
    let before = bytes.len();
    bytes.extend_from_slice(&head);
    let wanted = header.size - HEADER;
    if file.take(wanted as u64).read_to_end(bytes)? < wanted {
        bytes.truncate(before);
        return Ok(false);
    }
    Ok(true)
}
