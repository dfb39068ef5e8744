//! The log as a whole: appending, reading, rolling, retention, recovery.

mod damage;
mod dates;
mod fuzz;
mod recovery;
mod retention;
mod rolling;

use std::error::Error;
use std::path::Path;

use super::batch::BatchHeader;
use super::testing::BatchMaker;
use super::*;

type Outcome = Result<(), Box<dyn Error>>;

const RULES: AppendRules = AppendRules {
    max_batch: 1024 * 1024,
    segment_bytes: 1024 * 1024,
    date: None,
    codec: None,
    needs_keys: false,
    waits_for_disk: true,
};

/// Looks at a batch and writes it, as a partition does; what came before is on the disk by then.
fn put(log: &mut Log, batch: &[u8], rules: AppendRules) -> Result<Placed, LogError> {
    sync(log)?;
    log.append(&admission::admit(batch, rules)?, rules)
}

fn open(folder: &Path) -> Result<Log, LogError> {
    Log::open(folder.join("shop.view-0"))
}

/// Brings what was appended onto the disk, as the flusher does.
fn sync(log: &mut Log) -> std::io::Result<()> {
    while let Some(job) = log.unsynced()? {
        job.run()?;
        log.synced(&job);
    }
    Ok(())
}

fn append(log: &mut Log, batch: BatchMaker) -> Result<Placed, LogError> {
    let placed = put(log, &batch.at(0), RULES)?;
    sync(log)?;
    Ok(placed)
}

/// Every batch from an offset on: (base offset, records).
fn read(log: &Log, from: i64) -> Result<Vec<(i64, i32)>, LogError> {
    let mut found = Vec::new();
    let mut next = Offset(from);
    while let Some(slice) = log.slice_at(next)? {
        let found_here = slice.read(next, 4096, true)?;
        let mut rest = &found_here.records[..];
        if rest.is_empty() {
            match found_here.beyond {
                Some(beyond) => next = beyond,
                None => break,
            }
        }
        while !rest.is_empty() {
            let header = super::batch::check(rest)?;
            found.push((header.base.0, header.records));
            next = header.next();
            rest = &rest[header.size..];
        }
    }
    Ok(found)
}

#[test]
fn a_batch_is_kept_byte_for_byte_but_for_its_offset() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    append(&mut log, BatchMaker::default())?;
    let sent = BatchMaker {
        records: 3,
        ..BatchMaker::default()
    };
    assert_eq!(
        append(&mut log, sent)?,
        Placed {
            base: Offset(1),
            next: Offset(4)
        }
    );
    let slice = log.slice_at(Offset(2))?.ok_or("nothing to read")?;
    assert_eq!(slice.read(Offset(2), 4096, true)?.records, sent.at(1));
    Ok(())
}

#[test]
fn what_is_not_on_the_disk_is_not_shown() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    put(&mut log, &BatchMaker::default().at(0), RULES)?;
    assert_eq!(log.durable(), Offset(0));
    assert!(log.slice_at(Offset(0))?.is_none());
    sync(&mut log)?;
    assert_eq!(read(&log, 0)?, [(0, 1)]);
    Ok(())
}

#[test]
fn a_batch_that_is_not_sound_is_refused_and_leaves_no_trace() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let mut flipped = BatchMaker::default().at(0);
    *flipped.last_mut().ok_or("empty")? ^= 1;
    assert!(matches!(
        put(&mut log, &flipped, RULES),
        Err(LogError::Batch(BatchError::Checksum))
    ));
    let two = [BatchMaker::default().at(0), BatchMaker::default().at(1)].concat();
    assert!(matches!(
        put(&mut log, &two, RULES),
        Err(LogError::Batch(BatchError::Contradiction(_)))
    ));
    let strict = AppendRules { max_batch: 10, ..RULES };
    assert!(matches!(
        put(&mut log, &BatchMaker::default().at(0), strict),
        Err(LogError::TooLarge { .. })
    ));
    for cut in 0..BatchMaker::default().at(0).len() {
        assert!(
            put(&mut log, &BatchMaker::default().at(0)[..cut], RULES).is_err(),
            "cut at {cut}"
        );
    }
    assert_eq!(put(&mut log, &BatchMaker::default().at(0), RULES)?.base, Offset(0));
    Ok(())
}

#[test]
fn offsets_outside_of_the_log_are_out_of_range() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    append(&mut log, BatchMaker::default())?;
    assert!(log.slice_at(Offset(1))?.is_none());
    assert!(matches!(log.slice_at(Offset(2)), Err(LogError::OutOfRange { .. })));
    assert!(matches!(log.slice_at(Offset(-1)), Err(LogError::OutOfRange { .. })));
    Ok(())
}

#[test]
fn many_segments_read_as_one_log_also_after_a_restart() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let rules = AppendRules {
        segment_bytes: 1024,
        ..RULES
    };
    for _ in 0..200 {
        put(
            &mut log,
            &BatchMaker {
                records: 2,
                ..BatchMaker::default()
            }
            .at(0),
            rules,
        )?;
    }
    sync(&mut log)?;
    let expected: Vec<_> = (0..200).map(|index| (index * 2, 2)).collect();
    assert!(log.segments.len() > 10);
    assert_eq!(read(&log, 0)?, expected);
    drop(log);
    let log = open(folder.path())?;
    assert_eq!(read(&log, 0)?, expected);
    assert_eq!(read(&log, 301)?, expected[150..]);
    Ok(())
}

