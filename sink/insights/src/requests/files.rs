//! Reading the daily files of a sink's log folder, each up to its committed length.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::{Day, Requests, line};

const BUFFER: usize = 256 * 1024;

/// Where a sink keeps its files.
#[derive(Debug, Clone)]
pub(crate) struct Folder(pub PathBuf);

/// Why the folder can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub(crate) struct FolderError {
    path: String,
    error: io::Error,
}

impl Folder {
    /// The name under which the database keeps the lengths of these files; none before a sink has taken the folder.
    pub(crate) fn instance(&self) -> Result<Option<String>, FolderError> {
        let path = self.0.join(".instance");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path, error)),
        }
    }
}

fn at(path: &Path, error: io::Error) -> FolderError {
    FolderError {
        path: path.display().to_string(),
        error,
    }
}

/// Reads what is new. `lengths` are the committed ones, `known` says how far each file was read. Blocking, and long the first time.
pub(crate) fn read_news(
    folder: &Folder,
    lengths: &[(String, u64)],
    known: &BTreeMap<String, u64>,
) -> Result<Requests, FolderError> {
    let mut news = Requests::default();
    for (name, length) in lengths {
        let before = known.get(name).copied().unwrap_or(0);
        let anew = before > *length;
        let mut day = Day {
            read_to: *length,
            anew,
            ..Day::default()
        };
        let from = if anew { 0 } else { before };
        if from < *length {
            let path = folder.0.join(name);
            let mut each = |text: &[u8]| line::take(&mut day, &mut news.names, text);
            lines(&path, (from, *length), &mut each).map_err(|error| at(&path, error))?;
        }
        news.days.insert(name.clone(), day);
    }
    Ok(news)
}

/// Gives the lines between two lengths of a file, plain or packed.
fn lines(path: &Path, (from, to): (u64, u64), each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    match File::open(path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(from))?;
            give(BufReader::with_capacity(BUFFER, file.take(to - from)), each)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut packed = path.as_os_str().to_owned();
            packed.push(".gz");
            let mut file = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, File::open(packed)?));
            io::copy(&mut (&mut file).take(from), &mut io::sink())?;
            give(BufReader::with_capacity(BUFFER, file.take(to - from)), each)
        }
        Err(error) => Err(error),
    }
}

fn give(mut reader: impl BufRead, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    let mut text = Vec::new();
    while reader.read_until(b'\n', &mut text)? > 0 {
        if !text.trim_ascii().is_empty() {
            each(&text);
        }
        text.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const NAME: &str = "app-2026-05-14.log";

    fn text() -> String {
        let line = include_str!("../../../../schemas/examples/request/finished.json").trim_end();
        format!("{line}\n")
    }

    /// Requests after each of these committed lengths, and how many lines were missing.
    fn read(folder: &Path, known: &mut Requests, length: u64) -> usize {
        let lengths = [(NAME.to_owned(), length)];
        let news = read_news(&Folder(folder.to_owned()), &lengths, &known.known()).expect("the folder can be read");
        known.absorb(news);
        assert_eq!(known.missing(), 0);
        known.len()
    }

    #[test]
    fn exactly_what_is_committed_is_read_and_nothing_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = text();
        let one = line.len() as u64;
        // The third line is not committed, and torn.
        let all = format!("{line}{line}{}", &line[..50]);
        std::fs::write(folder.path().join(NAME), all).expect("a file");
        let mut known = Requests::default();
        assert_eq!(read(folder.path(), &mut known, one), 1);
        assert_eq!(read(folder.path(), &mut known, 2 * one), 2);
        assert_eq!(read(folder.path(), &mut known, 2 * one), 2);
        // The sink was killed and cut its file.
        assert_eq!(read(folder.path(), &mut known, one), 1);
        let news = read_news(&Folder(folder.path().to_owned()), &[], &known.known()).expect("it can be read");
        known.absorb(news);
        assert!(known.is_empty(), "a day that is gone is in no figure");
    }

    #[test]
    fn a_packed_day_is_read_on_where_the_plain_one_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = text();
        let one = line.len() as u64;
        std::fs::write(folder.path().join(NAME), &line).expect("a file");
        let mut known = Requests::default();
        assert_eq!(read(folder.path(), &mut known, one), 1);
        std::fs::remove_file(folder.path().join(NAME)).expect("it goes");
        let packed = File::create(folder.path().join(format!("{NAME}.gz"))).expect("a file");
        let mut packed = GzEncoder::new(packed, Compression::default());
        packed.write_all(line.repeat(3).as_bytes()).expect("it is written");
        packed.finish().expect("it is whole");
        assert_eq!(read(folder.path(), &mut known, 3 * one), 3);
    }

    #[test]
    fn a_file_that_is_missing_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let lengths = [(NAME.to_owned(), 10)];
        let error = read_news(&Folder(folder.path().to_owned()), &lengths, &BTreeMap::new());
        assert!(error.is_err_and(|error| error.to_string().contains(NAME)));
    }
}
