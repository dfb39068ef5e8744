//! `sink dead-letters list`: how many of which kind, since when, and one of each to look at.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use schemas::Timestamp;

use super::Letter;
use super::reader::read_all;
use crate::{Settings, SinkError};

/// Bytes of a sample's value that are shown.
const SHOWN: usize = 2_000;

/// The letters of one kind and field.
struct Group {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    sample: Letter,
}

/// Writes a summary of the dead-letter topic to `out`: one entry for each kind of reason and field. Blocking.
pub fn list(settings: &Settings, out: &mut impl Write) -> Result<(), SinkError> {
    let mut groups = BTreeMap::<(String, String), Group>::new();
    let mut known = HashSet::new();
    read_all(&settings.kafka(), |letter| {
        if known.insert(letter.origin) {
            count(&mut groups, letter);
        }
    })?;
    write_groups(&groups, out).map_err(|error| SinkError::disk("standard output", error))
}

fn count(groups: &mut BTreeMap<(String, String), Group>, letter: Letter) {
    let kind = (letter.kind.clone(), letter.field.clone().unwrap_or_default());
    let at = letter.refused;
    let group = groups.entry(kind).or_insert(Group {
        count: 0,
        first: at,
        last: at,
        sample: letter,
    });
    group.count += 1;
    group.first = group.first.min(at);
    group.last = group.last.max(at);
}

fn write_groups(groups: &BTreeMap<(String, String), Group>, out: &mut impl Write) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "no dead letters");
    }
    for ((kind, field), group) in groups {
        let moment = |at: Option<Timestamp>| at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
        let sample = &group.sample;
        writeln!(out, "{} x {kind} {field}", group.count)?;
        writeln!(out, "  first  {}", moment(group.first))?;
        writeln!(out, "  last   {}", moment(group.last))?;
        writeln!(
            out,
            "  sample {}/{} (id), from {} at {}",
            sample.partition.0, sample.offset, sample.origin.at, sample.origin.offset
        )?;
        writeln!(out, "    reason {}", sample.reason)?;
        if let Some(key) = &sample.key {
            writeln!(out, "    key    {}", String::from_utf8_lossy(key))?;
        }
        for (name, value) in &sample.headers {
            writeln!(
                out,
                "    header {name}: {}",
                String::from_utf8_lossy(value.as_deref().unwrap_or_default())
            )?;
        }
        match &sample.value {
            Some(value) => {
                let shown = &value[..value.len().min(SHOWN)];
                writeln!(
                    out,
                    "    value  {} ({} bytes)",
                    String::from_utf8_lossy(shown),
                    value.len()
                )?;
            }
            None => writeln!(out, "    value  none")?,
        }
    }
    Ok(())
}
