//! Where messages come from: log files, plain or packed, folders of them, standard input.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::download::{self, DownloadError};
use super::mapping::Mapping;
use super::message::Message;
use crate::error::ClassroomError;

/// Lines longer than this are no messages of anybody.
const LONGEST_LINE: u64 = 16 << 20;

/// One file, line by line; what can't be read is counted and kept aside.
pub(super) struct Lines {
    name: String,
    input: Box<dyn BufRead + Send>,
    number: u64,
    mapping: Option<Mapping>,
    /// Messages of lines that hold several, by their time and place.
    waiting: BTreeMap<(i64, u64), Message>,
    /// The first time of the line that was read last.
    line_begins: i64,
    ended: bool,
    /// How many bytes there are; standard input doesn't say.
    size: Option<u64>,
    read: Amount,
}

/// How many bytes are read: of a packed file by whoever unpacks it, of any other line by line.
enum Amount {
    Lines(u64),
    Packed(Arc<AtomicU64>),
}

/// Counts what is read of a packed file.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What stood on one line.
pub(super) enum Line {
    Message(Message),
    /// Where it stands and why it is none.
    Unreadable {
        place: String,
        reason: String,
        bytes: Vec<u8>,
    },
}

/// All files that the names stand for: a folder stands for its log files, in the order of their names.
pub(super) fn open_all(names: &[PathBuf], mapping: Option<&Mapping>) -> Result<Vec<Lines>, ClassroomError> {
    let mut all = Vec::new();
    for name in names {
        if name.as_os_str() == "-" {
            all.push(Lines::new("standard input".to_owned(), Box::new(io::stdin()), mapping));
        } else if name.is_dir() {
            let files = files_of(name).map_err(|error| ClassroomError::file("SOURCE", name, error))?;
            if files.is_empty() {
                let reason = format!(
                    "{} holds no file that ends in .log, .jsonl, .ndjson or .csv, plain, .gz or .zst",
                    name.display()
                );
                return Err(ClassroomError::Setting {
                    setting: "SOURCE",
                    reason,
                });
            }
            for file in files {
                all.extend(open(&file, mapping)?);
            }
        } else {
            all.extend(open(name, mapping)?);
        }
    }
    Ok(all)
}

/// The files that the names stand for, with their lengths; standard input has none.
pub(super) fn lengths(names: &[PathBuf]) -> Result<Vec<(PathBuf, u64)>, ClassroomError> {
    let mut lengths = Vec::new();
    for name in names.iter().filter(|name| name.as_os_str() != "-") {
        let failed = |error| ClassroomError::file("SOURCE", name, error);
        let files = if name.is_dir() {
            files_of(name).map_err(failed)?
        } else {
            vec![name.clone()]
        };
        for file in files {
            let length = fs::metadata(&file).map_err(failed)?.len();
            lengths.push((file, length));
        }
    }
    Ok(lengths)
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.is_file() && holds_lines(path));
    files.sort();
    Ok(files)
}

fn holds_lines(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(&name);
    [".log", ".jsonl", ".ndjson", ".csv"]
        .iter()
        .any(|ending| plain.ends_with(ending))
}

/// The file's lines; those of a download from the portal as one source for each partition.
fn open(path: &Path, mapping: Option<&Mapping>) -> Result<Vec<Lines>, ClassroomError> {
    let failed = |error| ClassroomError::file("SOURCE", path, error);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let read = Arc::new(AtomicU64::new(0));
    let counted = |file| Counted {
        file,
        read: Arc::clone(&read),
    };
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let input: Box<dyn Read + Send> = match ending.as_ref() {
        "gz" => Box::new(MultiGzDecoder::new(BufReader::new(counted(file)))),
        "zst" => Box::new(zstd::Decoder::new(counted(file)).map_err(failed)?),
        // What can't be read twice, such as a pipe, is no download.
        _ if mapping.is_none() && path.is_file() => return plain(path, file, size).map_err(failed),
        _ => Box::new(file),
    };
    let mut lines = Lines::new(path.display().to_string(), input, mapping);
    lines.size = Some(size);
    if ["gz", "zst"].contains(&ending.as_ref()) {
        lines.read = Amount::Packed(read);
    }
    Ok(vec![lines])
}

