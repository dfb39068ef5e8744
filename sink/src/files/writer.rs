//! The one writer of the log files.
//!
//! Promises: lines go to the committed length of their file, so what an aborted batch left behind is overwritten or cut;
//! [`LogWriter::append`] returns when they are on the disk; a file that is shorter than was committed, or that the books don't
//! know, stops the sink before a byte is written. Blocking: call it from a thread that may block.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use schemas::EventId;
use time::Date;

use super::search::{strike_out_of_file, strike_out_of_packed};
use super::{DayFile, LogFolder, pack};
use crate::{SinkError, metric};

/// The log files of a folder with their committed lengths.
#[derive(Debug)]
pub(crate) struct LogWriter {
    folder: LogFolder,
    committed: BTreeMap<DayFile, u64>,
    open: BTreeMap<DayFile, File>,
    /// Where the last search found its first event.
    searched: BTreeMap<DayFile, u64>,
    /// Finished days that were packed: see [`super::pack`].
    packed: BTreeSet<DayFile>,
}

impl LogWriter {
    pub(crate) const fn new(folder: LogFolder) -> Self {
        Self {
            folder,
            committed: BTreeMap::new(),
            open: BTreeMap::new(),
            searched: BTreeMap::new(),
            packed: BTreeSet::new(),
        }
    }

    pub(crate) const fn folder(&self) -> &LogFolder {
        &self.folder
    }

    pub(crate) fn path(&self, file: DayFile) -> PathBuf {
        self.folder.path().join(file.name())
    }

    /// Where the file stands now: its packed form, if that is all there is.
    pub(crate) fn path_now(&self, file: DayFile) -> PathBuf {
        let plain = self.path(file);
        let packed = pack::packed_path(&plain);
        if !plain.exists() && packed.exists() {
            packed
        } else {
            plain
        }
    }

    /// The files among `wanted` that the books must learn of before the first line is written to them.
    pub(crate) fn unregistered(&self, wanted: impl Iterator<Item = DayFile>) -> Result<Vec<DayFile>, SinkError> {
        let new: Vec<_> = wanted.filter(|file| !self.committed.contains_key(file)).collect();
        for file in &new {
            let plain = self.path(*file);
            for path in [pack::packed_path(&plain), plain] {
                match fs::symlink_metadata(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Ok(_) => return Err(SinkError::UnknownFile { path }),
                    Err(error) => return Err(SinkError::disk(path, error)),
                }
            }
        }
        Ok(new)
    }

    /// Takes note that the books know these files, as empty ones.
    pub(crate) fn registered(&mut self, files: &[DayFile]) {
        self.committed.extend(files.iter().map(|file| (*file, 0)));
    }

    /// The lengths after `lines` were appended.
    pub(crate) fn lengths_after(&self, lines: &BTreeMap<DayFile, Vec<u8>>) -> BTreeMap<DayFile, u64> {
        lines
            .iter()
            .map(|(file, lines)| (*file, self.committed_length(*file) + lines.len() as u64))
            .collect()
    }

    /// Writes the lines behind the committed ones and makes them durable; they count once [`Self::confirm`] is called.
    pub(crate) fn append(&mut self, lines: &BTreeMap<DayFile, Vec<u8>>) -> Result<(), SinkError> {
        let mut created = false;
        for (file, lines) in lines {
            let at = self.committed_length(*file);
            created |= self.open(*file)?;
            self.handle(*file)?
                .write_all_at(lines, at)
                .map_err(|error| SinkError::disk(self.path(*file), error))?;
        }
        let written = Instant::now();
        for file in lines.keys() {
            self.handle(*file)?.sync_data().map_err(|source| SinkError::Sync {
                path: self.path(*file),
                source,
            })?;
        }
        if created {
            self.sync_folder()?;
        }
        lines.keys().try_for_each(|file| self.in_its_place(*file))?;
        metric::synced(written.elapsed());
        Ok(())
    }

    /// The lines that were appended are committed.
    pub(crate) fn confirm(&mut self, lengths: &BTreeMap<DayFile, u64>) {
        self.committed
            .extend(lengths.iter().map(|(file, length)| (*file, *length)));
    }

    /// The appended lines were not committed: cuts the files back.
    pub(crate) fn cut_back(&mut self, files: impl Iterator<Item = DayFile>) -> Result<(), SinkError> {
        for file in files {
            if let Some(handle) = self.open.get(&file) {
                let path = self.path(file);
                let length = self.committed_length(file);
                handle.set_len(length).map_err(|error| SinkError::disk(path, error))?;
            }
        }
        Ok(())
    }

