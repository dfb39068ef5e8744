//! Reading a log: by offset, and finding the offset that belongs to a date.

use std::io;

use super::batch::BatchHeader;
use super::records::Records;
use super::segment::Segment;
use super::slice::Slice;
use super::{Log, LogError, Offset, batch};

/// A record found by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) offset: Offset,
    pub(crate) timestamp: i64,
}

impl Log {
    /// Where to read from `offset` on, to be read without the log's lock; `None` at the end.
    pub(crate) fn slice_at(&self, offset: Offset) -> Result<Option<Slice>, LogError> {
        let end = self.end();
        if offset < self.start || offset > end {
            return Err(LogError::OutOfRange {
                asked: offset,
                start: self.start,
                end,
            });
        }
        // What is not shown yet is waited for, as on Apache Kafka: it is no mistake to ask for it.
        if offset >= self.high {
            return Ok(None);
        }
        let after = self.segments.partition_point(|segment| segment.next <= offset);
        // Compaction leaves segments that are empty.
        let holding = self.segments.iter().skip(after).find(|segment| segment.size > 0);
        let Some(segment) = holding else {
            return Ok(None);
        };
        Ok(Some(segment.slice_at(
            offset,
            self.readable(segment),
            self.limit(segment),
        )?))
    }

    /// The first record dated at or after `timestamp` (milliseconds since 1970).
    pub(crate) fn first_since(&self, timestamp: i64) -> Result<Option<Found>, LogError> {
        for segment in &self.segments {
            if segment.newest.is_none_or(|newest| newest < timestamp) {
                continue;
            }
            let slice = segment.slice_since(timestamp, self.readable(segment), self.limit(segment))?;
            if let Some(found) = self.first_in(slice, timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The newest record by date that can be read, the first of them if there are several.
    pub(crate) fn newest(&self) -> Result<Option<Found>, LogError> {
        let mut newest = None;
        for segment in self.segments.iter().filter(|segment| segment.next > self.start) {
            let here = if segment.base < self.start {
                self.newest_from_start(segment)?
            } else {
                segment.newest
            };
            newest = newest.max(here);
        }
        match newest {
            Some(newest) => self.first_since(newest),
            None => Ok(None),
        }
    }

    /// The newest date in the segment that the log begins in the middle of.
    fn newest_from_start(&self, segment: &Segment) -> io::Result<Option<i64>> {
        let mut slice = segment.slice_at(self.start, self.readable(segment), self.limit(segment))?;
        let mut newest = None;
        while let Some(header) = slice.peek()? {
            if header.base >= self.start {
                newest = newest.max(Some(header.max_timestamp));
            } else if header.next() > self.start {
                let dates = self.readable_records(&slice, &header)?;
                newest = newest.max(dates.into_iter().map(|found| found.timestamp).max());
            }
            slice.skip(&header);
        }
        Ok(newest)
    }

    fn first_in(&self, mut slice: Slice, timestamp: i64) -> io::Result<Option<Found>> {
        while let Some(header) = slice.peek()? {
            if header.max_timestamp >= timestamp && header.next() > self.start {
                let mut records = self.readable_records(&slice, &header)?.into_iter();
                if let Some(found) = records.find(|found| found.timestamp >= timestamp) {
                    return Ok(Some(found));
                }
            }
            slice.skip(&header);
        }
        Ok(None)
    }

    /// The records of the batch at the start of `slice` that the log has not given up; none of a damaged batch.
    fn readable_records(&self, slice: &Slice, header: &BatchHeader) -> io::Result<Vec<Found>> {
        let bytes = slice.batch(header)?;
        let Ok(records) = batch::check(&bytes).and_then(|header| batch::records(&header, &bytes)) else {
            return Ok(Vec::new());
        };
        let places = Records::of(*header, &records)
            .filter_map(Result::ok)
            .map(|record| Found {
                offset: record.place.offset,
                timestamp: record.place.timestamp,
            });
        Ok(places.filter(|found| found.offset >= self.start).collect())
    }

    /// How many bytes of a segment may be shown.
    fn readable(&self, segment: &Segment) -> u64 {
        match self.high_in {
            _ if segment.next <= self.high => segment.size,
            (base, size) if base == segment.base => size,
            _ => 0,
        }
    }

    /// The offset that no batch of a segment goes beyond, as far as it may be shown.
    fn limit(&self, segment: &Segment) -> Offset {
        segment.next.min(self.high)
    }
}