fn plain(path: &Path, file: File, size: u64) -> io::Result<Vec<Lines>> {
    let name = path.display().to_string();
    let Some(parts) = download::parts(path, LONGEST_LINE)? else {
        let mut lines = Lines::new(name, Box::new(file), None);
        lines.size = Some(size);
        return Ok(vec![lines]);
    };
    let part = |part: download::Part| {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(part.bytes.start))?;
        let length = part.bytes.end - part.bytes.start;
        let mut lines = Lines::new(name.clone(), Box::new(file.take(length)), None);
        (lines.number, lines.size) = (part.lines_before, Some(length));
        Ok(lines)
    };
    parts.into_iter().map(part).collect()
}

impl Lines {
    fn new(name: String, input: Box<dyn Read + Send>, mapping: Option<&Mapping>) -> Self {
        Self {
            name,
            input: Box::new(BufReader::with_capacity(1 << 18, input)),
            number: 0,
            mapping: mapping.cloned(),
            waiting: BTreeMap::new(),
            line_begins: i64::MIN,
            ended: false,
            size: None,
            read: Amount::Lines(0),
        }
    }

    /// How many bytes there are, where that is known, and how many are read.
    pub(super) fn amount(&self) -> (Option<u64>, u64) {
        let read = match &self.read {
            Amount::Lines(bytes) => *bytes,
            Amount::Packed(bytes) => bytes.load(Ordering::Relaxed),
        };
        (self.size, read)
    }

    /// The next message, or the next line that is none.
    pub(super) fn read(&mut self) -> Result<Option<Line>, ClassroomError> {
        loop {
            if let Some(message) = self.due() {
                return Ok(Some(Line::Message(message)));
            }
            if self.ended {
                return Ok(None);
            }
            let Some(line) = self.next_line()? else {
                self.ended = true;
                continue;
            };
            let messages = match &self.mapping {
                None => own(&line).map(|message| vec![message]),
                Some(mapping) => mapping.messages(&line).map_err(|error| error.to_string()),
            };
            match messages {
                Ok(messages) => self.take(messages),
                Err(reason) => {
                    return Ok(Some(Line::Unreadable {
                        place: format!("{}:{}", self.name, self.number),
                        reason,
                        bytes: line,
                    }));
                }
            }
        }
    }

    /// The first message that no later line can come before.
    fn due(&mut self) -> Option<Message> {
        let first = self.waiting.first_entry()?;
        let holds_lists = self.mapping.as_ref().is_some_and(Mapping::holds_lists);
        let is_due = self.ended || !holds_lists || first.key().0 <= self.line_begins;
        is_due.then(|| first.remove())
    }

    fn take(&mut self, messages: Vec<Message>) {
        self.line_begins = messages
            .iter()
            .map(|message| message.at)
            .min()
            .unwrap_or(self.line_begins);
        for (message, place) in messages.into_iter().zip(0..) {
            self.waiting.insert((message.at, self.number << 20 | place), message);
        }
    }

    /// The next line that isn't empty and no header.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, ClassroomError> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut line);
            let length = read.map_err(|error| ClassroomError::file("SOURCE", Path::new(&self.name), error))?;
            if length == 0 {
                return Ok(None);
            }
            if let Amount::Lines(bytes) = &mut self.read {
                *bytes += length as u64;
            }
            self.number += 1;
            while line.last().is_some_and(|byte| b"\r\n".contains(byte)) {
                line.pop();
            }
            if line.is_empty() {
                continue;
            }
            match &mut self.mapping {
                Some(mapping) if mapping.has_header() => {
                    mapping.take_header(&line).map_err(|error| ClassroomError::Setting {
                        setting: "SOURCE",
                        reason: format!("{}:{} should name the columns: {error}", self.name, self.number),
                    })?;
                }
                _ => return Ok(Some(line)),
            }
        }
    }
}

/// A line of a shop's log file, or of what its portal gave to be downloaded.
fn own(line: &[u8]) -> Result<Message, String> {
    Message::of_the_shop(line).or_else(|error| {
        download::message(line).map_err(|other| match other {
            DownloadError::Tombstone { .. } | DownloadError::Base64(_) => other.to_string(),
            DownloadError::Json(_) => error.to_string(),
        })
    })
}
