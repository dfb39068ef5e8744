//! The third hop: the daily files. What counts ends at the length that the sink has committed, or else at the last whole line.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use hosting::Progress;
use memchr::{memchr_iter, memrchr};
use schemas::LogFile;
use time::Date;
use time::macros::format_description;

use super::calendar::Calendar;
use super::error::AuditError;
use super::faults::CutFile;
use super::hands::in_order;
use super::ledger::Ledger;
use super::mark::Hop;
use super::sheet::{Said, Sheet};

const BLOCK_BYTES: usize = 512 * 1024;
/// The ending of a finished day's file that was compressed.
const PACKED: &str = ".gz";
/// Names the sink that owns a folder.
const INSTANCE: &str = ".instance";

/// How many bytes of each file are committed: by the sink's instance, then by the file's name.
#[derive(Debug, Default)]
pub(super) struct Committed {
    sinks: HashMap<String, HashMap<String, u64>>,
    /// Somebody's books were read; without, everything counts.
    are_books: bool,
}

impl Committed {
    /// What books without any file say.
    pub(super) fn of_books() -> Self {
        Self {
            are_books: true,
            ..Self::default()
        }
    }

    pub(super) fn note(&mut self, sink: &str, name: &str, length: u64) {
        self.sinks
            .entry(sink.to_owned())
            .or_default()
            .insert(name.to_owned(), length);
    }

    /// Refuses folders of which the books don't know whose they are, and books of sinks whose folder isn't among them: what must be
    /// there could not be told.
    fn check_folders(&self, folders: &[PathBuf], calendar: Calendar) -> Result<(), AuditError> {
        if !self.are_books {
            return Ok(());
        }
        let refuse = |reason: String| AuditError::Setting {
            setting: "--logs",
            reason,
        };
        let mut known = Vec::new();
        for folder in folders {
            match sink_of(folder)? {
                Some(sink) if self.sinks.contains_key(&sink) => known.push(sink),
                Some(sink) if !daily_files(folder)?.is_empty() => {
                    let shown = folder.display();
                    return Err(refuse(format!(
                        "{shown} is the folder of {sink}, of which the books of --database know nothing"
                    )));
                }
                None if !daily_files(folder)?.is_empty() => {
                    let shown = folder.display();
                    return Err(refuse(format!(
                        "{shown} doesn't say whose it is: its file {INSTANCE} is missing"
                    )));
                }
                Some(_) | None => {}
            }
        }
        let is_kept = |name: &str| family_of(name).is_some_and(|(_, day)| !calendar.is_expired(calendar.day_on(day)));
        for (sink, files) in &self.sinks {
            let has_lines = files.iter().any(|(name, length)| *length > 0 && is_kept(name));
            if has_lines && !known.contains(sink) {
                return Err(refuse(format!(
                    "the books of --database know files of {sink}, whose folder is not among those to be looked at"
                )));
            }
        }
        Ok(())
    }

    /// The files among `unknown` (a sink, and a name) of which these books don't know, either.
    pub(super) fn still_unknown(&self, unknown: &[(String, String)]) -> Vec<String> {
        let is_known = |sink: &str, name: &str| self.sinks.get(sink).is_some_and(|files| files.contains_key(name));
        let unknown = unknown.iter().filter(|(sink, name)| !is_known(sink, name));
        unknown.map(|(sink, name)| format!("{name} of {sink}")).collect()
    }

    /// Notes the files of kept days that are shorter than the books say, or gone.
    fn note_cut_files(&self, folder: &Path, sink: Option<&str>, ledger: &mut Ledger) -> Result<(), AuditError> {
        let Some((sink, files)) = sink.and_then(|sink| self.sinks.get_key_value(sink)) else {
            return Ok(());
        };
        for (name, committed) in files {
            let Some((_, date)) = family_of(name) else { continue };
            if ledger.calendar.is_expired(ledger.calendar.day_on(date)) {
                continue;
            }
            let found = match fs::metadata(folder.join(name)) {
                Ok(metadata) => Some(metadata.len()),
                // How much a packed one holds is known when it was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound && packed(folder, name).is_file() => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(AuditError::file(folder.join(name))(error)),
            };
            // A file is in the books before it is made: one of which nothing was committed needs not be there.
            if *committed > 0 && found.is_none_or(|found| found < *committed) {
                ledger.faults.cut_files.push(CutFile {
                    sink: sink.clone(),
                    name: name.clone(),
                    committed: *committed,
                    found,
                });
            }
        }
        ledger.faults.cut_files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }

