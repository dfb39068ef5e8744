//! What a crash or a bad disk leaves behind.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{AppendRules, BatchMaker, Log, Offset, Outcome, RULES, append, open, put, read, sync};

const MANY_SEGMENTS: AppendRules = AppendRules {
    segment_bytes: 200,
    ..RULES
};

/// Two batches a segment.
fn appends_to_many_segments(log: &mut Log, batches: usize) -> Outcome {
    for _ in 0..batches {
        put(log, &BatchMaker::default().at(0), MANY_SEGMENTS)?;
    }
    Ok(sync(log)?)
}

/// Flips one bit in the value of a record.
fn flip(path: &Path, batch: u64) -> Outcome {
    let size = BatchMaker::default().at(0).len() as u64;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, size * (batch + 1) - 3)?;
    byte[0] ^= 0x10;
    Ok(file.write_all_at(&byte, size * (batch + 1) - 3)?)
}

fn only_segment(folder: &Path) -> PathBuf {
    folder.join("shop.view-0/00000000000000000000.log")
}

fn corrupt_file(folder: &Path) -> PathBuf {
    folder.join("shop.view-0/00000000000000000000.corrupt")
}

#[test]
fn a_torn_tail_is_cut_and_set_aside_and_the_log_goes_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    append(&mut log, BatchMaker::default())?;
    append(&mut log, BatchMaker::default())?;
    drop(log);
    let path = only_segment(folder.path());
    let whole = fs::metadata(&path)?.len();
    for torn in [whole - 1, whole / 2 + 1, whole / 2 + 61] {
        OpenOptions::new().write(true).open(&path)?.set_len(torn)?;
        let mut log = open(folder.path())?;
        assert_eq!(read(&log, 0)?, [(0, 1)], "torn at {torn}");
        assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(1));
        assert_eq!(read(&log, 0)?, [(0, 1), (1, 1)]);
    }
    assert!(fs::metadata(corrupt_file(folder.path()))?.len() > 0);
    Ok(())
}

#[test]
fn a_damaged_stretch_is_set_aside_and_the_good_batches_after_it_are_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..5 {
        append(&mut log, BatchMaker::default())?;
    }
    drop(log);
    let size = BatchMaker::default().at(0).len() as u64;
    let file = OpenOptions::new().write(true).open(only_segment(folder.path()))?;
    file.write_all_at(&[0xff], size * 2 + 65)?;
    let mut log = open(folder.path())?;
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (3, 1), (4, 1)]);
    assert_eq!(fs::metadata(corrupt_file(folder.path()))?.len(), size);
    assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(5));
    Ok(())
}

#[test]
fn a_bit_that_flips_in_a_sealed_segment_costs_its_batch_and_no_other() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    appends_to_many_segments(&mut log, 8)?;
    assert_eq!(log.segments.len(), 4);
    for (damaged, left) in [
        (1, vec![0, 2, 3, 4, 5, 6, 7]),
        // The whole first segment by now.
        (0, vec![2, 3, 4, 5, 6, 7]),
    ] {
        flip(&only_segment(folder.path()), damaged)?;
        let left: Vec<_> = left.into_iter().map(|offset| (offset, 1)).collect();
        assert_eq!(read(&log, 0)?, left, "while it runs");
        log = open(folder.path())?;
        assert_eq!(read(&log, 0)?, left, "after a restart");
    }
    assert_eq!(
        fs::metadata(only_segment(folder.path()))?.len(),
        2 * BatchMaker::default().at(0).len() as u64
    );
    Ok(())
}

#[test]
fn a_header_that_is_damaged_in_a_sealed_segment_is_set_aside_at_the_next_start() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    appends_to_many_segments(&mut log, 8)?;
    drop(log);
    let file = OpenOptions::new().write(true).open(only_segment(folder.path()))?;
    // The length of the first batch.
    file.write_all_at(&[0x7f], 8)?;
    let log = open(folder.path())?;
    let left: Vec<_> = (1..8).map(|offset| (offset, 1)).collect();
    assert_eq!(read(&log, 0)?, left);
    assert_eq!(
        fs::metadata(corrupt_file(folder.path()))?.len(),
        BatchMaker::default().at(0).len() as u64
    );
    Ok(())
}

#[test]
fn the_offsets_of_a_damaged_last_batch_are_not_given_out_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..3 {
        append(&mut log, BatchMaker::default())?;
    }
    drop(log);
    flip(&only_segment(folder.path()), 2)?;
    for _ in 0..2 {
        let log = open(folder.path())?;
        assert_eq!((read(&log, 0)?, log.durable()), (vec![(0, 1), (1, 1)], Offset(3)));
    }
    let mut log = open(folder.path())?;
    assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(3));
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (3, 1)]);
    assert_eq!(read(&log, 2)?, [(3, 1)], "who stood in the gap goes on");
    Ok(())
}

#[test]
fn a_damaged_beginning_is_set_aside_and_the_log_begins_with_its_first_segment() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..5 {
        append(&mut log, BatchMaker::default())?;
    }
    log.delete_before(Some(Offset(3)))?;
    drop(log);
    let begins = folder.path().join("shop.view-0/log-start");
    fs::write(&begins, [0xff, 0x00])?;
    let log = open(folder.path())?;
    assert_eq!(log.start(), Offset(0));
    assert_eq!(read(&log, 0)?.len(), 5);
    assert_eq!(fs::read(begins.with_extension("corrupt"))?, [0xff, 0x00]);
    Ok(())
}
