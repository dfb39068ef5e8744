//! The segment files of a partition, in groups of whole batches. What is no batch is stepped over and named; an unfinished write at the
//! end of the last segment is none yet.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{thread, vec};

use broker::batches::{self, BatchHeader, HEADER};
use hosting::Progress;

use super::super::error::AuditError;
use super::super::faults::Unreadable;

const GROUP_BYTES: usize = 512 * 1024;
/// Headers of small batches come out of it; a large batch is read past it.
const BUFFER_BYTES: usize = 64 * 1024;
/// A broker that runs has written a whole batch, or taken it back, within this time.
const WRITTEN_WITHIN: Duration = Duration::from_millis(300);

/// Whole batches of one segment file, one after another: about 512 KiB, or one batch where that is larger.
pub(super) struct Group {
    pub(super) path: Arc<Path>,
    /// Where it begins in its file.
    pub(super) from: u64,
    pub(super) bytes: Vec<u8>,
}

/// The groups of a partition's segments.
pub(super) struct Groups {
    segments: vec::IntoIter<(i64, PathBuf)>,
    open: Option<OpenSegment>,
    /// The offset behind the last batch so far.
    pub(super) end: i64,
    /// What is no batch, so far.
    pub(super) unreadable: Vec<Unreadable>,
}

struct OpenSegment {
    path: Arc<Path>,
    file: BufReader<File>,
    at: u64,
    /// What was there when it was opened.
    length: u64,
    /// The offset behind the last batch.
    end: i64,
    progress: Progress,
}

/// What follows in a segment.
enum Next {
    Batch(BatchHeader),
    /// Nothing, or a write that is not finished.
    End,
    Damage,
}

impl Groups {
    pub(super) fn of(segments: Vec<(i64, PathBuf)>) -> Self {
        Self {
            segments: segments.into_iter(),
            open: None,
            end: 0,
            unreadable: Vec::new(),
        }
    }
}

impl Iterator for Groups {
    type Item = Result<Group, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(segment) = &mut self.open {
                let is_last = self.segments.as_slice().is_empty();
                let found = segment.next_group(is_last, &mut self.unreadable);
                self.end = self.end.max(segment.end);
                match found {
                    Ok(None) => self.open = None,
                    Ok(Some(group)) => return Some(Ok(group)),
                    Err(error) => return Some(Err(AuditError::file(&*segment.path)(error))),
                }
            }
            let (base, path) = self.segments.next()?;
            self.end = self.end.max(base);
            match OpenSegment::open(path, base) {
                Ok(segment) => self.open = segment,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl OpenSegment {
    /// None when retention has deleted it since it was listed.
    fn open(path: PathBuf, base: i64) -> Result<Option<Self>, AuditError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AuditError::file(path)(error)),
        };
        let length = file.metadata().map_err(AuditError::file(&path))?.len();
        Ok(Some(Self {
            path: path.into(),
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            at: 0,
            length,
            end: base,
            progress: Progress::of("topics", Some(length)),
        }))
    }

    fn next_group(&mut self, is_last: bool, unreadable: &mut Vec<Unreadable>) -> io::Result<Option<Group>> {
        let (mut bytes, mut from) = (Vec::with_capacity(GROUP_BYTES), self.at);
        while bytes.len() < GROUP_BYTES {
            match self.next_batch(&mut bytes)? {
                Next::Batch(header) => {
                    self.at += header.size as u64;
                    self.end = self.end.max(header.next().0);
                    self.progress.step(header.size as u64);
                }
                Next::End if is_last || self.at == self.length => break,
                Next::End | Next::Damage if !bytes.is_empty() => {
                    // First what stands before it.
                    self.file.seek(SeekFrom::Start(self.at))?;
                    break;
                }
                Next::End | Next::Damage => {
                    self.step_over(is_last, unreadable)?;
                    from = self.at;
                }
            }
        }
        let path = Arc::clone(&self.path);
        Ok((!bytes.is_empty()).then_some(Group { path, from, bytes }))
    }

    /// Appends the next whole batch.
    fn next_batch(&mut self, bytes: &mut Vec<u8>) -> io::Result<Next> {
        let left = self.length - self.at;
        if left < HEADER as u64 {
            return Ok(Next::End);
        }
        let mut head = [0; HEADER];
        match self.file.read_exact(&mut head) {
            // The broker has cut what it could not sync.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Next::End),
            read => read?,
        }
        let header = match BatchHeader::parse(&head) {
            Ok(header) if header.base.0 >= self.end => header,
            _ => return Ok(Next::Damage),
        };
        if header.size as u64 > left {
            return Ok(Next::End);
        }
        let before = bytes.len();
        bytes.extend_from_slice(&head);
        let wanted = header.size - HEADER;
        if (&mut self.file).take(wanted as u64).read_to_end(bytes)? < wanted {
            bytes.truncate(before);
            return Ok(Next::End);
        }
        Ok(Next::Batch(header))
    }

    /// Goes to the next sound batch, or to the end.
    fn step_over(&mut self, is_last: bool, unreadable: &mut Vec<Unreadable>) -> io::Result<()> {
        if is_last {
            thread::sleep(WRITTEN_WITHIN);
            self.length = self.file.get_ref().metadata()?.len();
        }
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut rest = Vec::new();
        (&mut self.file)
            .take(self.length.saturating_sub(self.at))
            .read_to_end(&mut rest)?;
        let end = self.end;
        let next = (0..rest.len())
            .find(|at| is_sound(&rest[*at..], end))
            .unwrap_or(rest.len());
        if next > 0 {
            unreadable.push(Unreadable {
                path: self.path.to_path_buf(),
                from: self.at,
                bytes: next as u64,
            });
        }
        self.at += next as u64;
        self.file.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }
}

/// Whether a whole batch begins here. What random bytes never say is asked before the checksum, which costs more.
fn is_sound(bytes: &[u8], end: i64) -> bool {
    /// More offsets than any stretch of damage holds.
    const FURTHEST: i64 = 1 << 40;
    let Ok(header) = BatchHeader::parse(bytes) else {
        return false;
    };
    let follows = header.base.0 >= end && header.base.0 - end < FURTHEST;
    follows && header.records > 0 && header.records - 1 == header.last_delta && batches::check(bytes).is_ok()
}