    fn is_unknown(&self, sink: &str, name: &str) -> bool {
        self.sinks.get(sink).is_some_and(|files| !files.contains_key(name))
    }

    /// How much of a file to read; everything when the books are another sink's.
    fn limit(&self, sink: Option<&str>, name: &str) -> u64 {
        match sink.and_then(|sink| self.sinks.get(sink)) {
            Some(files) => files.get(name).copied().unwrap_or(0),
            None => u64::MAX,
        }
    }
}

/// Enters every line of every daily file in the folders; answers the files of kept days that the books don't know, with their sink.
pub(super) fn read(
    folders: &[PathBuf],
    committed: &Committed,
    ledger: &mut Ledger,
) -> Result<Vec<(String, String)>, AuditError> {
    committed.check_folders(folders, ledger.calendar)?;
    let mut unknown = Vec::new();
    for folder in folders {
        let sink = sink_of(folder)?;
        committed.note_cut_files(folder, sink.as_deref(), ledger)?;
        for (name, (family, day)) in daily_files(folder)? {
            let path = folder.join(&name);
            if let Some(sink) = sink.as_ref().filter(|sink| committed.is_unknown(sink, &name))
                && !ledger.calendar.is_expired(ledger.calendar.day_on(day))
            {
                unknown.push((sink.clone(), name.clone()));
            }
            let limit = committed.limit(sink.as_deref(), &name);
            let is_gone = |read: &Result<u64, AuditError>| matches!(read, Err(AuditError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound);
            let mut read = read_file(&path, family, limit, ledger);
            if is_gone(&read) {
                // A finished day is compressed, also while this looks.
                read = read_packed(&packed(folder, &name), family, limit, ledger);
                if let (Ok(found), Some(sink)) = (&read, &sink)
                    && *found < limit
                    && limit != u64::MAX
                {
                    ledger.faults.cut_files.push(CutFile {
                        sink: sink.clone(),
                        name: name.clone(),
                        committed: limit,
                        found: Some(*found),
                    });
                }
            }
            // Else retention has deleted it since it was listed.
            if !is_gone(&read) {
                read?;
            }
        }
    }
    Ok(unknown)
}

fn sink_of(folder: &Path) -> Result<Option<String>, AuditError> {
    let path = folder.join(INSTANCE);
    match fs::read_to_string(&path) {
        Ok(name) => Ok(Some(name.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditError::file(path)(error)),
    }
}

/// A daily file: its name, and of what and of which day it is.
type DailyFile = (String, (LogFile, Date));

/// The files that the sink names, in order; others are nobody's business.
fn daily_files(folder: &Path) -> Result<Vec<DailyFile>, AuditError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(AuditError::file(folder))? {
        let name = entry.map_err(AuditError::file(folder))?.file_name();
        if let Some(name) = name.to_str().map(|name| name.strip_suffix(PACKED).unwrap_or(name))
            && let Some(of) = family_of(name)
        {
            found.push((name.to_owned(), of));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.dedup_by(|(one, _), (other, _)| one == other);
    Ok(found)
}

/// Which file of which day has this name.
fn family_of(name: &str) -> Option<(LogFile, Date)> {
    let stem = name.strip_suffix(".log")?;
    LogFile::ALL.into_iter().find_map(|family| {
        let day = stem
            .strip_prefix(family.name())
            .and_then(|rest| rest.strip_prefix('-'))?;
        let day = Date::parse(day, format_description!("[year]-[month]-[day]")).ok()?;
        (family.file_name(day) == name).then_some((family, day))
    })
}

/// Where a file stands once its day was compressed.
fn packed(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{PACKED}"))
}

fn read_file(path: &Path, family: LogFile, limit: u64, ledger: &mut Ledger) -> Result<u64, AuditError> {
    let file = File::open(path).map_err(AuditError::file(path))?;
    let bytes = file.metadata().map_err(AuditError::file(path))?.len().min(limit);
    read_lines(
        path,
        file.take(bytes),
        family,
        Progress::of("files", Some(bytes)),
        ledger,
    )
}

fn read_packed(path: &Path, family: LogFile, limit: u64, ledger: &mut Ledger) -> Result<u64, AuditError> {
    let file = File::open(path).map_err(AuditError::file(path))?;
    let lines = MultiGzDecoder::new(BufReader::with_capacity(BLOCK_BYTES, file)).take(limit);
    read_lines(path, lines, family, Progress::of("files", None), ledger)
}

/// Enters the lines; answers how many bytes there were, up to the last newline.
fn read_lines(
    path: &Path,
    file: impl Read,
    family: LogFile,
    mut progress: Progress,
    ledger: &mut Ledger,
) -> Result<u64, AuditError> {
    let mut bytes = 0;
    let blocks = Blocks::of(file).map(|block| {
        let block = block.map_err(AuditError::file(path))?;
        progress.step(block.len() as u64);
        bytes += block.len() as u64;
        Ok(block)
    });
    let (calendar, has_row) = (ledger.calendar, family == LogFile::UserActivity);
    let compares_bytes = ledger.compares_bytes;
    let read = |block: Vec<u8>| {
        let mut sheet = Sheet::new(compares_bytes);
        let mut start = 0;
        for newline in memchr_iter(b'\n', &block) {
            sheet.note(calendar, 0, &block[start..newline], has_row);
            start = newline + 1;
        }
        Ok(sheet)
    };
    in_order("the files", blocks, read, |sheet| enter(&sheet, family, ledger))?;
    Ok(bytes)
}

fn enter(sheet: &Sheet, family: LogFile, ledger: &mut Ledger) {
    let named = sheet.introduce(ledger);
    for line in sheet.lines() {
        match named.said(line) {
            Said::By(who, sighting) => {
                let instance = ledger.instance(who);
                instance.see(Hop::Files, &sighting);
                if family == LogFile::Product {
                    instance.may_be_compacted(sighting.sequence);
                }
            }
            Said::Unasked => {}
            Said::WithoutSource => ledger.without_source.files += 1,
        }
    }
}

/// The finished lines of a file in blocks of about 512 KiB, or of one line where that is longer.
struct Blocks<F> {
    file: F,
    /// The beginning of a line.
    rest: Vec<u8>,
}

impl<F: Read> Blocks<F> {
    const fn of(file: F) -> Self {
        Self { file, rest: Vec::new() }
    }

    /// The next block, with its last newline; none when no line is finished any more.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = Vec::with_capacity(BLOCK_BYTES + self.rest.len());
        block.append(&mut self.rest);
        loop {
            let fresh = block.len();
            let got = (&mut self.file).take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
            if let Some(newline) = memrchr(b'\n', &block[fresh..]) {
                self.rest = block.split_off(fresh + newline + 1);
                return Ok(Some(block));
            }
            if got == 0 {
                return Ok(None);
            }
        }
    }
}

impl<F: Read> Iterator for Blocks<F> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_block().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let wanted = buffer.len().min(1);
            self.0.read(&mut buffer[..wanted])
        }
    }

    #[test]
    fn a_line_that_is_not_finished_does_not_count() -> io::Result<()> {
        let text = b"one\ntwo\n\nthr";
        let fast = Blocks::of(&text[..]).collect::<io::Result<Vec<_>>>()?;
        let slow = Blocks::of(Slow(text)).collect::<io::Result<Vec<_>>>()?;
        assert_eq!((fast.concat(), slow.concat()), (text[..9].to_vec(), text[..9].to_vec()));
        Ok(())
    }

    #[test]
    fn a_line_longer_than_a_block_stays_whole() -> io::Result<()> {
        let long = vec![b'x'; 2 * BLOCK_BYTES + 7];
        let text = [b"one\n", &long[..], b"\ntwo\nthr"].concat();
        let blocks = Blocks::of(&text[..]).collect::<io::Result<Vec<_>>>()?;
        assert!(blocks.iter().all(|block| block.ends_with(b"\n")));
        assert_eq!(blocks.concat(), text[..text.len() - 3]);
        assert_eq!(Blocks::of(&b"unfinished"[..]).count(), 0);
        Ok(())
    }

    #[test]
    fn only_the_sinks_own_names_are_read() {
        let family = |name: &str| family_of(name).map(|(family, _)| family);
        assert_eq!(family("app-2024-02-29.log"), Some(LogFile::App));
        assert_eq!(family("user_activity-2024-02-29.log"), Some(LogFile::UserActivity));
        for foreign in [
            "app-2025-02-29.log",
            "app.log",
            "app-2024-02-29.log.gz",
            "sink-diagnostics.2024-02-29.log",
        ] {
            assert_eq!(family_of(foreign), None, "{foreign}");
        }
    }
}
