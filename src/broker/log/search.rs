//! Reading a log: by offset, and finding the offset that belongs to a date.

use std::io;

use super::batch::BatchHeader;
use super::records::Records;
use super::segment::{Segment, Slice};
use super::{Log, LogError, Offset};

/// A record found by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) offset: Offset,
    pub(crate) timestamp: i64,
}

impl Log {
    /// Where to read from `offset` on, to be read without the log's lock; `None` at the end.
    pub(crate) fn slice_at(&self, offset: Offset) -> Result<Option<Slice>, LogError> {
        if offset < self.start || offset > self.durable {
            return Err(LogError::OutOfRange {
                asked: offset,
                start: self.start,
                end: self.durable,
            });
        }
        let holding = self
            .segments
            .iter()
            .enumerate()
            .find(|(_, segment)| segment.next > offset);
        Ok(holding
            .map(|(index, segment)| segment.slice_at(offset, self.readable(index, segment)))
            .filter(|_| offset < self.durable))
    }

    /// The first record dated at or after `timestamp` (milliseconds since 1970).
    ///
    /// Inside a compressed batch single records can't be seen: its first offset is answered, so that nothing is skipped.
    pub(crate) fn first_since(&self, timestamp: i64) -> Result<Option<Found>, LogError> {
        for (index, segment) in self.segments.iter().enumerate() {
            if segment.newest.is_none_or(|newest| newest < timestamp) {
                continue;
            }
            let slice = segment.slice_since(timestamp, self.readable(index, segment));
            if let Some(found) = self.first_in(slice, timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The newest record by date, the first of them if there are several.
    pub(crate) fn newest(&self) -> Result<Option<Found>, LogError> {
        match self.segments.iter().filter_map(|segment| segment.newest).max() {
            Some(newest) => self.first_since(newest),
            None => Ok(None),
        }
    }

    fn first_in(&self, mut slice: Slice, timestamp: i64) -> io::Result<Option<Found>> {
        while let Some(header) = slice.peek()? {
            if header.max_timestamp >= timestamp && header.next() > self.start {
                let found = if header.is_compressed() {
                    Some(self.whole_batch(&header, timestamp))
                } else {
                    let batch = slice.batch(&header)?;
                    let start = self.start;
                    Records::of(header, &batch)
                        .filter_map(Result::ok)
                        .find(|record| record.timestamp >= timestamp && record.offset >= start)
                        .map(|record| Found {
                            offset: record.offset,
                            timestamp: record.timestamp,
                        })
                };
                if found.is_some() {
                    return Ok(found);
                }
            }
            slice.skip(&header);
        }
        Ok(None)
    }

    fn whole_batch(&self, header: &BatchHeader, timestamp: i64) -> Found {
        let dated = if header.base_timestamp >= timestamp {
            header.base_timestamp
        } else {
            header.max_timestamp
        };
        Found {
            offset: header.base.max(self.start),
            timestamp: dated,
        }
    }

    /// How many bytes of a segment may be shown.
    fn readable(&self, index: usize, segment: &Segment) -> u64 {
        if index + 1 == self.segments.len() {
            self.durable_size
        } else {
            segment.size
        }
    }
}
