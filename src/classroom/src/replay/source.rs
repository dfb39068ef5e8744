//! Where messages come from: log files, plain or packed, folders of them, standard input.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

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
                all.push(open(&file, mapping)?);
            }
        } else {
            all.push(open(name, mapping)?);
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

fn open(path: &Path, mapping: Option<&Mapping>) -> Result<Lines, ClassroomError> {
    let failed = |error| ClassroomError::file("SOURCE", path, error);
    let file = File::open(path).map_err(failed)?;
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let input: Box<dyn Read + Send> = match ending.as_ref() {
        "gz" => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        "zst" => Box::new(zstd::Decoder::new(file).map_err(failed)?),
        _ => Box::new(file),
    };
    Ok(Lines::new(path.display().to_string(), input, mapping))
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
        }
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
                None => Message::of_the_shop(&line)
                    .map(|message| vec![message])
                    .map_err(|error| error.to_string()),
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
            if read.map_err(ClassroomError::Read)? == 0 {
                return Ok(None);
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
