//! What compaction keeps, takes away and survives.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::batch::{self, BatchHeader};
use super::super::codec::Codec;
use super::super::records::Records;
use super::super::swap::{self, Swap};
use super::super::testing::BatchMaker;
use super::super::{AppendRules, Flusher, Offset, Partition, Retention, Wanted, admission};
use super::Compaction;

type Outcome = Result<(), Box<dyn Error>>;

/// Offset, key, whether it has a value.
type Seen = (i64, Vec<u8>, bool);
/// Of each key the offset, and whether it has a value.
type Last = BTreeMap<Vec<u8>, (i64, bool)>;

const RULES: AppendRules = AppendRules {
    max_batch: 1024 * 1024,
    segment_bytes: 300,
    date: None,
    codec: None,
    needs_keys: true,
    waits_for_disk: true,
};

const COMPACT: Compaction = Compaction {
    dirty_ratio: 0.5,
    min_lag_ms: 0,
    max_lag_ms: i64::MAX,
    tombstones_ms: 1_000,
    segment_bytes: 300,
};

const KEEP: Retention = Retention {
    age_ms: None,
    bytes: None,
    segment_ms: None,
};

const KEYS: [&[u8]; 4] = [b"a", b"b", b"c", b"d"];

/// A partition in a folder of its own, where everything is on the disk at once.
struct World {
    folder: tempfile::TempDir,
    partition: Arc<Partition>,
}

impl World {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let partition = open(&folder.path().join("shop.product-0"))?;
        Ok(Self { folder, partition })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("shop.product-0")
    }

    fn reopen(&mut self) -> Outcome {
        self.partition = open(&self.path())?;
        Ok(())
    }

    fn writes(&self, key: &'static [u8], value: Option<&'static [u8]>) -> Outcome {
        self.writes_batch(BatchMaker {
            key: Some(key),
            value,
            ..BatchMaker::default()
        })
    }

    fn writes_batch(&self, batch: BatchMaker) -> Outcome {
        self.writes_bytes(&batch.at(0), RULES)
    }

    fn writes_bytes(&self, bytes: &[u8], rules: AppendRules) -> Outcome {
        let mut log = self.partition.log();
        log.append(&admission::admit(bytes, rules)?, rules)?;
        while let Some(job) = log.unsynced()? {
            job.run()?;
            log.synced(&job);
        }
        Ok(())
    }

    fn compacts(&self, now: i64) -> Result<u64, Box<dyn Error>> {
        Ok(self.partition.compact(COMPACT, KEEP, now)?)
    }

    /// Every record as a consumer that begins at the start sees it: offset, key, whether it has a value. A consumer goes on behind
    /// the last batch that it was given, and must arrive at the end.
    fn reads(&self) -> Result<Vec<Seen>, Box<dyn Error>> {
        let mut found = Vec::new();
        let mut next = Offset(0);
        loop {
            let read = self.partition.read(Wanted {
                offset: next,
                max_bytes: 4096,
                at_least_one: true,
            })?;
            if read.records.is_empty() {
                assert_eq!(next, read.end, "a consumer is stuck before the end");
                return Ok(found);
            }
            let mut rest = &read.records[..];
            while !rest.is_empty() {
                let header = batch::check(rest)?;
                for record in Records::of(header, &batch::records(&header, rest)?) {
                    let record = record?;
                    let key = record.key.unwrap_or_default().to_vec();
                    found.push((record.place.offset.0, key, record.has_value));
                }
                next = header.next();
                rest = &rest[header.size..];
            }
        }
    }

    fn last_of_each_key(&self) -> Result<Last, Box<dyn Error>> {
        let records = self.reads()?;
        Ok(records
            .into_iter()
            .map(|(offset, key, has_value)| (key, (offset, has_value)))
            .collect())
    }
}

fn open(folder: &Path) -> Result<Arc<Partition>, Box<dyn Error>> {
    Ok(Arc::new(Partition::open(
        folder.to_owned(),
        Arc::new(Flusher::default()),
    )?))
}

