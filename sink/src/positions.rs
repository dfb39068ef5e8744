//! `sink positions` and `sink files`: what the books say, and the way out when reality has moved on without them.
//!
//! Looking takes no lock and changes nothing: it works beside a sink that runs. Forgetting needs that sink stopped.

use std::io::Write;

use schemas::Topic;

use crate::books::{Books, positions};
use crate::files::{LogFolder, instance_of};
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

/// Forgets a log file of this folder that is gone for good.
pub async fn forget_file(settings: &Settings, name: &str) -> Result<bool, SinkError> {
    let (books, _folder) = books(settings)?;
    let mut db = settings.open_database().await?;
    let hit = books.forget_file(&mut db, name).await?;
    db.close().await;
    Ok(hit > 0)
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
