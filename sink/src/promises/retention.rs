//! Thirty days are kept and no more, whatever happens in between.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::symlink;

use schemas::Timestamp;
use time::UtcOffset;

use super::world::{Outcome, TestSink, World, at, lines, view};
use crate::SinkError;
use crate::judge::Rules;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const KEPT_DAYS: u16 = 30;

impl TestSink {
    /// It is `now`; what is due is deleted.
    async fn lives_at(&mut self, now: Timestamp) -> Result<(), SinkError> {
        self.rules = Rules::new(now, KEPT_DAYS, schemas::Zone::UTC);
        while self.committer.retain(&self.rules).await? {}
        Ok(())
    }
}

#[tokio::test]
async fn through_45_days_files_and_rows_of_30_days_and_today_are_kept() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let start = at("2024-02-01T12:00:00.000000Z");
        for day in 0..45_u16 {
            let now = start.plus_micros(i64::from(day) * DAY_MICROS);
            sink.lives_at(now).await?;
            sink.commit(&[view(&now.to_string(), u64::from(day) + 1)]).await?;
            let kept = usize::from(day.min(KEPT_DAYS)) + 1;
            let files = fs::read_dir(world.path("logs"))?.filter_map(Result::ok);
            let files = files
                .filter(|entry| entry.file_name().to_string_lossy().ends_with(".log"))
                .count();
            assert_eq!(files, kept, "files on day {day}");
            assert_eq!(world.rows().await?.len(), kept, "rows on day {day}");
        }
        drop(sink);
        let mut sink = world.sink("logs").await?;
        assert!(sink.next().is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_somebody_has_open_is_read_to_its_end_though_its_name_is_gone() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.rules = Rules::new(at("2024-02-29T12:00:00.000000Z"), KEPT_DAYS, schemas::Zone::UTC);
        sink.commit(&[view("2024-02-29T12:00:00.000000Z", 1)]).await?;
        let path = world.path("logs/user_activity-2024-02-29.log");
        let content = world.file("logs/user_activity-2024-02-29.log");
        let mut reader = File::open(&path)?;
        // The last moment of the last day that keeps it, and the first of the next.
        sink.lives_at(at("2024-03-30T23:59:59.999999Z")).await?;
        assert!(path.exists());
        sink.lives_at(at("2024-03-31T00:00:00.000000Z")).await?;
        assert!(!path.exists());
        let mut read = String::new();
        reader.read_to_string(&mut read)?;
        assert_eq!(read, content);
        assert_eq!(world.rows().await?, Vec::<i64>::new());
    }
    Ok(())
}

