//! One pass of compaction over a log's sealed segments.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::super::batch::{self, BatchHeader};
use super::super::batch_error::BatchError;
use super::super::codec::Codec;
use super::super::records::Records;
use super::super::segment::Segment;
use super::super::slice::Slice;
use super::super::swap::{self, Swap};
use super::super::{LogError, Offset, Partition};
use super::{Cleaned, Compaction, MOST_KEYS};

/// A segment as it was when the pass was planned.
#[derive(Debug, Clone)]
pub(super) struct Source {
    base: Offset,
    pub(super) next: Offset,
    pub(super) size: u64,
    pub(super) first: Option<i64>,
    path: PathBuf,
}

/// The last offset of each key, by two independent hashes of it.
struct LastOffsets {
    hashers: [RandomState; 2],
    by_key: HashMap<(u64, u64), Offset>,
}

/// What a pass goes over, and what it must know.
pub(super) struct Pass {
    pub(super) folder: PathBuf,
    pub(super) sources: Vec<Source>,
    pub(super) cleaned: Cleaned,
    /// Tombstones below this offset go.
    pub(super) tombstones_end: Offset,
    /// Where the last batch of each remembered producer begins.
    pub(super) last_batches: HashMap<i64, Offset>,
}

/// What is left of one batch.
enum Left {
    Nothing,
    Header,
    Some { count: i32, records: Vec<u8> },
    All,
}

/// A new segment while it is written.
struct Fresh {
    segment: Segment,
    out: BufWriter<File>,
    has_tombstones: bool,
    removed: u64,
}

impl Source {
    pub(super) fn of(segment: &Segment) -> Self {
        Self {
            base: segment.base,
            next: segment.next,
            size: segment.size,
            first: segment.first,
            path: segment.path.clone(),
        }
    }

    /// Every batch, whole and checked; damage ends the pass.
    fn each_batch(&self, mut visit: impl FnMut(BatchHeader, &[u8]) -> Result<(), LogError>) -> Result<(), LogError> {
        let mut slice = Slice {
            file: Arc::new(File::open(&self.path)?),
            from: 0,
            end: self.size,
            expected: self.base,
            limit: self.next,
        };
        let mut at = 0;
        while let Some(header) = slice.peek()? {
            let bytes = slice.batch(&header)?;
            batch::check(&bytes)?;
            visit(header, &bytes)?;
            at += header.size as u64;
            slice.skip(&header);
        }
        if at == self.size {
            Ok(())
        } else {
            Err(BatchError::Short.into())
        }
    }
}

impl LastOffsets {
    fn new() -> Self {
        Self {
            hashers: [RandomState::new(), RandomState::new()],
            by_key: HashMap::new(),
        }
    }

    fn hash(&self, key: &[u8]) -> (u64, u64) {
        (self.hashers[0].hash_one(key), self.hashers[1].hash_one(key))
    }

    fn is_superseded(&self, key: &[u8], offset: Offset) -> bool {
        self.by_key.get(&self.hash(key)).is_some_and(|last| *last > offset)
    }

    /// Learns the keys of one segment.
    fn learn(&mut self, source: &Source) -> Result<(), LogError> {
        source.each_batch(|header, bytes| {
            let records = batch::records(&header, bytes)?;
            for record in Records::of(header, &records) {
                let record = record?;
                if let Some(key) = record.key {
                    self.by_key.insert(self.hash(key), record.place.offset);
                }
            }
            Ok(())
        })
    }
}

impl Pass {
    pub(super) fn run(mut self, partition: &Partition, rules: Compaction, now: i64) -> Result<u64, LogError> {
        let mut last = LastOffsets::new();
        let cleaned = Offset(self.cleaned.until);
        let mut learnt = 0;
        for source in &self.sources {
            if source.next > cleaned {
                if last.by_key.len() > MOST_KEYS {
                    break;
                }
                last.learn(source)?;
            }
            learnt += 1;
        }
        self.sources.truncate(learnt);
        let Some(until) = self.sources.last().map(|source| source.next) else {
            return Ok(0);
        };
        let (mut freed, mut has_tombstones) = (0, false);
        for group in self.groups(rules.segment_bytes) {
            let fresh = self.clean(group, &last)?;
            has_tombstones |= fresh.has_tombstones;
            freed += self.put_in_place(partition, group, fresh)?;
        }
        let until = until.max(cleaned);
        let after = self.cleaned.after(until, self.tombstones_end, has_tombstones, now);
        partition.log().has_cleaned(after)?;
        Ok(freed)
    }

    /// Neighbours that fit into one segment together.
    fn groups(&self, segment_bytes: u64) -> Vec<&[Source]> {
        let mut groups = Vec::new();
        let mut rest = &self.sources[..];
        while !rest.is_empty() {
            let mut size = 0;
            let fitting = rest.iter().take_while(|source| {
                size += source.size;
                size <= segment_bytes
            });
            let (group, behind) = rest.split_at(fitting.count().max(1));
            groups.push(group);
            rest = behind;
        }
        groups
    }

