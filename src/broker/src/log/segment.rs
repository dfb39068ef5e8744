//! One append-only file of batches, `{base offset}.log`, and a sparse index over it in memory.
//!
//! Only the segment that is written to keeps its file open; the others open it when they are read, so that a log of any length
//! needs one file descriptor.
//!
//! One mark (offset, position, newest date before it) stands for every 16 KiB: 1.5 MiB of memory for 1 GiB of log.
//! The index is rebuilt when the file is opened; nothing but the log itself is on the disk.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Offset;
use super::batch::BatchHeader;
use super::slice::Slice;

const MARK_EVERY: u64 = 16 * 1024;

#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: Offset,
    position: u64,
    /// The newest date of everything before the mark.
    newest_before: i64,
}

/// One file of the log. Positions and sizes are bytes.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base: Offset,
    /// The offset after the last batch.
    pub(crate) next: Offset,
    pub(crate) size: u64,
    /// The newest record's date, milliseconds since 1970.
    pub(crate) newest: Option<i64>,
    /// The first batch's date, for `segment.ms`.
    pub(crate) first: Option<i64>,
    pub(crate) path: PathBuf,
    /// Whether the folder's entry for it is on the disk.
    pub(super) is_named_on_disk: bool,
    /// Open until it is sealed.
    file: Option<Arc<File>>,
    marks: Vec<Mark>,
}

impl Segment {
    pub(crate) fn path_in(folder: &Path, base: Offset) -> PathBuf {
        folder.join(format!("{:020}.log", base.0))
    }

    /// Creates the file; fails if it is there already, unless it is empty (a full disk can stop a roll half-way). Neither it nor
    /// its name is on the disk yet.
    pub(crate) fn create(folder: &Path, base: Offset) -> io::Result<Self> {
        let path = Self::path_in(folder, base);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        if file.metadata()?.len() > 0 {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut created = Self::around(path, base, file);
        created.is_named_on_disk = false;
        Ok(created)
    }

    /// An opened file of which nothing is known yet; [`Segment::note`] tells it its batches.
    pub(crate) fn around(path: PathBuf, base: Offset, file: File) -> Self {
        Self {
            base,
            next: base,
            size: 0,
            newest: None,
            first: None,
            path,
            is_named_on_disk: true,
            file: Some(Arc::new(file)),
            marks: Vec::new(),
        }
    }

    pub(crate) fn file(&self) -> io::Result<Arc<File>> {
        match &self.file {
            Some(file) => Ok(Arc::clone(file)),
            None => Ok(Arc::new(OpenOptions::new().read(true).write(true).open(&self.path)?)),
        }
    }

    /// Nothing is written to it any more, and all of it is on the disk.
    pub(crate) fn seal(&mut self) {
        self.file = None;
    }

    /// Writes a batch at the end; a failed write leaves the file as it was.
    pub(crate) fn append(&mut self, header: &BatchHeader, batch: &[u8]) -> io::Result<()> {
        let file = self.file()?;
        if let Err(error) = file.write_all_at(batch, self.size) {
            file.set_len(self.size)?;
            return Err(error);
        }
        self.note(header);
        Ok(())
    }

    /// Takes the batch that ends the file so far into the index.
    pub(crate) fn note(&mut self, header: &BatchHeader) {
        if self
            .marks
            .last()
            .is_none_or(|mark| self.size - mark.position >= MARK_EVERY)
        {
            let newest_before = self.newest.unwrap_or(i64::MIN);
            self.marks.push(Mark {
                offset: header.base,
                position: self.size,
                newest_before,
            });
        }
        self.size += header.size as u64;
        self.next = header.next();
        self.newest = Some(
            self.newest
                .map_or(header.max_timestamp, |newest| newest.max(header.max_timestamp)),
        );
        self.first = self.first.or(Some(header.max_timestamp));
    }

    /// The date by which its age is told: that of its newest record; where that lies after `now`, when the file was last written, so that
    /// one wrong date doesn't keep it for ever.
    pub(crate) fn newest_by(&self, now: i64) -> Option<i64> {
        self.newest.map(|newest| {
            if newest > now {
                self.written().unwrap_or(newest)
            } else {
                newest
            }
        })
    }

    /// When the file was last written, milliseconds since 1970.
    fn written(&self) -> Option<i64> {
        let written = fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok()?;
        let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// Cuts the file back; `newest` may stay too new, which only keeps the file longer.
    pub(crate) fn cut(&mut self, size: u64, next: Offset) -> io::Result<()> {
        self.file()?.set_len(size)?;
        self.marks.retain(|mark| mark.position < size);
        self.size = size;
        self.next = next;
        Ok(())
    }

    /// A view that starts at the last mark at or before `offset` and ends at byte `end`, before the offset `limit`.
    pub(crate) fn slice_at(&self, offset: Offset, end: u64, limit: Offset) -> io::Result<Slice> {
        let after = self.marks.partition_point(|mark| mark.offset <= offset);
        self.slice_from(after, end, limit)
    }

    /// A view that holds the first batch dated at or after `timestamp`, if any is.
    pub(crate) fn slice_since(&self, timestamp: i64, end: u64, limit: Offset) -> io::Result<Slice> {
        let after = self.marks.partition_point(|mark| mark.newest_before < timestamp);
        self.slice_from(after, end, limit)
    }

    fn slice_from(&self, after: usize, end: u64, limit: Offset) -> io::Result<Slice> {
        let mark = after.checked_sub(1).and_then(|index| self.marks.get(index));
        Ok(Slice {
            file: self.file()?,
            from: mark.map_or(0, |mark| mark.position),
            end,
            expected: mark.map_or(self.base, |mark| mark.offset),
            limit,
        })
    }
}