    /// Starts from what the books say: cuts what was not committed, and refuses files that are shorter. What is cut comes again from
    /// Kafka; where it can't (`is_all_there` is false, as with an older database beside newer files) it is set aside first.
    pub(crate) fn restore(&mut self, books: BTreeMap<DayFile, u64>, is_all_there: bool) -> Result<(), SinkError> {
        self.open.clear();
        self.searched.clear();
        self.packed.clear();
        for (file, recorded) in &books {
            let path = self.path(*file);
            if self.is_packed(*file, *recorded)? {
                self.packed.insert(*file);
                continue;
            }
            let found = match fs::symlink_metadata(&path) {
                Ok(found) if found.is_file() => found.len(),
                Ok(_) => return Err(SinkError::UnknownFile { path }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
                Err(error) => return Err(SinkError::disk(path, error)),
            };
            if found < *recorded {
                return Err(SinkError::ShortFile {
                    path,
                    recorded: *recorded,
                    found,
                });
            }
            if found > *recorded {
                if !is_all_there {
                    let aside = set_aside(&path, *recorded).map_err(|error| SinkError::disk(&path, error))?;
                    tracing::warn!(file = %path.display(), aside = %aside.display(),
                        "Kafka no longer has what stands behind the committed lines: it is set aside");
                }
                tracing::warn!(file = %path.display(), bytes = found - recorded, "cutting lines that were never committed");
                let cut = File::options()
                    .write(true)
                    .open(&path)
                    .and_then(|handle| handle.set_len(*recorded));
                cut.map_err(|error| SinkError::disk(path, error))?;
            }
        }
        self.committed = books;
        Ok(())
    }

    /// Forgets and deletes a file whose length the books have already forgotten.
    pub(crate) fn delete(&mut self, file: DayFile) -> Result<(), SinkError> {
        self.open.remove(&file);
        self.searched.remove(&file);
        self.committed.remove(&file);
        self.packed.remove(&file);
        let plain = self.path(file);
        [pack::packed_path(&plain), plain].iter().try_for_each(remove)
    }

    /// The days before `before` whose files are not packed yet, with what is committed to them.
    pub(crate) fn packable(&self, before: Date) -> Vec<(DayFile, u64)> {
        let is_due = |file: &DayFile| file.day < before && !self.packed.contains(file);
        let due = self
            .committed
            .iter()
            .filter(|(file, length)| is_due(file) && **length > 0);
        due.map(|(file, length)| (*file, *length)).collect()
    }

    /// What was packed counts, if nothing was written since; answers whether it does.
    pub(crate) fn keep_packed(&mut self, file: DayFile, length: u64) -> Result<bool, SinkError> {
        let path = self.path(file);
        if self.committed.get(&file) != Some(&length) || self.packed.contains(&file) {
            remove(pack::packing_path(&path))?;
            return Ok(false);
        }
        self.open.remove(&file);
        self.searched.remove(&file);
        pack::keep(&path, || File::open(self.folder.path())?.sync_all())
            .map_err(|error| SinkError::disk(&path, error))?;
        self.packed.insert(file);
        Ok(true)
    }

    /// The files among `wanted` that must be unpacked before a line is written to them.
    pub(crate) fn packed_among(&self, wanted: impl Iterator<Item = DayFile>) -> Vec<DayFile> {
        wanted.filter(|file| self.packed.contains(file)).collect()
    }

    /// A late event has come for a day that was packed.
    pub(crate) fn unpack(&mut self, file: DayFile) -> Result<(), SinkError> {
        let path = self.path(file);
        let length = self.committed_length(file);
        pack::unpack(&path, length, || File::open(self.folder.path())?.sync_all())
            .map_err(|error| SinkError::disk(&path, error))?;
        self.packed.remove(&file);
        Ok(())
    }

    /// Whether only the packed form of a file is there; where both are, the plain one counts and the other goes.
    fn is_packed(&self, file: DayFile, recorded: u64) -> Result<bool, SinkError> {
        let plain = self.path(file);
        let packed = pack::packed_path(&plain);
        let is_there = |path: &Path| path.try_exists().map_err(|error| SinkError::disk(path, error));
        if !is_there(&packed)? {
            return Ok(false);
        }
        if is_there(&plain)? {
            remove(&packed)?;
            return Ok(false);
        }
        let says_length = pack::says_length(&packed, recorded).map_err(|error| SinkError::disk(&packed, error))?;
        if says_length {
            return Ok(true);
        }
        let found = packed.metadata().map_or(0, |found| found.len());
        Err(SinkError::ShortFile {
            path: packed,
            recorded,
            found,
        })
    }

    /// Takes from `wanted` the events of the file's committed lines; answers whether there is such a file.
    pub(crate) fn strike_out(&mut self, file: DayFile, wanted: &mut HashSet<EventId>) -> Result<bool, SinkError> {
        let length = self.committed_length(file);
        if length == 0 {
            return Ok(false);
        }
        let (path, from) = (self.path(file), self.searched.get(&file).copied());
        if self.packed.contains(&file) {
            strike_out_of_packed(&pack::packed_path(&path), wanted).map_err(|error| SinkError::disk(&path, error))?;
            return Ok(true);
        }
        let found = strike_out_of_file(&path, length, from, wanted).map_err(|error| SinkError::disk(path, error))?;
        self.searched.extend(found.map(|at| (file, at)));
        Ok(true)
    }

    fn committed_length(&self, file: DayFile) -> u64 {
        self.committed.get(&file).copied().unwrap_or(0)
    }

    /// Opens the file unless it is open; answers whether it was created.
    fn open(&mut self, file: DayFile) -> Result<bool, SinkError> {
        if self.open.contains_key(&file) {
            return Ok(false);
        }
        let path = self.path(file);
        let existed = path.exists();
        let handle = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| SinkError::disk(&path, error))?;
        self.open.insert(file, handle);
        Ok(!existed)
    }