    /// Writes what is left of some segments into a new file, and syncs it.
    fn clean(&self, group: &[Source], last: &LastOffsets) -> Result<Fresh, LogError> {
        let base = group.first().map_or(Offset(0), |source| source.base);
        let path = swap::cleaning_path(&self.folder, base);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        let mut fresh = Fresh {
            out: BufWriter::new(file.try_clone()?),
            segment: Segment::around(path, base, file),
            has_tombstones: false,
            removed: 0,
        };
        for source in group {
            source.each_batch(|header, bytes| {
                let left = self.left_of(&header, bytes, last, &mut fresh.has_tombstones)?;
                Ok(fresh.write(&header, bytes, left)?)
            })?;
        }
        fresh.out.flush()?;
        fresh.segment.file()?.sync_all()?;
        Ok(fresh)
    }

    fn left_of(
        &self,
        header: &BatchHeader,
        bytes: &[u8],
        last: &LastOffsets,
        has_tombstones: &mut bool,
    ) -> Result<Left, LogError> {
        let records = batch::records(header, bytes)?;
        let (mut kept, mut count) = (Vec::with_capacity(records.len()), 0);
        for record in Records::of(*header, &records) {
            let record = record?;
            let offset = record.place.offset;
            // As in Apache Kafka, what has no key is not kept.
            let is_current = record.key.is_some_and(|key| !last.is_superseded(key, offset));
            let is_over = !record.has_value && offset < self.tombstones_end;
            if is_current && !is_over {
                *has_tombstones |= !record.has_value;
                kept.extend_from_slice(record.bytes);
                count += 1;
            }
        }
        Ok(match count {
            all if all == header.records && all > 0 => Left::All,
            0 if self.must_stay(header) => Left::Header,
            0 => Left::Nothing,
            count => Left::Some { count, records: kept },
        })
    }

    /// Whether a batch stays without records: it ends the pass, or its producer may send it again.
    fn must_stay(&self, header: &BatchHeader) -> bool {
        let ends = self.sources.last().is_some_and(|source| source.next == header.next());
        let by_producer = header.producer.and_then(|stamp| self.last_batches.get(&stamp.id));
        ends || by_producer == Some(&header.base)
    }

    /// Puts a new file in the place of its segments, unless it is the same; returns how many bytes that freed.
    fn put_in_place(&self, partition: &Partition, group: &[Source], fresh: Fresh) -> Result<u64, LogError> {
        let (Some(first), Some(end)) = (group.first(), self.end_of(group)) else {
            return Ok(0);
        };
        if fresh.removed == 0 && group.len() == 1 {
            fs::remove_file(&fresh.segment.path)?;
            return Ok(0);
        }
        // Locked to the end: a topic that is deleted and made again meanwhile would have other files under these names.
        let mut log = partition.log();
        if !log.still_has(group) {
            return Ok(0);
        }
        let swap = Swap::commit(&self.folder, first.base, end)?;
        swap.remove_old()?;
        let mut segment = fresh.segment;
        segment.path = swap.finish()?;
        segment.seal();
        log.exchange(group, segment);
        swap::sync(&self.folder)?;
        Ok(fresh.removed)
    }

    /// The base of the segment behind a group; for the last group the offset after it.
    fn end_of(&self, group: &[Source]) -> Option<Offset> {
        let last = group.last()?;
        let behind = self.sources.iter().find(|source| source.base > last.base);
        // An empty segment must be covered by the range, too.
        Some(behind.map_or(Offset(last.next.0.max(last.base.0 + 1)), |source| source.base))
    }
}

impl Fresh {
    fn write(&mut self, header: &BatchHeader, bytes: &[u8], left: Left) -> io::Result<()> {
        let codec = header.codec().unwrap_or(Codec::None);
        let made = match left {
            Left::Nothing => Vec::new(),
            Left::Header => batch::with_records(bytes, Codec::None, 0, &[])?,
            Left::Some { count, records } => batch::with_records(bytes, codec, count, &records)?,
            Left::All => bytes.to_vec(),
        };
        self.removed += (bytes.len() as u64).saturating_sub(made.len() as u64);
        if made.is_empty() {
            return Ok(());
        }
        self.out.write_all(&made)?;
        let header = BatchHeader::parse(&made).map_err(io::Error::other)?;
        self.segment.note(&header);
        Ok(())
    }
}

impl super::super::Log {
    /// Whether the segments of a group are still there, one after the other: meanwhile some may have been deleted.
    fn still_has(&self, group: &[Source]) -> bool {
        let Some(first) = group.first() else { return false };
        let begin = self.segments.iter().position(|segment| segment.base == first.base);
        let known = begin.and_then(|begin| self.segments.get(begin..begin + group.len()));
        !self.deleted
            && known.is_some_and(|known| {
                known
                    .iter()
                    .zip(group)
                    .all(|(segment, source)| segment.base == source.base)
            })
    }

    fn exchange(&mut self, group: &[Source], fresh: Segment) {
        let begin = self.segments.partition_point(|segment| segment.base < fresh.base);
        self.segments.splice(begin..begin + group.len(), [fresh]);
    }
}
