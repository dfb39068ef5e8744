//! The log folder: one sink at a time, and always the same one.
//!
//! Promises: while a [`LogFolder`] lives, no other process opens the folder; its instance name never changes, so that the
//! committed lengths in the database belong to these very files; a folder of a newer format is refused and left as it is.
//! A folder that says no format is of the first one.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use schemas::InstanceId;
use uuid::Uuid;

use crate::SinkError;

const LOCK: &str = ".lock";
const INSTANCE: &str = ".instance";
const FORMAT_FILE: &str = ".format";
/// The layout of the folder that this version writes.
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

/// A folder that this process has locked.
#[derive(Debug)]
pub(crate) struct LogFolder {
    path: PathBuf,
    instance: InstanceId,
    _lock: FolderLock,
}

impl LogFolder {
    /// Creates the folder if need be and locks it; `wanted` names its instance the first time.
    pub(crate) fn open(path: &Path, wanted: Option<&InstanceId>) -> Result<Self, SinkError> {
        let refuse = |reason: String| SinkError::Setting {
            setting: "--logs",
            reason,
        };
        let unusable = |error: io::Error| refuse(format!("{}: {error}", path.display()));
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => refuse(format!("{} is used by another sink that runs", path.display())),
            TryLockError::Error(error) => unusable(error),
        })?;
        let lock = FolderLock(lock);
        check_format(path)?;
        let instance = match kept_instance(path).map_err(unusable)? {
            Some(kept) => kept
                .parse()
                .map_err(|error| refuse(format!("{}/{INSTANCE} {error}", path.display())))?,
            None => name_instance(path, wanted).map_err(unusable)?,
        };
        if let Some(wanted) = wanted.filter(|wanted| **wanted != instance) {
            return Err(SinkError::Setting {
                setting: "--instance",
                reason: format!("is {wanted}, but {} belongs to {instance}", path.display()),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            instance,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn instance(&self) -> &InstanceId {
        &self.instance
    }
}

/// The instance that a folder belongs to, without its lock; none where no sink ever was.
pub(crate) fn instance_of(folder: &Path) -> Result<Option<InstanceId>, SinkError> {
    let refuse = |reason: String| SinkError::Setting {
        setting: "--logs",
        reason: format!("{}/{INSTANCE} {reason}", folder.display()),
    };
    let kept = kept_instance(folder).map_err(|error| refuse(error.to_string()))?;
    let instance = kept.map(|kept| kept.parse::<InstanceId>()).transpose();
    instance.map_err(|error| refuse(error.to_string()))
}

fn check_format(folder: &Path) -> Result<(), SinkError> {
    let refuse = |reason: String| SinkError::Setting {
        setting: "--logs",
        reason: format!("{} {reason}", folder.display()),
    };
    match fs::read_to_string(folder.join(FORMAT_FILE)) {
        Ok(text) if text.trim().parse() == Ok(FORMAT) => Ok(()),
        Ok(text) => Err(refuse(format!(
            "was made by a newer sink (format {}, known here: {FORMAT}) and was left as it is; start the newer sink, or restore the \
             backup from before the upgrade",
            text.trim()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            write_whole(folder, FORMAT_FILE, &FORMAT.to_string()).map_err(|error| refuse(error.to_string()))
        }
        Err(error) => Err(refuse(error.to_string())),
    }
}

fn kept_instance(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(INSTANCE)) {
        Ok(name) => Ok(Some(name.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn name_instance(folder: &Path, wanted: Option<&InstanceId>) -> io::Result<InstanceId> {
    let instance = match wanted {
        Some(wanted) => wanted.clone(),
        None => format!("sink-{:08x}", Uuid::new_v4().as_fields().0)
            .parse()
            .map_err(io::Error::other)?,
    };
    write_whole(folder, INSTANCE, instance.as_str())?;
    Ok(instance)
}

/// Written beside and renamed, so that a crash leaves no half a line.
fn write_whole(folder: &Path, name: &str, line: &str) -> io::Result<()> {
    let beside = folder.join(format!("{name}.new"));
    let mut file = File::create(&beside)?;
    writeln!(file, "{line}")?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_opened_by_one_sink_at_a_time_and_keeps_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let first = LogFolder::open(dir.path(), None).unwrap();
        let name = first.instance().clone();
        assert!(matches!(
            LogFolder::open(dir.path(), None),
            Err(SinkError::Setting { setting: "--logs", .. })
        ));
        drop(first);
        assert_eq!(LogFolder::open(dir.path(), None).unwrap().instance(), &name);
        let other = "another".parse().unwrap();
        assert!(matches!(
            LogFolder::open(dir.path(), Some(&other)),
            Err(SinkError::Setting {
                setting: "--instance",
                ..
            })
        ));
    }
}
