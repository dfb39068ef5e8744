//! The data folder: one broker at a time, a format that is known, an identity that stays.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::BrokerError;
use super::log::recovery;

/// The layout of the data folder that this version writes.
const FORMAT: u32 = 1;

/// Let go when it is dropped. Closing the file alone isn't enough: a process that is started at this moment holds a copy of it until it
/// has begun.
#[derive(Debug)]
struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "a folder's lock ends with the process only");
        }
    }
}

/// A data folder that is locked until this is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    pub(crate) path: PathBuf,
    pub(crate) cluster_id: String,
    _lock: FolderLock,
}

impl DataFolder {
    pub(crate) fn open(path: &Path) -> Result<Self, BrokerError> {
        let trouble = |source| BrokerError::Folder {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(trouble)?;
        let lock = lock(path)?;
        check_format(path)?;
        let cluster_id = cluster_id(path).map_err(trouble)?;
        Ok(Self {
            path: path.to_owned(),
            cluster_id,
            _lock: lock,
        })
    }
}

fn lock(path: &Path) -> Result<FolderLock, BrokerError> {
    let trouble = |source| BrokerError::Folder {
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join("lock"))
        .map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(BrokerError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(trouble(source)),
    }
}

fn check_format(path: &Path) -> Result<(), BrokerError> {
    let trouble = |source| BrokerError::Folder {
        path: path.to_owned(),
        source,
    };
    let file = path.join("format");
    match fs::read_to_string(&file) {
        Ok(text) if text.trim().parse() == Ok(FORMAT) => Ok(()),
        Ok(text) => Err(BrokerError::Format {
            path: path.to_owned(),
            found: text.trim().to_owned(),
            known: FORMAT,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            recovery::replace(&file, FORMAT.to_string().as_bytes()).map_err(trouble)
        }
        Err(error) => Err(trouble(error)),
    }
}

fn cluster_id(path: &Path) -> io::Result<String> {
    let file = path.join("cluster-id");
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = as_kafka_writes_it(Uuid::new_v4());
            recovery::replace(&file, id.as_bytes())?;
            Ok(id)
        }
        Err(error) => Err(error),
    }
}

/// Kafka writes UUIDs as 22 digits of URL-safe base 64.
fn as_kafka_writes_it(id: Uuid) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 128 bits and four bits of padding: 22 digits of six bits.
    let digit = |index: u32| {
        let from_the_right = 132 - 6 * (index + 1);
        let bits = if from_the_right >= 4 {
            id.as_u128() >> (from_the_right - 4)
        } else {
            id.as_u128() << (4 - from_the_right)
        };
        char::from(DIGITS[(bits & 63) as usize])
    };
    (0..22).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_written_as_kafka_writes_it() {
        // The one example in Apache Kafka's own tests of `Uuid`: zero, and the reserved one.
        assert_eq!(as_kafka_writes_it(Uuid::nil()), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(as_kafka_writes_it(Uuid::from_u128(1)), "AAAAAAAAAAAAAAAAAAAAAQ");
    }

    #[test]
    fn a_folder_serves_one_broker_at_a_time() -> Result<(), BrokerError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = DataFolder::open(folder.path())?;
        assert!(matches!(
            DataFolder::open(folder.path()),
            Err(BrokerError::InUse { .. })
        ));
        let id = first.cluster_id.clone();
        drop(first);
        assert_eq!(DataFolder::open(folder.path())?.cluster_id, id);
        Ok(())
    }

    #[test]
    fn a_folder_is_free_once_its_lock_is_dropped_though_a_process_that_starts_has_a_copy() -> Result<(), BrokerError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = lock(folder.path())?;
        let _copy = first.0.try_clone().expect("a copy");
        drop(first);
        lock(folder.path()).map(drop)
    }

    #[test]
    fn a_newer_format_is_left_alone() -> Result<(), std::io::Error> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("format"), "2\n")?;
        assert!(matches!(
            DataFolder::open(folder.path()),
            Err(BrokerError::Format { .. })
        ));
        Ok(())
    }
}