#[test]
fn the_last_record_of_each_key_is_kept_at_its_offset_and_the_last_segment_is_not_touched() -> Outcome {
    let mut world = World::new()?;
    for round in 0..40 {
        world.writes(KEYS[round % 4], Some(b"a teapot"))?;
    }
    let before = world.reads()?;
    let active = world.partition.log().segments.last().ok_or("no segment")?.base;
    assert!(world.compacts(0)? > 0);
    for _ in 0..2 {
        let after = world.reads()?;
        assert!(
            after.iter().all(|record| before.contains(record)),
            "no offset or key has changed"
        );
        let sealed: Vec<_> = after.iter().filter(|(offset, ..)| *offset < active.0).collect();
        assert_eq!(
            sealed.len(),
            4,
            "of each key the last one that is not in the last segment: {sealed:?}"
        );
        let untouched = |records: &[Seen]| records.iter().filter(|(offset, ..)| *offset >= active.0).count();
        assert_eq!(untouched(&after), untouched(&before));
        world.reopen()?;
    }
    assert_eq!(world.compacts(0)?, 0, "nothing is new");
    Ok(())
}

#[test]
fn a_tombstone_stays_for_its_time_after_it_was_first_seen_and_then_goes() -> Outcome {
    let mut world = World::new()?;
    world.writes(b"a", Some(b"a teapot"))?;
    world.writes(b"a", None)?;
    for _ in 0..8 {
        world.writes(b"b", Some(b"a teapot"))?;
    }
    world.compacts(10_000)?;
    let tombstone = |world: &World| Ok::<_, Box<dyn Error>>(world.last_of_each_key()?.get(&b"a"[..]).copied());
    assert_eq!(tombstone(&world)?, Some((1, false)));
    assert!(world.reads()?.iter().all(|(offset, ..)| *offset != 0));
    world.reopen()?;
    world.compacts(10_999)?;
    assert_eq!(
        tombstone(&world)?,
        Some((1, false)),
        "a reader may not have seen it yet"
    );
    world.compacts(11_000)?;
    assert_eq!(tombstone(&world)?, None);
    world.reopen()?;
    assert_eq!(tombstone(&world)?, None);
    assert_eq!(
        world
            .last_of_each_key()?
            .get(&b"b"[..])
            .map(|(_, has_value)| *has_value),
        Some(true)
    );
    Ok(())
}

#[test]
fn a_reader_comes_to_the_end_though_the_last_records_were_taken_away() -> Outcome {
    let world = World::new()?;
    for _ in 0..10 {
        world.writes(b"a", None)?;
    }
    world.partition.log().roll()?;
    world.compacts(0)?;
    world.compacts(5_000)?;
    assert_eq!(world.reads()?, []);
    world.writes(b"a", Some(b"a teapot"))?;
    assert_eq!(world.reads()?, [(10, b"a".to_vec(), true)]);
    Ok(())
}

#[test]
fn batches_of_every_compression_are_compacted_record_by_record() -> Outcome {
    let world = World::new()?;
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
    for codec in codecs.iter().cycle().take(30) {
        let rules = AppendRules {
            codec: Some(*codec),
            ..RULES
        };
        let batch = BatchMaker {
            records: 3,
            key: Some(b"a"),
            ..BatchMaker::default()
        };
        world.writes_bytes(&batch.at(0), rules)?;
    }
    let before = world.last_of_each_key()?;
    assert!(world.compacts(0)? > 0);
    assert_eq!(world.last_of_each_key()?, before);
    assert!(world.reads()?.len() < 20);
    Ok(())
}

#[test]
fn a_batch_that_is_sent_again_is_known_though_its_record_was_taken_away() -> Outcome {
    let mut world = World::new()?;
    let by = |id, sequence| BatchMaker {
        key: Some(b"a"),
        producer: Some((id, 0, sequence)),
        ..BatchMaker::default()
    };
    world.writes_batch(by(7, 0))?;
    for sequence in 0..10 {
        world.writes_batch(by(8, sequence))?;
    }
    world.compacts(0)?;
    world.reopen()?;
    let end = world.partition.log().end();
    world.writes_batch(by(7, 0))?;
    assert_eq!(world.partition.log().end(), end, "it is there already");
    world.writes_batch(by(7, 1))?;
    assert_eq!(world.partition.log().end(), end.next());
    Ok(())
}

