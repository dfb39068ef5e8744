//! Segments that are begun while the one before them is not on the disk yet.

use super::{AppendRules, BatchMaker, Offset, Outcome, RULES, admission, append, open, put, read, sync};

/// One batch a segment.
const TINY: AppendRules = AppendRules {
    segment_bytes: 80,
    ..RULES
};

fn batch() -> Vec<u8> {
    BatchMaker::default().at(0)
}

#[test]
fn a_segment_that_waits_for_the_disk_holds_nobody_up_and_is_shown_in_its_turn() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let admitted = batch();
    let admitted = admission::admit(&admitted, TINY)?;
    for _ in 0..4 {
        log.append(&admitted, TINY)?;
    }
    assert_eq!(log.segments.len(), 2, "the second one grows while the first one waits");
    assert_eq!(log.durable(), Offset(0));
    let first = log.unsynced()?.ok_or("nothing to sync")?;
    assert!(!first.is_last);
    first.run()?;
    log.synced(&first);
    assert_eq!(read(&log, 0)?, [(0, 1)]);
    sync(&mut log)?;
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (2, 1), (3, 1)]);
    log.append(&admitted, TINY)?;
    assert_eq!(log.segments.len(), 3);
    Ok(())
}

#[test]
fn a_failed_fsync_takes_back_the_segments_behind_it_too() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    append(&mut log, BatchMaker::default())?;
    let sent = batch();
    let admitted = admission::admit(&sent, TINY)?;
    for _ in 0..3 {
        log.append(&admitted, TINY)?;
    }
    let job = log.unsynced()?.ok_or("nothing to sync")?;
    log.sync_failed(&job)?;
    assert_eq!((read(&log, 0)?, log.end()), (vec![(0, 1)], Offset(1)));
    assert_eq!(put(&mut log, &sent, TINY)?.base, Offset(1));
    sync(&mut log)?;
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1)]);
    drop(log);
    assert_eq!(read(&open(folder.path())?, 0)?, [(0, 1), (1, 1)]);
    Ok(())
}

#[test]
fn a_long_log_keeps_one_file_open() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..300 {
        put(&mut log, &batch(), TINY)?;
    }
    sync(&mut log)?;
    let open_files = |folder: &std::path::Path| -> std::io::Result<usize> {
        let links = std::fs::read_dir("/proc/self/fd")?.filter_map(Result::ok);
        let here = links.filter(|link| std::fs::read_link(link.path()).is_ok_and(|path| path.starts_with(folder)));
        Ok(here.count())
    };
    let folder_path = folder.path().canonicalize()?;
    assert_eq!(log.segments.len(), 300);
    assert_eq!(open_files(&folder_path)?, 1);
    drop(log);
    let log = open(folder.path())?;
    assert_eq!(open_files(&folder_path)?, 1);
    assert_eq!(read(&log, 0)?.len(), 300);
    assert_eq!(open_files(&folder_path)?, 1);
    Ok(())
}

#[test]
fn what_is_not_shown_yet_is_waited_for_and_no_mistake_to_ask_for() -> Outcome {
    // Redpanda #10799: it was refused as out of range.
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    put(&mut log, &batch(), RULES)?;
    assert_eq!(log.high(), Offset(0));
    assert!(log.slice_at(Offset(0))?.is_none());
    assert!(log.slice_at(Offset(1))?.is_none());
    assert!(log.holds(Offset(1)) && !log.holds(Offset(2)));
    assert!(log.slice_at(Offset(2)).is_err());
    Ok(())
}

#[test]
fn a_topic_that_does_not_wait_for_the_disk_shows_its_batches_at_once_and_takes_none_back() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let unhurried = AppendRules {
        waits_for_disk: false,
        ..TINY
    };
    let sent = batch();
    let admitted = admission::admit(&sent, unhurried)?;
    for _ in 0..3 {
        log.append(&admitted, unhurried)?;
    }
    assert_eq!(
        (log.durable(), log.high(), log.segments.len()),
        (Offset(0), Offset(3), 2)
    );
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (2, 1)]);
    let job = log.unsynced()?.ok_or("nothing to sync")?;
    log.sync_failed(&job)?;
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (2, 1)]);
    sync(&mut log)?;
    assert_eq!(log.durable(), Offset(3));
    drop(log);
    assert_eq!(read(&open(folder.path())?, 0)?, [(0, 1), (1, 1), (2, 1)]);
    Ok(())
}
