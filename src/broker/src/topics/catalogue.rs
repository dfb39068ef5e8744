//! `topics.json`, and the folders of partitions: where they lie, how they are put aside and removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::config::TopicConfig;
use crate::log::recovery;

const FILE: &str = "topics.json";
const DELETED: &str = "deleted";

/// One topic, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) partitions: i32,
    pub(crate) config: TopicConfig,
}

/// All topics, as they are kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    pub(crate) topics: Vec<Entry>,
}

impl Catalogue {
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        recovery::replace(&folder.join(FILE), &serde_json::to_vec_pretty(self)?)
    }
}

/// `TOPIC-PARTITION`, as Apache Kafka names it.
pub(crate) fn partition_folder(folder: &Path, topic: &str, index: i32) -> PathBuf {
    folder.join(format!("{topic}-{index}"))
}

/// A folder that no topic of the catalogue owns keeps its bytes under another name.
pub(crate) fn move_aside(folder: &Path, topic: &str, index: i32) -> io::Result<()> {
    let found = partition_folder(folder, topic, index);
    if !found.exists() {
        return Ok(());
    }
    let aside = folder.join(format!(
        "{}-{index}.{}.orphan",
        beginning(topic),
        Uuid::new_v4().simple()
    ));
    tracing::warn!(folder = %found.display(), moved_to = %aside.display(), "a partition that belongs to no topic was moved aside");
    fs::rename(found, aside)
}

/// Renames a partition's folder, so that a crash while it is removed leaves nothing that could be taken for a partition.
pub(crate) fn discard(folder: &Path, topic: &str, index: i32, id: Uuid) -> io::Result<()> {
    let gone = folder.join(format!("{}-{index}.{}.{DELETED}", beginning(topic), id.simple()));
    fs::rename(partition_folder(folder, topic, index), gone)
}

/// As much of a topic's name as leaves room for an id and an ending: a file's name has at most 255 bytes, a topic's 249.
fn beginning(topic: &str) -> &str {
    &topic[..topic.floor_char_boundary(180)]
}

/// Removes what was discarded.
pub(crate) fn remove_deleted(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == DELETED) {
            fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_the_longest_name_is_put_aside_and_removed() -> io::Result<()> {
        let (folder, topic) = (tempfile::tempdir()?, "x".repeat(249));
        fs::create_dir(partition_folder(folder.path(), &topic, 12))?;
        discard(folder.path(), &topic, 12, Uuid::max())?;
        remove_deleted(folder.path())?;
        assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        fs::create_dir(partition_folder(folder.path(), &topic, 12))?;
        move_aside(folder.path(), &topic, 12)
    }
}
