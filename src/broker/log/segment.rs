//! One append-only file of batches, `{base offset}.log`, and a sparse index over it in memory.
//!
//! One mark (offset, position, newest date before it) stands for every 16 KiB: 1.5 MiB of memory for 1 GiB of log.
//! The index is rebuilt when the file is opened; nothing but the log itself is on the disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::Offset;
use super::batch::{self, BatchHeader, HEADER};

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
    file: Arc<File>,
    marks: Vec<Mark>,
}

impl Segment {
    pub(crate) fn path_in(folder: &Path, base: Offset) -> PathBuf {
        folder.join(format!("{:020}.log", base.0))
    }

    /// Creates the file; fails if it is there already, unless it is empty (a full disk can stop a roll half-way).
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
        File::open(folder)?.sync_all()?;
        Ok(Self::around(path, base, file))
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
            file: Arc::new(file),
            marks: Vec::new(),
        }
    }

    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Writes a batch at the end; a failed write leaves the file as it was.
    pub(crate) fn append(&mut self, header: &BatchHeader, batch: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all_at(batch, self.size) {
            self.file.set_len(self.size)?;
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
        let written = self.file.metadata().and_then(|metadata| metadata.modified()).ok()?;
        let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// Cuts the file back; `newest` may stay too new, which only keeps the file longer.
    pub(crate) fn cut(&mut self, size: u64, next: Offset) -> io::Result<()> {
        self.file.set_len(size)?;
        self.marks.retain(|mark| mark.position < size);
        self.size = size;
        self.next = next;
        Ok(())
    }

    /// A view that starts at the last mark at or before `offset` and ends at byte `end`.
    pub(crate) fn slice_at(&self, offset: Offset, end: u64) -> Slice {
        let after = self.marks.partition_point(|mark| mark.offset <= offset);
        Slice {
            file: self.file(),
            from: self.mark_before(after),
            end,
        }
    }

    /// A view that holds the first batch dated at or after `timestamp`, if any is.
    pub(crate) fn slice_since(&self, timestamp: i64, end: u64) -> Slice {
        let after = self.marks.partition_point(|mark| mark.newest_before < timestamp);
        Slice {
            file: self.file(),
            from: self.mark_before(after),
            end,
        }
    }

    fn mark_before(&self, after: usize) -> u64 {
        after
            .checked_sub(1)
            .and_then(|index| self.marks.get(index))
            .map_or(0, |mark| mark.position)
    }
}

/// A stretch of one file that starts and ends at a batch's edge. Reading it needs no lock: what was written stays.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    file: Arc<File>,
    from: u64,
    end: u64,
}

/// What was read of a slice.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) records: Bytes,
    /// Where damaged batches were stepped over before the first record: from where to go on when there is none.
    pub(crate) beyond: Option<Offset>,
}

impl Slice {
    /// Whole and sound batches from the one that holds `offset` on, at most `max_bytes` of them, or the first one alone when it is
    /// larger and `at_least_one` is asked for. A batch whose checksum is wrong is stepped over, and said: it stays in the file.
    pub(crate) fn read(mut self, offset: Offset, max_bytes: usize, at_least_one: bool) -> io::Result<Read> {
        let mut beyond = None;
        let first = loop {
            match self.peek()? {
                None => {
                    return Ok(Read {
                        beyond,
                        ..Read::default()
                    });
                }
                Some(header) if header.next() > offset => {
                    if batch::check(&self.batch(&header)?).is_ok() {
                        break header;
                    }
                    tracing::error!(
                        first_lost_offset = header.base.0,
                        last_lost_offset = header.next().0 - 1,
                        "a batch is damaged on the disk (its checksum is wrong); consumers are led past it"
                    );
                    beyond = Some(header.next());
                    self.skip(&header);
                }
                Some(header) => self.skip(&header),
            }
        };
        let wanted = if at_least_one {
            max_bytes.max(first.size)
        } else {
            max_bytes
        };
        let available = usize::try_from(self.end - self.from).unwrap_or(usize::MAX);
        let mut bytes = vec![0; wanted.min(available)];
        self.file.read_exact_at(&mut bytes, self.from)?;
        bytes.truncate(sound_batches(&bytes));
        Ok(Read {
            records: Bytes::from(bytes),
            beyond,
        })
    }

    /// The header of the batch at the start.
    pub(crate) fn peek(&self) -> io::Result<Option<BatchHeader>> {
        if self.from >= self.end {
            return Ok(None);
        }
        let mut bytes = [0; HEADER];
        self.file.read_exact_at(&mut bytes, self.from)?;
        let header = BatchHeader::parse(&bytes).map_err(io::Error::other)?;
        Ok(Some(header))
    }

    /// Steps over the batch at the start.
    pub(crate) fn skip(&mut self, header: &BatchHeader) {
        self.from += header.size as u64;
    }

    /// The bytes of the batch at the start.
    pub(crate) fn batch(&self, header: &BatchHeader) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; header.size];
        self.file.read_exact_at(&mut bytes, self.from)?;
        Ok(bytes)
    }
}

/// How far whole batches with the right checksum go.
fn sound_batches(bytes: &[u8]) -> usize {
    let mut sound = 0;
    while let Ok(header) = batch::check(&bytes[sound..]) {
        sound += header.size;
    }
    sound
}
