//! The third hop: the daily files. What counts ends at the length that the sink has committed, or else at the last whole line.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memrchr};
use schemas::LogFile;
use time::Date;
use time::macros::format_description;

use super::error::AuditError;
use super::ledger::{Ledger, Order, Sighting, Who};
use super::mark::Hop;
use super::message::glimpse;
use super::progress::Progress;

const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// Names the sink that owns a folder.
const INSTANCE: &str = ".instance";

/// How many bytes of each file are committed: by the sink's instance, then by the file's name.
#[derive(Debug, Default)]
pub(super) struct Committed(HashMap<String, HashMap<String, u64>>);

impl Committed {
    pub(super) fn note(&mut self, sink: &str, name: &str, length: u64) {
        self.0
            .entry(sink.to_owned())
            .or_default()
            .insert(name.to_owned(), length);
    }

    /// How much of a file to read; everything when the books are another sink's.
    fn limit(&self, sink: Option<&str>, name: &str) -> u64 {
        match sink.and_then(|sink| self.0.get(sink)) {
            Some(files) => files.get(name).copied().unwrap_or(0),
            None => u64::MAX,
        }
    }
}

/// Enters every line of every daily file in the folders.
pub(super) fn read(folders: &[PathBuf], committed: &Committed, ledger: &mut Ledger) -> Result<(), AuditError> {
    for folder in folders {
        let sink = sink_of(folder)?;
        for (name, family) in daily_files(folder)? {
            let path = folder.join(&name);
            let limit = committed.limit(sink.as_deref(), &name);
            match read_file(&path, family, limit, ledger) {
                // Retention has deleted it since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                read => read.map_err(AuditError::file(path))?,
            }
        }
    }
    Ok(())
}

fn sink_of(folder: &Path) -> Result<Option<String>, AuditError> {
    let path = folder.join(INSTANCE);
    match fs::read_to_string(&path) {
        Ok(name) => Ok(Some(name.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditError::file(path)(error)),
    }
}

/// The files that the sink names, in order; others are nobody's business.
fn daily_files(folder: &Path) -> Result<Vec<(String, LogFile)>, AuditError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(AuditError::file(folder))? {
        let name = entry.map_err(AuditError::file(folder))?.file_name();
        if let Some(name) = name.to_str()
            && let Some(family) = family_of(name)
        {
            found.push((name.to_owned(), family));
        }
    }
    found.sort();
    Ok(found)
}

fn family_of(name: &str) -> Option<LogFile> {
    let stem = name.strip_suffix(".log")?;
    LogFile::ALL.into_iter().find(|family| {
        let day = stem.strip_prefix(family.name()).and_then(|rest| rest.strip_prefix('-'));
        let day = day.and_then(|day| Date::parse(day, format_description!("[year]-[month]-[day]")).ok());
        day.is_some_and(|day| family.file_name(day) == name)
    })
}

fn read_file(path: &Path, family: LogFile, limit: u64, ledger: &mut Ledger) -> io::Result<()> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len().min(limit);
    let mut progress = Progress::of("files", Some(bytes));
    let mut last = None;
    for_each_line(file.take(bytes), |line| {
        progress.step(line.len() as u64 + 1);
        enter(line, family == LogFile::UserActivity, ledger, &mut last);
    })
}

/// `last` is the instance of the line before, which is nearly always this line's, too.
fn enter(line: &[u8], has_row: bool, ledger: &mut Ledger, last: &mut Option<(String, Option<Who>)>) {
    let Some(seen) = glimpse(line) else {
        ledger.without_source.files += 1;
        return;
    };
    let who = match last {
        Some((name, who)) if *name == seen.instance => *who,
        _ => {
            let who = ledger.who(&seen.instance);
            *last = Some((seen.instance.to_string(), who));
            who
        }
    };
    let Some(who) = who else { return };
    let sighting = Sighting {
        sequence: seen.sequence,
        event_id: seen.event_id,
        day: ledger.calendar.day_in(seen.timestamp.as_bytes()),
        has_row,
    };
    ledger.instance(who).see(Hop::Files, &sighting, Order::Onward);
}

/// Visits every line that is finished; memory stays at one chunk, or one line where that is longer.
fn for_each_line(mut file: impl Read, mut visit: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let got = match file.read(&mut buffer[filled..]) {
            Ok(0) => return Ok(()),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let fresh = filled;
        filled += got;
        let Some(end) = memrchr(b'\n', &buffer[fresh..filled]).map(|at| fresh + at) else {
            continue;
        };
        let mut start = 0;
        for newline in memchr_iter(b'\n', &buffer[..=end]) {
            visit(&buffer[start..newline]);
            start = newline + 1;
        }
        buffer.copy_within(start..filled, 0);
        filled -= start;
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
        for slow in [false, true] {
            let mut lines = Vec::new();
            let visit = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
            if slow {
                for_each_line(Slow(text), visit)?;
            } else {
                for_each_line(&text[..], visit)?;
            }
            assert_eq!(lines, ["one", "two", ""]);
        }
        Ok(())
    }

    #[test]
    fn only_the_sinks_own_names_are_read() {
        assert_eq!(family_of("app-2024-02-29.log"), Some(LogFile::App));
        assert_eq!(family_of("user_activity-2024-02-29.log"), Some(LogFile::UserActivity));
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
