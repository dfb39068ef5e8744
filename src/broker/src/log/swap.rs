//! Putting one compacted file in the place of one or several segments, so that a crash at any moment leaves all of the old or all of
//! the new.
//!
//! 1. The new file is written and synced under a name that nobody reads (`.cleaning`).
//! 2. It is renamed to `{first base}-{end}.swap`, and the folder is synced. From here on it counts: it stands for every segment whose
//!    base offset lies from the first one up to (not including) the end.
//! 3. Those segments' files are removed, the folder is synced, and it is renamed to the first one's name.
//!
//! When a log is opened, step 3 is done for every `.swap` file that is found, and `.cleaning` files are removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Offset;
use super::segment::Segment;

const SWAP: &str = "swap";
const CLEANING: &str = "cleaning";

/// Where the new file is written.
pub(super) fn cleaning_path(folder: &Path, first: Offset) -> PathBuf {
    folder.join(format!("{:020}.{CLEANING}", first.0))
}

/// A finished file that stands for the segments from `first` up to (not including) `end`.
#[derive(Debug)]
pub(super) struct Swap {
    folder: PathBuf,
    first: Offset,
    end: Offset,
}

impl Swap {
    /// Step 2, after which the new file counts.
    pub(super) fn commit(folder: &Path, first: Offset, end: Offset) -> io::Result<Self> {
        let swap = Self {
            folder: folder.to_owned(),
            first,
            end,
        };
        fs::rename(cleaning_path(folder, first), swap.path())?;
        sync(folder)?;
        Ok(swap)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder
            .join(format!("{:020}-{:020}.{SWAP}", self.first.0, self.end.0))
    }

    /// Step 3 but for its last rename: the old files go.
    pub(super) fn remove_old(&self) -> io::Result<()> {
        for base in bases(&self.folder)? {
            if (self.first..self.end).contains(&base) {
                fs::remove_file(Segment::path_in(&self.folder, base))?;
            }
        }
        sync(&self.folder)
    }

    /// The last rename of step 3; where the file is from then on.
    pub(super) fn finish(&self) -> io::Result<PathBuf> {
        let path = Segment::path_in(&self.folder, self.first);
        fs::rename(self.path(), &path)?;
        Ok(path)
    }
}

/// Finishes what a crash interrupted.
pub(super) fn finish(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some(CLEANING) => fs::remove_file(&path)?,
            Some(SWAP) => {
                let (first, end) = range(&path).ok_or_else(|| io::Error::other("a .swap file without a range"))?;
                let swap = Swap {
                    folder: folder.to_owned(),
                    first,
                    end,
                };
                swap.remove_old()?;
                swap.finish()?;
                sync(folder)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn range(path: &Path) -> Option<(Offset, Offset)> {
    let (first, end) = path.file_stem()?.to_str()?.split_once('-')?;
    Some((Offset(first.parse().ok()?), Offset(end.parse().ok()?)))
}

/// The base offsets of the segments that have files, in order.
pub(super) fn bases(folder: &Path) -> io::Result<Vec<Offset>> {
    let mut bases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            bases.push(Offset(name.parse().map_err(io::Error::other)?));
        }
    }
    bases.sort_unstable();
    Ok(bases)
}

pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
