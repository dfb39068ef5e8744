//! A finished day's file is compressed, and stays the file that it was.

use std::fs;
use std::io::Read as _;

use tokio::sync::Mutex;

use super::world::{Outcome, TestSink, World, at, lines, request, view};
use crate::SinkError;
use crate::judge::Rules;
use crate::retention::pack_finished_days;

const DAY_ONE: &str = "2025-05-10T12:00:00.000000Z";
const TODAY: &str = "2025-05-14T12:00:00.000000Z";
const OLD: &str = "logs/user_activity-2025-05-10.log";

/// What a file holds, packed or not.
fn content(world: &World, name: &str) -> std::io::Result<String> {
    let Ok(file) = fs::File::open(world.path(&format!("{name}.gz"))) else {
        return Ok(world.file(name));
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text)?;
    Ok(text)
}

async fn compresses(mut sink: TestSink) -> Result<TestSink, SinkError> {
    let committer = Mutex::new(sink.committer);
    pack_finished_days(&committer, &sink.rules, 1).await?;
    sink.committer = committer.into_inner();
    Ok(sink)
}

#[tokio::test]
async fn a_finished_day_is_compressed_and_a_late_event_opens_it_again() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let [first, today, late] = [view(DAY_ONE, 1), view(TODAY, 2), view(DAY_ONE, 3)];
        sink.commit(&[first.clone(), today.clone()]).await?;
        sink = compresses(sink).await?;
        assert!(!world.path(OLD).exists());
        assert_eq!(content(&world, OLD)?, lines(&[&first]));
        assert_eq!(world.file("logs/user_activity-2025-05-14.log"), lines(&[&today]));
        // The next start finds it as it is.
        sink.take_over().await?;
        sink.commit(std::slice::from_ref(&late)).await?;
        assert_eq!(world.file(OLD), lines(&[&first, &late]));
        assert!(!world.path(&format!("{OLD}.gz")).exists());
        sink = compresses(sink).await?;
        assert_eq!(content(&world, OLD)?, lines(&[&first, &late]));
        assert_eq!(world.rows().await?, [1, 2, 3]);
        // After the retention it goes.
        let rules = Rules::new(at("2025-06-12T12:00:00.000000Z"), 30, sink.rules.zone);
        sink.committer.retain(&rules).await?;
        assert!(!world.path(&format!("{OLD}.gz")).exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_between_any_two_steps_leaves_the_day_whole() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let first = request(DAY_ONE, 1)?;
        let file = "logs/app-2025-05-10.log";
        sink.at = super::world::REQUESTS;
        sink.take_over().await?;
        sink.commit(std::slice::from_ref(&first)).await?;
        let plain = fs::read(world.path(file))?;
        sink = compresses(sink).await?;
        let packed = fs::read(world.path(&format!("{file}.gz")))?;
        // Both are there: the plain one counts.
        fs::write(world.path(file), &plain)?;
        sink.take_over().await?;
        assert!(!world.path(&format!("{file}.gz")).exists());
        assert_eq!(world.file(file), lines(&[&first]));
        // Only half of the packed one was written.
        fs::write(world.path(&format!("{file}.gz.new")), &packed[..packed.len() / 2])?;
        sink = compresses(sink).await?;
        assert_eq!(content(&world, file)?, lines(&[&first]));
        // It was cut: nothing is written beside it.
        fs::write(world.path(&format!("{file}.gz")), &packed[..packed.len() / 2])?;
        assert!(matches!(sink.take_over().await, Err(SinkError::ShortFile { .. })));
        fs::remove_file(world.path(&format!("{file}.gz")))?;
        assert!(matches!(sink.take_over().await, Err(SinkError::ShortFile { .. })));
    }
    Ok(())
}

#[tokio::test]
async fn what_came_while_a_file_was_packed_is_not_lost() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let [first, late] = [view(DAY_ONE, 1), view(DAY_ONE, 2)];
        sink.commit(std::slice::from_ref(&first)).await?;
        let due = sink
            .committer
            .lock_writer(|writer| writer.packable(sink.rules.zone.day(at(TODAY))));
        let (file, length) = *due.first().ok_or("a file to be packed")?;
        crate::files::pack(&world.path(OLD), length)?;
        sink.commit(std::slice::from_ref(&late)).await?;
        assert!(!sink.committer.lock_writer(|writer| writer.keep_packed(file, length))?);
        assert_eq!(content(&world, OLD)?, lines(&[&first, &late]));
    }
    Ok(())
}
