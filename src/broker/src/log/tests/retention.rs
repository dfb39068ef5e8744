//! Thirty days are kept on a topic, and a day's worth of segments beyond, whatever happens in between.

use std::fs;

use super::{AppendRules, BatchMaker, Offset, Outcome, RULES, Retention, open, put, read, sync};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const KEPT_DAYS: i64 = 30;
const BATCHES_A_DAY: i64 = 4;

#[test]
fn through_45_days_a_topic_keeps_30_days_and_its_offsets() -> Outcome {
    let folder = tempfile::tempdir()?;
    let keep = Retention {
        age_ms: Some(KEPT_DAYS * DAY_MS),
        ..Retention::default()
    };
    let rules = AppendRules {
        segment_bytes: 200,
        ..RULES
    };
    let mut log = open(folder.path())?;
    for day in 0..45 {
        for batch in 0..BATCHES_A_DAY {
            let timestamp = day * DAY_MS + batch * 1000;
            put(
                &mut log,
                &BatchMaker {
                    timestamp,
                    ..BatchMaker::default()
                }
                .at(0),
                rules,
            )?;
        }
        sync(&mut log)?;
        let now = day * DAY_MS + 12 * 60 * 60 * 1000;
        log.retain(keep, now)?;
        let kept = read(&log, log.start().0)?;
        // Events of 30 days and 12 hours ago are gone, those of 29 and 12 hours are not.
        let oldest = (day - KEPT_DAYS + 1).max(0) * BATCHES_A_DAY;
        assert_eq!(kept.first(), Some(&(oldest, 1)), "on day {day}");
        assert_eq!(i64::try_from(kept.len())?, (day + 1) * BATCHES_A_DAY - oldest);
        if day % 7 == 0 {
            drop(log);
            log = open(folder.path())?;
        }
    }
    assert_eq!(log.durable(), Offset(45 * BATCHES_A_DAY));
    let segments = fs::read_dir(folder.path().join("shop.view-0"))?.count();
    assert_eq!(segments, log.segments.len(), "no file is left behind");
    Ok(())
}

#[test]
fn one_record_dated_in_the_far_future_keeps_nothing_for_ever() -> Outcome {
    let folder = tempfile::tempdir()?;
    let keep = Retention {
        age_ms: Some(KEPT_DAYS * DAY_MS),
        ..Retention::default()
    };
    let mut log = open(folder.path())?;
    let written = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
    let timestamp = written + 100 * 365 * DAY_MS;
    put(
        &mut log,
        &BatchMaker {
            timestamp,
            ..BatchMaker::default()
        }
        .at(0),
        RULES,
    )?;
    sync(&mut log)?;
    log.retain(keep, written + (KEPT_DAYS - 1) * DAY_MS)?;
    assert_eq!(read(&log, log.start().0)?.len(), 1, "its file is not old yet");
    log.retain(keep, written + (KEPT_DAYS + 1) * DAY_MS)?;
    assert_eq!(log.start(), Offset(1), "its file is older than the retention");
    Ok(())
}
