//! The daily files, named and filled as the sink does it, and beside them what is true of them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use schemas::{EventType, LogFile};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::{Date, UtcOffset};

use super::scenario::Scenario;
use super::stream::Emitted;

struct DailyFile {
    out: BufWriter<File>,
    hash: Sha256,
    lines: u64,
}

/// A folder of daily files. An event goes into the file of its own day, in the order in which it came.
pub(super) struct DailyFiles {
    folder: PathBuf,
    files: BTreeMap<(Date, LogFile), DailyFile>,
    done: BTreeMap<String, FileTruth>,
    line: Vec<u8>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct FileTruth {
    pub lines: u64,
    pub sha256: String,
}

impl DailyFiles {
    /// A new folder, or one without log files.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let said = format!("it holds {} already: name an empty folder", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, said));
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            files: BTreeMap::new(),
            done: BTreeMap::new(),
            line: Vec::new(),
        })
    }

    pub(super) fn put(&mut self, emitted: &Emitted) -> io::Result<()> {
        let Some(kind) = emitted.event.event_type.topic().log_file() else {
            return Ok(());
        };
        self.line.clear();
        emitted.seal_into(&mut self.line);
        self.line.push(b'\n');
        let day = emitted.event.timestamp.day(UtcOffset::UTC);
        if !self.files.contains_key(&(day, kind)) {
            self.close_before(day.previous_day().unwrap_or(day))?;
            let path = self.folder.join(kind.file_name(day));
            let file = DailyFile {
                out: BufWriter::with_capacity(1 << 20, File::options().append(true).create(true).open(path)?),
                hash: Sha256::new(),
                lines: 0,
            };
            self.files.insert((day, kind), file);
        }
        let Some(file) = self.files.get_mut(&(day, kind)) else {
            return Ok(());
        };
        file.hash.update(&self.line);
        file.lines += 1;
        file.out.write_all(&self.line)
    }

    /// Nothing comes more than a day late.
    fn close_before(&mut self, day: Date) -> io::Result<()> {
        let still_open = self.files.split_off(&(day, LogFile::App));
        let old = std::mem::replace(&mut self.files, still_open);
        old.into_iter()
            .try_for_each(|((day, kind), file)| self.close(day, kind, file))
    }

    fn close(&mut self, day: Date, kind: LogFile, mut file: DailyFile) -> io::Result<()> {
        file.out.flush()?;
        let truth = FileTruth {
            lines: file.lines,
            sha256: hex::encode(file.hash.finalize()),
        };
        self.done.insert(kind.file_name(day), truth);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<BTreeMap<String, FileTruth>> {
        let files = std::mem::take(&mut self.files);
        files
            .into_iter()
            .try_for_each(|((day, kind), file)| self.close(day, kind, file))?;
        Ok(self.done)
    }
}

/// What is true of simulated data: how it was made, what is in it, and which effects are real.
#[derive(Debug, Serialize)]
pub(super) struct Truth<'a> {
    pub seed: u64,
    pub from: String,
    pub days: u32,
    pub visits_per_day: u32,
    pub events: u64,
    pub by_type: BTreeMap<&'static str, u64>,
    pub files: BTreeMap<String, FileTruth>,
    pub scenario: &'a Scenario,
}

#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<EventType, u64>);

impl Counts {
    pub(super) fn count(&mut self, event_type: EventType) {
        *self.0.entry(event_type).or_default() += 1;
    }

    pub(super) fn by_name(&self) -> BTreeMap<&'static str, u64> {
        self.0
            .iter()
            .map(|(event_type, count)| (event_type.name(), *count))
            .collect()
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// Writes `truth/truth.json`.
pub(super) fn write_truth(folder: &Path, truth: &Truth<'_>) -> io::Result<()> {
    let folder = folder.join("truth");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("truth.json"), serde_json::to_vec_pretty(truth)?)
}
