//! Where messages come from: log files, plain or packed, folders of them, standard input.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::message::Message;
use crate::error::ClassroomError;

/// Lines longer than this are no messages of anybody.
const LONGEST_LINE: u64 = 16 << 20;

/// One file, line by line; what can't be read is counted and kept aside.
pub(super) struct Lines {
    name: String,
    input: Box<dyn BufRead + Send>,
    number: u64,
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
pub(super) fn open_all(names: &[PathBuf]) -> Result<Vec<Lines>, ClassroomError> {
    let mut all = Vec::new();
    for name in names {
        if name.as_os_str() == "-" {
            let input = Box::new(BufReader::new(io::stdin()));
            all.push(Lines {
                name: "standard input".to_owned(),
                input,
                number: 0,
            });
        } else if name.is_dir() {
            let files = files_of(name).map_err(|error| ClassroomError::file("SOURCE", name, error))?;
            if files.is_empty() {
                let reason = format!(
                    "{} holds no file that ends in .log, .jsonl or .ndjson, plain, .gz or .zst",
                    name.display()
                );
                return Err(ClassroomError::Setting {
                    setting: "SOURCE",
                    reason,
                });
            }
            for file in files {
                all.push(open(&file)?);
            }
        } else {
            all.push(open(name)?);
        }
    }
    Ok(all)
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
    [".log", ".jsonl", ".ndjson"]
        .iter()
        .any(|ending| plain.ends_with(ending))
}

fn open(path: &Path) -> Result<Lines, ClassroomError> {
    let failed = |error| ClassroomError::file("SOURCE", path, error);
    let file = File::open(path).map_err(failed)?;
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let input: Box<dyn Read + Send> = match ending.as_ref() {
        "gz" => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        "zst" => Box::new(zstd::Decoder::new(file).map_err(failed)?),
        _ => Box::new(file),
    };
    Ok(Lines {
        name: path.display().to_string(),
        input: Box::new(BufReader::with_capacity(1 << 18, input)),
        number: 0,
    })
}

impl Lines {
    /// The next line that isn't empty.
    pub(super) fn read(&mut self) -> Result<Option<Line>, ClassroomError> {
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
            return Ok(Some(match Message::of_the_shop(&line) {
                Ok(message) => Line::Message(message),
                Err(error) => Line::Unreadable {
                    place: format!("{}:{}", self.name, self.number),
                    reason: error.to_string(),
                    bytes: line,
                },
            }));
        }
    }
}
