//! Finding records by their dates.

use super::super::codec::Codec;
use super::{AppendRules, BatchMaker, Found, Offset, Outcome, RULES, open, put, sync};

fn dated(timestamp: i64) -> Vec<u8> {
    BatchMaker {
        timestamp,
        ..BatchMaker::default()
    }
    .at(0)
}

#[test]
fn the_newest_record_is_told_among_those_that_can_be_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for timestamp in [9_000, 1_000, 2_000, 1_500] {
        put(&mut log, &dated(timestamp), RULES)?;
    }
    sync(&mut log)?;
    let at = |offset, timestamp| {
        Some(Found {
            offset: Offset(offset),
            timestamp,
        })
    };
    assert_eq!(log.newest()?, at(0, 9_000));
    log.delete_before(Some(Offset(1)))?;
    assert_eq!(
        log.newest()?,
        at(2, 2_000),
        "the newest of all lies before the log's start"
    );
    Ok(())
}

#[test]
fn inside_a_compressed_batch_the_very_record_is_found() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let rules = AppendRules {
        codec: Some(Codec::Zstd),
        ..RULES
    };
    let batch = BatchMaker {
        records: 10,
        ..BatchMaker::default()
    };
    put(&mut log, &batch.at(0), rules)?;
    sync(&mut log)?;
    let found = log.first_since(1_004)?;
    assert_eq!(found.map(|found| (found.offset.0, found.timestamp)), Some((4, 1_004)));
    Ok(())
}
