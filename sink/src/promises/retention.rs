//! Thirty days are kept and no more, whatever happens in between.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use schemas::Timestamp;
use time::UtcOffset;

use super::world::{Outcome, TestSink, World, at, view};
use crate::SinkError;
use crate::judge::Rules;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const KEPT_DAYS: u16 = 30;

impl TestSink {
    /// It is `now`; what is due is deleted.
    async fn lives_at(&mut self, now: Timestamp) -> Result<(), SinkError> {
        self.rules = Rules::new(now, KEPT_DAYS, UtcOffset::UTC);
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
async fn what_is_not_the_sinks_own_and_what_is_locked_stays() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let old = [
            "app-2024-01-01.log.gz",
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
        sink.rules = Rules::new(at("2025-01-01T12:00:00.000000Z"), KEPT_DAYS, UtcOffset::UTC);
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