/// Each day is cut where it begins in the shop's own country, at the ends of months and in leap years.
#[tokio::test]
async fn midnights_month_ends_and_leap_days_are_those_of_the_offset() -> Outcome {
    // The offset, the last microsecond of a day, and the day; the next microsecond belongs to the next day.
    let midnights = [
        ((-10, 0), "2028-02-29T09:59:59.999999Z", "2028-02-28", "2028-02-29"),
        ((-10, 0), "2028-03-01T09:59:59.999999Z", "2028-02-29", "2028-03-01"),
        ((0, 0), "2028-02-28T23:59:59.999999Z", "2028-02-28", "2028-02-29"),
        ((0, 0), "2028-02-29T23:59:59.999999Z", "2028-02-29", "2028-03-01"),
        ((0, 0), "2027-02-28T23:59:59.999999Z", "2027-02-28", "2027-03-01"),
        ((0, 0), "2027-12-31T23:59:59.999999Z", "2027-12-31", "2028-01-01"),
        ((9, 0), "2028-02-28T14:59:59.999999Z", "2028-02-28", "2028-02-29"),
        ((9, 0), "2028-02-29T14:59:59.999999Z", "2028-02-29", "2028-03-01"),
        ((9, 0), "2027-04-30T14:59:59.999999Z", "2027-04-30", "2027-05-01"),
        ((-3, -30), "2028-03-01T03:29:59.999999Z", "2028-02-29", "2028-03-01"),
    ];
    for world in World::all().await? {
        let mut sequence = 0;
        for (index, ((hours, minutes), last, day, next)) in midnights.into_iter().enumerate() {
            let logs = format!("logs-{index}");
            let mut sink = world.sink(&logs).await?;
            let last = at(last);
            let first = last.plus_micros(1);
            // The sink looks a moment after midnight, when the day before is one day old.
            sink.rules = Rules::new(first, 1, UtcOffset::from_hms(hours, minutes, 0)?.into());
            let values = [
                view(&last.to_string(), sequence + 1),
                view(&first.to_string(), sequence + 2),
            ];
            sequence += 2;
            sink.commit(&values).await?;
            assert_eq!(
                world.file(&format!("{logs}/user_activity-{day}.log")),
                lines(&[&values[0]]),
                "{last}"
            );
            assert_eq!(
                world.file(&format!("{logs}/user_activity-{next}.log")),
                lines(&[&values[1]]),
                "{first}"
            );
            // A day on, to the microsecond, the older file goes and the younger one stays.
            let day_on = last.plus_micros(DAY_MICROS);
            for (now, is_there) in [(day_on, true), (day_on.plus_micros(1), false)] {
                sink.rules = Rules::new(now, 1, UtcOffset::from_hms(hours, minutes, 0)?.into());
                let rules = sink.rules;
                while sink.committer.retain(&rules).await? {}
                assert_eq!(
                    world.path(&format!("{logs}/user_activity-{day}.log")).exists(),
                    is_there,
                    "{now}"
                );
                assert!(
                    world.path(&format!("{logs}/user_activity-{next}.log")).exists(),
                    "{now}"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_the_sinks_own_and_what_is_locked_stays() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let old = [
            "app-2024-01-01.log.bak",
            "notes.txt",
            "app-2024-13-01.log",
            "other-2024-01-01.log",
        ];
        for name in old {
            fs::write(world.path("logs").join(name), name)?;
        }
        symlink(
            world.path("logs").join("notes.txt"),
            world.path("logs/app-2024-01-02.log"),
        )?;
        fs::create_dir(world.path("logs/app-2024-01-03.log"))?;
        fs::write(world.path("logs/app-2024-01-04.log"), "read by somebody")?;
        fs::write(world.path("logs/app-2024-01-05.log"), "free")?;
        let reader = File::open(world.path("logs/app-2024-01-04.log"))?;
        reader.lock_shared()?;
        let now = at("2025-05-14T12:00:00.000000Z");
        sink.lives_at(now).await?;
        for name in old {
            assert_eq!(world.file(&format!("logs/{name}")), name);
        }
        assert!(world.path("logs/app-2024-01-02.log").is_symlink());
        assert!(world.path("logs/app-2024-01-03.log").is_dir());
        assert_eq!(world.file("logs/app-2024-01-04.log"), "read by somebody");
        assert!(!world.path("logs/app-2024-01-05.log").exists());
        drop(reader);
        sink.lives_at(now).await?;
        assert!(!world.path("logs/app-2024-01-04.log").exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_between_forgetting_a_file_and_deleting_it_leaves_nothing_behind() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.rules = Rules::new(at("2025-01-01T12:00:00.000000Z"), KEPT_DAYS, schemas::Zone::UTC);
        sink.commit(&[view("2025-01-01T12:00:00.000000Z", 1)]).await?;
        let mut db = world.database.connect().await?;
        sink.committer
            .books
            .forget_file(&mut db, "user_activity-2025-01-01.log")
            .await?;
        drop(sink);
        let mut sink = world.idle_sink("logs").await?;
        sink.lives_at(at("2025-05-14T12:00:00.000000Z")).await?;
        sink.take_over().await?;
        assert!(!world.path("logs/user_activity-2025-01-01.log").exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_leaps_by_more_than_the_retention_deletes_nothing_until_it_is_confirmed() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let noon = at("2025-05-14T12:00:00.000000Z");
        sink.committer.trust_clock(&sink.rules).await?;
        sink.commit(&[view(&noon.to_string(), 1)]).await?;
        let days_on = |days: i64| Rules::new(noon.plus_micros(days * DAY_MICROS), KEPT_DAYS, schemas::Zone::UTC);
        // A boot without a clock of its own, in a year that is yet to come: asked again each minute, it stays so.
        for _ in 0..3 {
            let refused = sink.committer.trust_clock(&days_on(2_000)).await;
            assert!(
                matches!(refused, Err(SinkError::ClockLeapt { days: 2_000, .. })),
                "{refused:?}"
            );
        }
        // The clock is set right, and time goes on: nothing is held up, not even by a look that came a little early.
        for days in [0, 30, 29, 60] {
            sink.committer.trust_clock(&days_on(days)).await?;
        }
        assert!(sink.committer.trust_clock(&days_on(91)).await.is_err());
        let mut db = world.database.connect().await?;
        crate::retention::look_at(&mut db, days_on(91).now).await?;
        db.close().await;
        sink.committer.trust_clock(&days_on(91)).await?;
        sink.committer.retain(&days_on(91)).await?;
        assert_eq!(world.rows().await?, [] as [i64; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_day_of_25_hours_is_one_file_and_goes_as_one() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let berlin = "Europe/Berlin".parse()?;
        // The clocks go back in the night to the 26th of October; both nights begin at midnight.
        let (first, last) = (at("2025-10-25T22:00:00.000000Z"), at("2025-10-26T22:59:59.999999Z"));
        let (before, behind) = (first.plus_micros(-1), last.plus_micros(1));
        sink.rules = Rules::new(behind, 2, berlin);
        let values = [before, first, last, behind].map(|moment| moment.to_string());
        let values: Vec<_> = (1..)
            .zip(&values)
            .map(|(sequence, moment)| view(moment, sequence))
            .collect();
        sink.commit(&values).await?;
        let day = |day: u8| format!("logs/user_activity-2025-10-{day}.log");
        assert_eq!(world.file(&day(25)), lines(&[&values[0]]));
        assert_eq!(world.file(&day(26)), lines(&[&values[1], &values[2]]));
        assert_eq!(world.file(&day(27)), lines(&[&values[3]]));
        // It is kept for one day more, to the microsecond, and then file and rows go together.
        let two_days_on = at("2025-10-27T23:00:00.000000Z");
        for (now, is_there) in [(two_days_on.plus_micros(-1), true), (two_days_on, false)] {
            let rules = Rules::new(now, 1, berlin);
            while sink.committer.retain(&rules).await? {}
            assert_eq!(world.path(&day(26)).exists(), is_there, "{now}");
            assert_eq!(
                world.rows().await?.contains(&3),
                is_there || !is_sqlite(&world),
                "{now}"
            );
            assert!(world.rows().await?.contains(&4));
        }
    }
    Ok(())
}

/// PostgreSQL drops whole days of UTC, so that a row may outlive its line by some hours.
fn is_sqlite(world: &World) -> bool {
    matches!(world.database, crate::database::DatabaseUrl::Sqlite(_))
}
