//! Which events stand in a log file. For questions that are rarely asked: every line is read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use schemas::EventId;
use serde::Deserialize;

const CHUNK_BYTES: usize = 1 << 20;
/// Bytes at the end of a file that a first search looks into before the rest.
const TAIL_BYTES: u64 = 16 << 20;

#[derive(Deserialize)]
struct Line {
    event_id: EventId,
}

/// Takes from `wanted` the events that stand in `lines`.
pub(crate) fn strike_out(lines: &[u8], wanted: &mut HashSet<EventId>) {
    for line in lines.split(|byte| *byte == b'\n') {
        if wanted.is_empty() {
            return;
        }
        strike_out_of(line, wanted);
    }
}

/// Takes from `wanted` the events that stand in the first `length` bytes of the file. It begins at byte `from`, the beginning of
/// a line, or else in the last [`TAIL_BYTES`], where what the relay repeats stands, and goes round; answers where the first one that it
/// found stands.
///
/// What is asked for comes in the order in which it once was written: who begins at the last answer reads the file once, not
/// once a question.
pub(super) fn strike_out_of_file(
    path: &Path,
    length: u64,
    from: Option<u64>,
    wanted: &mut HashSet<EventId>,
) -> io::Result<Option<u64>> {
    let mut file = BufReader::with_capacity(CHUNK_BYTES, File::open(path)?);
    let from = match from {
        Some(from) => from,
        None => tail(&mut file, length)?,
    };
    let mut first = None;
    for (start, end) in [(from.min(length), length), (0, from.min(length))] {
        file.seek(SeekFrom::Start(start))?;
        let mut part = file.by_ref().take(end - start);
        let (mut at, mut line) = (start, Vec::new());
        while !wanted.is_empty() && part.read_until(b'\n', &mut line)? > 0 {
            if strike_out_of(&line, wanted) {
                first = first.or(Some(at));
            }
            at += line.len() as u64;
            line.clear();
        }
    }
    Ok(first)
}

/// Takes from `wanted` the events that stand in a packed file.
pub(super) fn strike_out_of_packed(packed: &Path, wanted: &mut HashSet<EventId>) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(CHUNK_BYTES, super::pack::reader(packed)?);
    let mut line = Vec::new();
    while !wanted.is_empty() && lines.read_until(b'\n', &mut line)? > 0 {
        strike_out_of(&line, wanted);
        line.clear();
    }
    Ok(())
}

/// The beginning of the first line within the last [`TAIL_BYTES`] of the first `length`.
fn tail(file: &mut BufReader<File>, length: u64) -> io::Result<u64> {
    let Some(before) = length.checked_sub(TAIL_BYTES + 1) else {
        return Ok(0);
    };
    file.seek(SeekFrom::Start(before))?;
    let skipped = file.by_ref().take(TAIL_BYTES + 1).read_until(b'\n', &mut Vec::new())?;
    Ok(before + skipped as u64)
}

/// A line that is no message (somebody has edited the file) holds no event.
fn strike_out_of(line: &[u8], wanted: &mut HashSet<EventId>) -> bool {
    serde_json::from_slice::<Line>(line).is_ok_and(|line| wanted.remove(&line.event_id))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> EventId {
        EventId(Uuid::from_u128(number))
    }

    fn line(number: u128) -> String {
        format!("{{\"event_id\":\"{}\"}}\n", id(number).0)
    }

    #[test]
    fn events_are_found_before_and_behind_the_beginning_and_not_behind_the_length() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let each = line(0).len() as u64;
        for number in 0..10 {
            file.write_all(line(number).as_bytes()).unwrap();
        }
        file.write_all(b"torn").unwrap();
        let mut wanted = HashSet::from([id(2), id(7), id(9), id(77)]);
        let first = strike_out_of_file(file.path(), each * 9, Some(each * 4), &mut wanted).unwrap();
        assert_eq!((first, wanted), (Some(each * 7), HashSet::from([id(9), id(77)])));
    }

    #[test]
    fn a_search_begins_at_the_end_and_still_finds_what_stands_at_the_beginning() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let each = line(0).len() as u64;
        let lines = TAIL_BYTES / each + 100;
        let text: String = (0..lines).map(|number| line(u128::from(number % 1_000_000))).collect();
        file.write_all(text.as_bytes()).unwrap();
        let mut reader = BufReader::new(File::open(file.path()).unwrap());
        let from = tail(&mut reader, each * lines).unwrap();
        assert!(from >= each * 99 && from.is_multiple_of(each), "{from}");
        let mut wanted = HashSet::from([id(3), id(u128::from((lines - 1) % 1_000_000))]);
        strike_out_of_file(file.path(), each * lines, None, &mut wanted).unwrap();
        assert_eq!(wanted, HashSet::new());
    }
}