#[test]
fn the_sparse_index_finds_every_offset_of_a_long_segment() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..2000 {
        put(
            &mut log,
            &BatchMaker {
                value: Some(&[b'x'; 100]),
                ..BatchMaker::default()
            }
            .at(0),
            RULES,
        )?;
    }
    sync(&mut log)?;
    for offset in (0..2000).step_by(7) {
        let slice = log.slice_at(Offset(offset))?.ok_or("nothing to read")?;
        let header = BatchHeader::parse(&slice.read(Offset(offset), 1, true)?.records)?;
        assert_eq!(header.base, Offset(offset));
    }
    Ok(())
}

#[test]
fn a_repeated_batch_is_kept_once_also_after_a_restart() -> Outcome {
    let folder = tempfile::tempdir()?;
    let from = |sequence| BatchMaker {
        producer: Some((9, 0, sequence)),
        ..BatchMaker::default()
    };
    let mut log = open(folder.path())?;
    append(&mut log, from(0))?;
    append(&mut log, from(1))?;
    assert_eq!(append(&mut log, from(0))?.base, Offset(0));
    drop(log);
    let mut log = open(folder.path())?;
    assert_eq!(append(&mut log, from(1))?.base, Offset(1));
    assert!(matches!(append(&mut log, from(3)), Err(LogError::Sequence(_))));
    assert_eq!(append(&mut log, from(2))?.base, Offset(2));
    Ok(())
}

#[test]
fn a_failed_fsync_takes_back_what_nobody_was_told_of() -> Outcome {
    let folder = tempfile::tempdir()?;
    let from = |sequence| BatchMaker {
        producer: Some((9, 0, sequence)),
        ..BatchMaker::default()
    };
    let mut log = open(folder.path())?;
    append(&mut log, from(0))?;
    put(&mut log, &from(1).at(0), RULES)?;
    let job = log.unsynced()?.ok_or("nothing to sync")?;
    log.sync_failed(&job)?;
    assert_eq!(log.take_backs(), 1);
    assert_eq!(append(&mut log, from(1))?.base, Offset(1));
    drop(log);
    assert_eq!(read(&open(folder.path())?, 0)?, [(0, 1), (1, 1)]);
    Ok(())
}

#[test]
fn offsets_are_found_by_date() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let rules = AppendRules {
        segment_bytes: 1024,
        ..RULES
    };
    for batch in 0..100 {
        put(
            &mut log,
            &BatchMaker {
                records: 2,
                timestamp: batch * 1000,
                ..BatchMaker::default()
            }
            .at(0),
            rules,
        )?;
    }
    sync(&mut log)?;
    let at = |offset, timestamp| {
        Some(Found {
            offset: Offset(offset),
            timestamp,
        })
    };
    assert_eq!(log.first_since(0)?, at(0, 0));
    assert_eq!(log.first_since(1)?, at(1, 1));
    assert_eq!(log.first_since(2)?, at(2, 1000));
    assert_eq!(log.first_since(50_001)?, at(101, 50_001));
    assert_eq!(log.first_since(99_002)?, None);
    assert_eq!(log.newest()?, at(199, 99_001));
    Ok(())
}

#[test]
fn what_is_older_than_the_retention_goes_and_offsets_go_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let rules = AppendRules {
        segment_bytes: 200,
        ..RULES
    };
    for batch in 0..10 {
        put(
            &mut log,
            &BatchMaker {
                timestamp: batch * 1000,
                ..BatchMaker::default()
            }
            .at(0),
            rules,
        )?;
    }
    sync(&mut log)?;
    let keep = Retention {
        age_ms: Some(5000),
        ..Retention::default()
    };
    assert!(log.retain(keep, 9_000)? > 0);
    assert_eq!(read(&log, log.start().0)?.first().ok_or("everything went")?.0, 4);
    log.retain(keep, 1_000_000)?;
    assert_eq!((log.start(), log.durable()), (Offset(10), Offset(10)));
    drop(log);
    let mut log = open(folder.path())?;
    assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(10));
    Ok(())
}

#[test]
fn what_is_larger_than_the_retention_goes() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let rules = AppendRules {
        segment_bytes: 200,
        ..RULES
    };
    for _ in 0..20 {
        put(&mut log, &BatchMaker::default().at(0), rules)?;
    }
    sync(&mut log)?;
    log.retain(
        Retention {
            bytes: Some(500),
            ..Retention::default()
        },
        0,
    )?;
    let left: u64 = log.segments.iter().map(|segment| segment.size).sum();
    assert!((500..900).contains(&left), "{left}");
    Ok(())
}

#[test]
fn records_deleted_by_request_stay_deleted() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..5 {
        append(&mut log, BatchMaker::default())?;
    }
    assert_eq!(log.delete_before(Some(Offset(3)))?, Offset(3));
    assert!(matches!(
        log.delete_before(Some(Offset(6))),
        Err(LogError::OutOfRange { .. })
    ));
    drop(log);
    let mut log = open(folder.path())?;
    assert_eq!(read(&log, 3)?, [(3, 1), (4, 1)]);
    assert!(log.slice_at(Offset(2)).is_err());
    assert_eq!(log.delete_before(None)?, Offset(5));
    drop(log);
    assert_eq!(open(folder.path())?.durable(), Offset(5));
    Ok(())
}

#[test]
fn the_brokers_clock_dates_records_where_the_topic_asks_for_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    put(
        &mut log,
        &BatchMaker {
            records: 2,
            ..BatchMaker::default()
        }
        .at(0),
        AppendRules {
            date: Some(77_000),
            ..RULES
        },
    )?;
    sync(&mut log)?;
    assert_eq!(read(&log, 0)?, [(0, 2)]);
    assert_eq!(
        log.first_since(2_000)?,
        Some(Found {
            offset: Offset(0),
            timestamp: 77_000
        })
    );
    Ok(())
}