#[test]
fn small_neighbours_become_one_segment() -> Outcome {
    let world = World::new()?;
    for round in 0..200 {
        world.writes(KEYS[round % 4], Some(b"a teapot"))?;
    }
    let before = world.partition.log().segments.len();
    for now in 0..3 {
        // New records, so that a pass is worth it.
        for round in 0..40 {
            world.writes(KEYS[round % 4], Some(b"a teapot"))?;
        }
        world.compacts(now)?;
    }
    let after = world.partition.log().segments.len();
    assert!(after < before / 2, "{before} became {after}");
    let files = fs::read_dir(world.path())?.filter_map(Result::ok);
    let logs = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "log"));
    assert_eq!(logs.count(), after, "no file is left behind");
    Ok(())
}

#[test]
fn a_crash_at_any_step_of_a_swap_leaves_the_old_or_the_new() -> Outcome {
    for step in 0..4 {
        let mut world = World::new()?;
        for round in 0..12 {
            world.writes(KEYS[round % 2], Some(b"a teapot"))?;
        }
        let before = world.last_of_each_key()?;
        let (folder, bases) = (world.path(), swap::bases(&world.path())?);
        // The first three segments become one, which holds their last records only.
        let (first, end) = (bases[0], bases[3]);
        let kept = fs::read(folder.join(format!("{:020}.log", bases[2].0)))?;
        fs::write(swap::cleaning_path(&folder, first), kept)?;
        if step > 0 {
            let swap = Swap::commit(&folder, first, end)?;
            match step {
                1 => {}
                2 => fs::remove_file(folder.join(format!("{:020}.log", bases[1].0)))?,
                _ => swap.remove_old()?,
            }
        }
        world.reopen()?;
        assert_eq!(world.last_of_each_key()?, before, "killed after step {step}");
        let left = swap::bases(&folder)?.len();
        assert_eq!(
            left,
            if step == 0 { bases.len() } else { bases.len() - 2 },
            "killed after step {step}"
        );
        let others = fs::read_dir(&folder)?.filter_map(Result::ok);
        let unfinished = others.filter(|file| file.path().extension().is_some_and(|ending| ending != "log"));
        assert_eq!(unfinished.count(), 0, "killed after step {step}");
        world.writes(b"a", Some(b"a teapot"))?;
    }
    Ok(())
}

#[test]
fn a_damaged_segment_is_left_as_it_is() -> Outcome {
    let world = World::new()?;
    for round in 0..20 {
        world.writes(KEYS[round % 2], Some(b"a teapot"))?;
    }
    let path = world.path().join("00000000000000000000.log");
    let mut bytes = fs::read(&path)?;
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    fs::write(&path, &bytes)?;
    assert!(world.compacts(0).is_err());
    assert_eq!(fs::read(&path)?, bytes);
    Ok(())
}

#[test]
fn what_is_too_young_waits_and_what_is_too_old_does_not() -> Outcome {
    let world = World::new()?;
    for round in 0..20 {
        world.writes(KEYS[round % 2], Some(b"a teapot"))?;
    }
    let rules = Compaction {
        min_lag_ms: 5_000,
        ..COMPACT
    };
    assert_eq!(
        world.partition.compact(rules, KEEP, 2_000)?,
        0,
        "all of it is dated 1,000"
    );
    let picky = Compaction {
        dirty_ratio: 1.0,
        max_lag_ms: 5_000,
        ..rules
    };
    assert!(world.partition.compact(picky, KEEP, 10_000)? > 0);
    Ok(())
}

#[test]
fn a_batch_keeps_its_header_when_it_loses_records() -> Outcome {
    let sent = BatchMaker {
        records: 4,
        key: Some(b"a"),
        producer: Some((7, 1, 5)),
        ..BatchMaker::default()
    }
    .at(10);
    let header = BatchHeader::parse(&sent)?;
    let made = batch::with_records(&sent, Codec::Zstd, 0, &[])?;
    let left = batch::check(&made)?;
    assert_eq!(
        (left.base, left.next(), left.producer),
        (header.base, header.next(), header.producer)
    );
    assert_eq!((left.records, left.codec()), (0, Some(Codec::Zstd)));
    Ok(())
}
