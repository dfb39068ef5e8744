//! Opening a partition's folder: segments are found, recovered and checked against each other.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::compact::Cleaned;
use super::producers::Producers;
use super::recovery::{self, Scrutiny};
use super::segment::Segment;
use super::{Log, LogError, Offset, swap};

const LOG_START: &str = "log-start";

impl Log {
    /// Opens the folder, making it if it is not there.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, LogError> {
        fs::create_dir_all(&folder)?;
        swap::finish(&folder)?;
        let mut producers = Producers::default();
        let bases = swap::bases(&folder)?;
        let mut segments: Vec<Segment> = Vec::with_capacity(bases.len().max(1));
        let mut taken_until = None;
        for (index, &base) in bases.iter().enumerate() {
            let scrutiny = if index + 2 >= bases.len() {
                Scrutiny::Checksums
            } else {
                Scrutiny::Headers
            };
            let opened = recovery::open(&folder, base, scrutiny, |header| producers.remember(header))?;
            let segment = opened.segment;
            taken_until = opened.taken_until;
            if segments.last().is_some_and(|before| before.next > segment.base) {
                return Err(LogError::Overlap {
                    folder,
                    at: segment.base,
                });
            }
            if let Some(before) = segments.last_mut() {
                settle_sealed(before, scrutiny)?;
            }
            segments.push(segment);
        }
        let kept = read_start(&folder)?;
        let cleaned = Cleaned::read(&folder)?;
        let first = segments.first().map_or(kept, |segment| segment.base);
        if segments.is_empty() {
            segments.push(Segment::create(&folder, kept)?);
        }
        if let Some(next) = taken_until {
            if let Some(before) = segments.last_mut() {
                settle_sealed(before, Scrutiny::Checksums)?;
            }
            segments.push(Segment::create(&folder, next)?);
        }
        let is_fresh = bases.is_empty() && taken_until.is_none();
        let mut log = Self {
            folder,
            segments,
            start: kept.max(first),
            durable: first,
            durable_in: (first, 0),
            high: first,
            high_in: (first, 0),
            producers,
            cleaned,
            take_backs: 0,
            deleted: false,
        };
        // Of an empty log there is nothing to lose: its names are brought onto the disk with the first batch.
        if !is_fresh {
            log.settle()?;
        }
        Ok(log)
    }

    /// What was found may so far be in the page cache only: it is synced before anyone sees it.
    fn settle(&mut self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()?;
        if let Some(active) = self.segments.last_mut() {
            active.file()?.sync_data()?;
            active.is_named_on_disk = true;
            self.durable = active.next;
            self.durable_in = (active.base, active.size);
            (self.high, self.high_in) = (self.durable, self.durable_in);
        }
        self.start = self.start.min(self.durable);
        Ok(())
    }

    /// Persists the first offset that can be read.
    pub(super) fn keep_start(&self) -> io::Result<()> {
        recovery::replace(&self.folder.join(LOG_START), self.start.0.to_string().as_bytes())
    }
}

/// The last segment before the one that is written to may not be on the disk yet; those before it are.
fn settle_sealed(segment: &mut Segment, scrutiny_of_next: Scrutiny) -> io::Result<()> {
    if scrutiny_of_next == Scrutiny::Checksums {
        segment.file()?.sync_data()?;
    }
    segment.seal();
    Ok(())
}

fn read_start(folder: &Path) -> io::Result<Offset> {
    match fs::read(folder.join(LOG_START)) {
        Ok(text) => {
            if let Ok(start) = String::from_utf8_lossy(&text).trim().parse() {
                return Ok(Offset(start));
            }
            let aside = folder.join("log-start.corrupt");
            fs::rename(folder.join(LOG_START), &aside)?;
            tracing::error!(set_aside = %aside.display(), "the file that says where the log begins was damaged; it begins with its first segment");
            Ok(Offset(0))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Offset(0)),
        Err(error) => Err(error),
    }
}