    fn handle(&self, file: DayFile) -> Result<&File, SinkError> {
        let missing = || SinkError::disk(self.path(file), io::Error::other("is not open"));
        self.open.get(&file).ok_or_else(missing)
    }

    /// Refuses a file that no longer stands under its name: nobody would find what is committed to it.
    fn in_its_place(&self, file: DayFile) -> Result<(), SinkError> {
        let path = self.path(file);
        let identity = |found: &fs::Metadata| (found.dev(), found.ino());
        let open = self.handle(file)?.metadata();
        let open = open.map_err(|error| SinkError::disk(&path, error))?;
        match fs::symlink_metadata(&path) {
            Ok(named) if identity(&named) == identity(&open) => Ok(()),
            Ok(_) => Err(SinkError::disk(
                path,
                io::Error::other("was replaced while the sink wrote to it"),
            )),
            Err(error) => Err(SinkError::disk(path, error)),
        }
    }

    fn sync_folder(&self) -> Result<(), SinkError> {
        let path = self.folder.path();
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| SinkError::Sync {
                path: path.to_owned(),
                source,
            })
    }
}

fn remove(path: impl AsRef<Path>) -> Result<(), SinkError> {
    match fs::remove_file(path.as_ref()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SinkError::disk(path.as_ref(), error)),
        _ => Ok(()),
    }
}

/// Copies what stands behind the first `from` bytes into the first free of `NAME.cut`, `NAME.cut-1` and so on.
fn set_aside(path: &Path, from: u64) -> io::Result<PathBuf> {
    let mut number = 0;
    loop {
        let ending = if number == 0 {
            String::new()
        } else {
            format!("-{number}")
        };
        let aside = PathBuf::from(format!("{}.cut{ending}", path.display()));
        match File::options().write(true).create_new(true).open(&aside) {
            Ok(mut copy) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(from))?;
                io::copy(&mut file, &mut copy)?;
                copy.sync_all()?;
                return Ok(aside);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn nothing_is_committed_to_a_file_that_was_moved_deleted_or_replaced() {
        let home = tempfile::tempdir().unwrap();
        let mut writer = LogWriter::new(LogFolder::open(home.path(), None).unwrap());
        let name = format!("app-{}.log", date!(2025 - 05 - 14));
        let file = DayFile::from_name(&name).unwrap();
        let lines = BTreeMap::from([(file, b"a line\n".to_vec())]);
        writer.append(&lines).unwrap();
        let (path, elsewhere) = (writer.path(file), home.path().join("elsewhere"));
        fs::rename(&path, &elsewhere).unwrap();
        assert!(writer.append(&lines).is_err());
        fs::write(&path, "another").unwrap();
        assert!(writer.append(&lines).is_err());
        fs::rename(&elsewhere, &path).unwrap();
        writer.append(&lines).unwrap();
    }
}
