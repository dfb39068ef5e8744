//! The folder: one writer at a time (a lock file), and the name of the instance, made once.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use schemas::InstanceId;

use super::error::JournalError;
use super::segment;

const FORMAT: u32 = 1;
const LOCK: &str = "lock";
const INSTANCE: &str = "instance";

/// Let go when it is dropped. Closing the file alone isn't enough: a process that is started at this moment holds a copy of it until it
/// has begun.
///
/// The lock file and the folder itself: whoever deletes a lock file that looks left over doesn't let a second writer in.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
    /// None where the file system locks no folders.
    folder: Option<File>,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let files = std::iter::once(&self.file).chain(&self.folder);
        for error in files.filter_map(|file| file.unlock().err()) {
            tracing::warn!(%error, "a folder's lock ends with the process only");
        }
    }
}

/// Creates the folder where it is missing and locks it until the lock is dropped.
pub(super) fn lock(folder: &Path) -> Result<FolderLock, JournalError> {
    fs::create_dir_all(folder).map_err(JournalError::file(folder, "can't be created"))?;
    let path = folder.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(JournalError::file(&path, "can't be opened"))?;
    let in_use = || JournalError::Locked {
        folder: folder.to_owned(),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        Err(TryLockError::Error(error)) => return Err(JournalError::file(path, "can't be locked")(error)),
    }
    let itself = File::open(folder).map_err(JournalError::file(folder, "can't be opened"))?;
    let itself = match itself.try_lock() {
        Ok(()) => Some(itself),
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Network file systems may lock files only.
        Err(TryLockError::Error(_)) => None,
    };
    Ok(FolderLock { file, folder: itself })
}

/// The instance's name: read, or made up when the folder is new. The file is `NAME format FORMAT CRC32C`, one line.
pub(super) fn instance(folder: &Path, is_new: bool) -> Result<InstanceId, JournalError> {
    let path = folder.join(INSTANCE);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&path, text.trim_end()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => {
            let id = uuid::Uuid::new_v4().simple().to_string();
            let name: InstanceId = format!("shop-{}", &id[..12])
                .parse()
                .map_err(|_| wrong(&path, "a made-up name was refused"))?;
            let text = format!("{name} format {FORMAT}");
            let text = format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes()));
            replace(folder, INSTANCE, text.as_bytes()).map_err(JournalError::file(&path, "can't be written"))?;
            Ok(name)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(wrong(&path, "it is missing, but there are segments"))
        }
        Err(error) => Err(JournalError::file(path, "can't be read")(error)),
    }
}

/// Writes a small file as a whole or not at all, whatever happens.
pub(super) fn replace(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!("{name}.new"));
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    if let Err(error) = written {
        // On a full disk the half of it would take the room that it lacks. The first error is the one that tells what is wrong.
        fs::remove_file(&draft).ok();
        return Err(error);
    }
    fs::rename(&draft, folder.join(name))?;
    segment::sync_folder(folder)
}

fn parse(path: &Path, text: &str) -> Result<InstanceId, JournalError> {
    let (body, sum) = text.rsplit_once(' ').ok_or_else(|| wrong(path, "it is cut"))?;
    if u32::from_str_radix(sum, 16) != Ok(crc32c::crc32c(body.as_bytes())) {
        return Err(wrong(path, "its checksum is wrong"));
    }
    let (name, format) = body
        .split_once(" format ")
        .ok_or_else(|| wrong(path, "it names no format"))?;
    let found = format.parse().map_err(|_| wrong(path, "its format is no number"))?;
    if found != FORMAT {
        return Err(JournalError::Format {
            path: path.to_owned(),
            found,
            known: FORMAT,
        });
    }
    name.parse().map_err(|_| wrong(path, "it names no instance"))
}

fn wrong(path: &Path, why: &str) -> JournalError {
    JournalError::Instance {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_free_once_its_lock_is_dropped_though_a_process_that_starts_has_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(JournalError::Locked { .. })));
        let _copy = first.file.try_clone().unwrap();
        drop(first);
        assert!(lock(folder.path()).is_ok());
    }

    #[test]
    fn a_folder_whose_lock_file_was_deleted_is_still_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        fs::remove_file(folder.path().join(LOCK)).unwrap();
        assert!(matches!(lock(folder.path()), Err(JournalError::Locked { .. })));
        drop(first);
        assert!(lock(folder.path()).is_ok());
    }
}
