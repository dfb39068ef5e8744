//! `sink positions` and `sink files`: what the books say, and the way out when reality has moved on without them.
//!
//! Looking takes no lock and changes nothing: it works beside a sink that runs. Forgetting needs that sink stopped.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemas::Topic;

use crate::books::{Books, positions};
use crate::files::{LogFolder, PACKED, instance_of};
use crate::{ClusterId, Partition, Settings, SinkError, TopicPartition};

/// Writes every position of the group to `out`.
pub async fn list(settings: &Settings, out: &mut (impl Write + Send)) -> Result<(), SinkError> {
    let mut db = settings.look_into_database().await?;
    for position in positions(&mut db, &settings.group).await? {
        let line = format!(
            "{} next {} epoch {} bad run {} cluster {}",
            position.at,
            position.next,
            position.epoch.0,
            position.bad_run,
            position.cluster.as_ref().map_or("?", ClusterId::as_str)
        );
        say(out, &line)?;
    }
    db.close().await;
    Ok(())
}

/// Writes the files of the log folder with their committed bytes to `out`.
pub async fn list_files(settings: &Settings, out: &mut (impl Write + Send)) -> Result<(), SinkError> {
    let Some(instance) = instance_of(&settings.logs)? else {
        return Err(SinkError::Setting {
            setting: "--logs",
            reason: format!("{} is no sink's folder", settings.logs.display()),
        });
    };
    let books = Books {
        group: settings.group.clone(),
        instance,
    };
    let mut db = settings.look_into_database().await?;
    for (file, length) in books.file_lengths(&mut db).await? {
        say(out, &format!("{} {length} bytes", file.name()))?;
    }
    db.close().await;
    Ok(())
}

fn say(out: &mut impl Write, line: &str) -> Result<(), SinkError> {
    writeln!(out, "{line}").map_err(|error| SinkError::disk("standard output", error))
}

/// Forgets where a partition stands, so that it is read from its earliest offset; known messages are skipped by their sequence.
pub async fn forget(settings: &Settings, topic: Topic, partition: Partition) -> Result<bool, SinkError> {
    let (books, _folder) = books(settings)?;
    let mut db = settings.open_database().await?;
    let hit = books
        .forget_position(&mut db, TopicPartition { topic, partition })
        .await?;
    db.close().await;
    Ok(hit > 0)
}

/// Forgets every position of the group, as Kafka was set up anew: all topics are read from their beginning; answers how many.
pub async fn forget_all(settings: &Settings) -> Result<u64, SinkError> {
    let (books, _folder) = books(settings)?;
    let mut db = settings.open_database().await?;
    let hit = books.forget_positions(&mut db).await?;
    db.close().await;
    Ok(hit)
}

/// Forgets a log file of this folder that is cut or gone for good; what is left of it is set aside, so that the day begins anew.
pub async fn forget_file(settings: &Settings, name: &str) -> Result<bool, SinkError> {
    let (books, _folder) = books(settings)?;
    let mut db = settings.open_database().await?;
    let hit = books.forget_file(&mut db, name).await?;
    db.close().await;
    if hit > 0 {
        set_aside(&settings.logs.join(name))?;
        set_aside(&settings.logs.join(format!("{name}{PACKED}")))?;
    }
    Ok(hit > 0)
}

/// Gives the file, if it is there, the first free name of `NAME.corrupt`, `NAME.corrupt-1` and so on.
fn set_aside(path: &Path) -> Result<(), SinkError> {
    let failed = |error: io::Error| SinkError::disk(path, error);
    if !path.try_exists().map_err(failed)? {
        return Ok(());
    }
    let mut aside = PathBuf::from(format!("{}.corrupt", path.display()));
    let mut number = 0;
    while aside.try_exists().map_err(failed)? {
        number += 1;
        aside = PathBuf::from(format!("{}.corrupt-{number}", path.display()));
    }
    fs::rename(path, aside).map_err(failed)
}

/// The books of the log folder; its lock makes sure that its sink doesn't run meanwhile.
fn books(settings: &Settings) -> Result<(Books, LogFolder), SinkError> {
    let folder = LogFolder::open(&settings.logs, settings.instance.as_ref())?;
    Ok((
        Books {
            group: settings.group.clone(),
            instance: folder.instance().clone(),
        },
        folder,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_forgotten_file_is_set_aside_each_time() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("app-2025-05-14.log");
        for left in ["first", "second"] {
            fs::write(&path, left).unwrap();
            set_aside(&path).unwrap();
            assert!(!path.exists());
        }
        set_aside(&path).unwrap();
        let kept = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(kept("app-2025-05-14.log.corrupt"), "first");
        assert_eq!(kept("app-2025-05-14.log.corrupt-1"), "second");
    }
}
