//! Deleting the oldest: by age, by size, or because someone asked (`DeleteRecords`). Only whole sealed segments go.

use std::fs;
use std::io;

use super::{Log, LogError, Offset};

/// How long batches of a producer that has fallen silent are remembered: a week, in milliseconds.
const PRODUCER_MEMORY: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a topic keeps. `None` is "without limit".
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retention {
    pub(crate) age_ms: Option<i64>,
    pub(crate) bytes: Option<u64>,
    /// A segment is sealed at this age, so that it can be deleted.
    pub(crate) segment_ms: Option<i64>,
}

impl Log {
    /// Deletes what `keep` no longer covers at `now` (milliseconds since 1970); returns the number of segments deleted.
    pub(crate) fn retain(&mut self, keep: Retention, now: i64) -> Result<usize, LogError> {
        if self.deleted {
            return Ok(0);
        }
        self.producers.expire(now, PRODUCER_MEMORY);
        self.roll_if_old(keep, now)?;
        let mut expired = self
            .sealed()
            .iter()
            .take_while(|segment| too_old(segment.newest_by(now), keep.age_ms, now))
            .count();
        let mut left: u64 = self.segments.iter().skip(expired).map(|segment| segment.size).sum();
        for segment in self.sealed().iter().skip(expired) {
            if keep.bytes.is_none_or(|allowed| left - segment.size < allowed) {
                break;
            }
            left -= segment.size;
            expired += 1;
        }
        self.drop_first(expired)?;
        Ok(expired)
    }

    /// Seals the last segment where it is old enough to be deleted or compacted, and on the disk.
    pub(crate) fn roll_if_old(&mut self, keep: Retention, now: i64) -> io::Result<()> {
        let durable = self.durable;
        let active = self
            .segments
            .last()
            .filter(|active| active.size > 0 && active.next <= durable);
        let is_old = active.is_some_and(|active| {
            too_old(active.newest_by(now), keep.age_ms, now) || too_old(active.first, keep.segment_ms, now)
        });
        if is_old { self.roll() } else { Ok(()) }
    }

    /// Makes `to` the first offset that can be read (`None`: everything up to the end); returns the new start.
    pub(crate) fn delete_before(&mut self, to: Option<Offset>) -> Result<Offset, LogError> {
        let to = to.unwrap_or(self.high);
        if to > self.high || to.0 < 0 {
            return Err(LogError::OutOfRange {
                asked: to,
                start: self.start,
                end: self.high,
            });
        }
        if to > self.start {
            self.start = to;
            self.keep_start()?;
            // The segment that is written to goes once it is on the disk and another follows it.
            if to == self.end() && to == self.durable && self.segments.last().is_some_and(|active| active.size > 0) {
                self.roll()?;
            }
            let gone = self.sealed().iter().take_while(|segment| segment.next <= to).count();
            self.drop_first(gone)?;
        }
        Ok(self.start)
    }

    fn drop_first(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            let Some(first) = self.segments.first() else {
                break;
            };
            fs::remove_file(&first.path)?;
            self.segments.remove(0);
            self.start = self
                .segments
                .first()
                .map_or(self.start, |segment| self.start.max(segment.base));
        }
        Ok(())
    }
}

fn too_old(date: Option<i64>, age: Option<i64>, now: i64) -> bool {
    matches!((date, age), (Some(date), Some(age)) if date < now.saturating_sub(age))
}
