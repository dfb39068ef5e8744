//! `cleanup.policy=compact`: of each key the last record is kept, and offsets stay what they are.
//!
//! Promises: the last record of every key stays; a tombstone (a record without a value) stays for `delete.retention.ms` after the
//! first pass that saw it, so that every reader that keeps up sees it; the segment that is written to is never touched, nor what
//! is not on the disk; a crash at any moment leaves each segment as it was or compacted (`swap`), and both are right. The
//! last batch of a pass, and the last one of each producer that is remembered, stay as headers without records: readers learn how
//! far the log goes, and a batch that is sent again is known.
//!
//! A pass reads what has come since the last one (`Cleaned::until`) to learn the last offset of each key, of at most [`MOST_KEYS`]
//! keys, then goes over all segments up to there. Keys are told apart by 128 bits of a hash that is keyed anew in each pass.
//!
//! Not for: a damaged segment. It is left alone, and said.

mod pass;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::{Log, LogError, Offset, Partition, Retention, recovery};
use pass::{Pass, Source};

/// Each takes some 32 bytes while a pass runs.
const MOST_KEYS: usize = 2_000_000;
const STATE: &str = "compaction";

/// How a topic is compacted; times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compaction {
    /// A pass begins when this part of what can be compacted is new.
    pub(crate) dirty_ratio: f64,
    /// What is younger is left alone.
    pub(crate) min_lag_ms: i64,
    /// What is older is compacted, however little it is.
    pub(crate) max_lag_ms: i64,
    /// How long tombstones stay.
    pub(crate) tombstones_ms: i64,
    pub(crate) segment_bytes: u64,
}

/// How far a log was compacted, kept in a file of its own: without it a log is compacted from its beginning, and tombstones stay longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cleaned {
    until: i64,
    /// Tombstones below an offset were first seen by the pass of that time; in the order of both.
    tombstones: Vec<Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    below: i64,
    at: i64,
}

impl Cleaned {
    const NOTHING: Self = Self {
        until: 0,
        tombstones: Vec::new(),
    };

    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(STATE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, folder = %folder.display(), "how far a log was compacted can't be read; it is compacted from its beginning");
                Self::NOTHING
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::NOTHING),
            Err(error) => Err(error),
        }
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        recovery::replace(&folder.join(STATE), &serde_json::to_vec(self)?)
    }

    /// Tombstones below this offset have been seen for long enough.
    fn tombstones_end(&self, rules: Compaction, now: i64) -> Offset {
        let seen_before = now.saturating_sub(rules.tombstones_ms);
        let old = self.tombstones.iter().rev().find(|seen| seen.at <= seen_before);
        Offset(old.map_or(0, |seen| seen.below))
    }

    /// After a pass up to `until` that found tombstones, or none.
    fn after(&self, until: Offset, dropped_below: Offset, found_tombstones: bool, now: i64) -> Self {
        let mut tombstones = self.tombstones.clone();
        tombstones.retain(|seen| seen.below > dropped_below.0);
        let is_new = tombstones.last().is_none_or(|seen| seen.below < until.0);
        if found_tombstones && is_new {
            tombstones.push(Seen {
                below: until.0,
                at: now,
            });
        }
        Self {
            until: until.0,
            tombstones,
        }
    }
}

impl Partition {
    /// One pass, if there is enough to do; returns how many bytes it freed. Blocks.
    pub(crate) fn compact(&self, rules: Compaction, keep: Retention, now: i64) -> Result<u64, LogError> {
        let planned = {
            let mut log = self.log();
            log.roll_if_old(keep, now)?;
            log.plan(rules, now)
        };
        let Some(pass) = planned else {
            return Ok(0);
        };
        pass.run(self, rules, now)
    }

    /// A segment that can't be compacted is said once: it stays as it is.
    pub(crate) fn say_not_compacted(&self, error: &LogError) {
        let mut said = self.not_compacted.lock().unwrap_or_else(PoisonError::into_inner);
        let what = error.to_string();
        if said.as_ref() != Some(&what) {
            tracing::warn!(partition = self.name, %error, source = std::error::Error::source(error), "a partition could not be compacted; it is read as before, and tried again");
            *said = Some(what);
        }
    }
}

impl Log {
    /// What a pass would go over; none where it isn't worth it.
    fn plan(&self, rules: Compaction, now: i64) -> Option<Pass> {
        if self.deleted {
            return None;
        }
        let too_young = |newest: Option<i64>| {
            rules.min_lag_ms > 0 && newest.is_some_and(|newest| newest > now.saturating_sub(rules.min_lag_ms))
        };
        let ready = self
            .sealed()
            .iter()
            .take_while(|segment| segment.next <= self.durable && !too_young(segment.newest));
        let sources: Vec<Source> = ready.map(Source::of).collect();
        let cleaned = Offset(self.cleaned.until);
        let is_new = |source: &&Source| source.next > cleaned;
        let all: u64 = sources.iter().map(|source| source.size).sum();
        let fresh: u64 = sources.iter().filter(is_new).map(|source| source.size).sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a ratio of sizes; beyond 2^53 bytes it is inexact"
        )]
        let is_much = fresh > 0 && fresh as f64 >= rules.dirty_ratio * all as f64;
        let first_new = sources.iter().find(is_new).and_then(|source| source.first);
        let is_late = first_new.is_some_and(|first| first < now.saturating_sub(rules.max_lag_ms));
        let tombstones_end = self.cleaned.tombstones_end(rules, now);
        if !is_much && !is_late && tombstones_end == Offset(0) {
            return None;
        }
        Some(Pass {
            folder: self.folder.clone(),
            sources,
            cleaned: self.cleaned.clone(),
            tombstones_end,
            last_batches: self.producers.last_batches(),
        })
    }

    fn has_cleaned(&mut self, cleaned: Cleaned) -> io::Result<()> {
        if self.deleted {
            return Ok(());
        }
        cleaned.write(&self.folder)?;
        self.cleaned = cleaned;
        Ok(())
    }
}
