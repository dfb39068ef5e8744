//! A stretch of a segment's file, to be read without the log's lock: what was written stays.
//!
//! What is damaged is stepped over: the next batch that is sound is looked for byte by byte. A batch is damaged where its checksum
//! is wrong, or its header can't be, or names offsets that can't stand there (the checksum doesn't cover those).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use super::Offset;
use super::batch::{self, BatchHeader, HEADER};

/// How much is looked through at a time for the next sound batch.
const WINDOW: usize = 1024 * 1024;

/// A stretch of one file that starts and ends at a batch's edge.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    pub(super) file: Arc<File>,
    pub(super) from: u64,
    pub(super) end: u64,
    /// No batch from `from` on begins before this offset, nor ends behind the limit.
    pub(super) expected: Offset,
    pub(super) limit: Offset,
}

/// Offsets that can't be read any more: `from` up to (not including) `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) from: Offset,
    pub(crate) to: Offset,
}

/// What stands at the start of a slice.
#[derive(Debug, Clone, Copy)]
enum Next {
    Nothing,
    Batch(BatchHeader),
    Damage,
}

/// What was read of a slice.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) records: Bytes,
    /// Where damaged batches were stepped over before the first record: from where to go on when there is none.
    pub(crate) beyond: Option<Offset>,
    pub(crate) damaged: Vec<Damage>,
}

impl Slice {
    /// Whole and sound batches from the one that holds `offset` on, at most `max_bytes` of them, or the first one alone when it is
    /// larger and `at_least_one` is asked for. What is damaged before the first is stepped over: it stays in the file.
    pub(crate) fn read(mut self, offset: Offset, max_bytes: usize, at_least_one: bool) -> io::Result<Read> {
        let mut read = Read::default();
        let first = loop {
            match self.next()? {
                Next::Nothing => return Ok(read),
                Next::Batch(header) if header.next() <= offset => self.skip(&header),
                Next::Batch(header) if batch::check(&self.batch(&header)?).is_ok() => break header,
                Next::Batch(_) | Next::Damage => {
                    let damage = self.step_over()?;
                    read.beyond = Some(damage.to);
                    read.damaged.push(damage);
                }
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
        bytes.truncate(self.sound_batches(&bytes));
        read.records = Bytes::from(bytes);
        Ok(read)
    }

    /// The header of the next batch; damage is stepped over without a word.
    pub(crate) fn peek(&mut self) -> io::Result<Option<BatchHeader>> {
        loop {
            match self.next()? {
                Next::Nothing => return Ok(None),
                Next::Batch(header) => return Ok(Some(header)),
                Next::Damage => drop(self.step_over()?),
            }
        }
    }

    fn next(&self) -> io::Result<Next> {
        if self.from >= self.end {
            return Ok(Next::Nothing);
        }
        if self.end - self.from < HEADER as u64 {
            return Ok(Next::Damage);
        }
        let mut bytes = [0; HEADER];
        self.file.read_exact_at(&mut bytes, self.from)?;
        Ok(match BatchHeader::parse(&bytes) {
            Ok(header) if self.can_hold(&header, self.from) => Next::Batch(header),
            _ => Next::Damage,
        })
    }

    fn can_hold(&self, header: &BatchHeader, at: u64) -> bool {
        header.base >= self.expected && header.next() <= self.limit && header.size as u64 <= self.end - at
    }

    /// Steps over the batch at the start.
    pub(crate) fn skip(&mut self, header: &BatchHeader) {
        self.from += header.size as u64;
        self.expected = header.next();
    }

    /// The bytes of the batch at the start.
    pub(crate) fn batch(&self, header: &BatchHeader) -> io::Result<Vec<u8>> {
        self.batch_at(header, self.from)
    }

    fn batch_at(&self, header: &BatchHeader, at: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; header.size];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// Goes to the next sound batch behind the start, or to the end.
    fn step_over(&mut self) -> io::Result<Damage> {
        let from = self.expected;
        let mut at = self.from + 1;
        while at < self.end {
            let length = usize::try_from(self.end - at).map_or(WINDOW, |left| left.min(WINDOW));
            let mut window = vec![0; length];
            self.file.read_exact_at(&mut window, at)?;
            for (index, bytes) in window.windows(HEADER).enumerate() {
                let here = at + index as u64;
                if let Some(header) = self.sound_at(bytes, here)? {
                    (self.from, self.expected) = (here, header.base);
                    return Ok(Damage { from, to: header.base });
                }
            }
            // The last bytes of a window are looked at again, with those behind them.
            at += (length.saturating_sub(HEADER) + 1) as u64;
        }
        (self.from, self.expected) = (self.end, self.limit);
        Ok(Damage { from, to: self.limit })
    }

    fn sound_at(&self, header: &[u8], at: u64) -> io::Result<Option<BatchHeader>> {
        let Ok(header) = BatchHeader::parse(header) else {
            return Ok(None);
        };
        if !self.can_hold(&header, at) {
            return Ok(None);
        }
        Ok(batch::check(&self.batch_at(&header, at)?).is_ok().then_some(header))
    }

    /// How far whole batches with the right checksum and possible offsets go.
    fn sound_batches(&self, bytes: &[u8]) -> usize {
        let (mut sound, mut expected) = (0, self.expected);
        while let Ok(header) = batch::check(&bytes[sound..]) {
            if header.base < expected || header.next() > self.limit {
                break;
            }
            sound += header.size;
            expected = header.next();
        }
        sound
    }
}
