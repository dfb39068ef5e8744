//! `sink dead-letters list` and `show`: how many of which kind, since when, and one to look at.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemas::Timestamp;

use super::json::LetterJson;
use super::reader::original_of;
use super::resolution::Outcome;
use super::survey::Survey;
use super::{Choice, Filter, Letter, LetterId, Resolution};
use crate::{Settings, SinkError};

/// Bytes of a sample's value that are shown.
const SHOWN: usize = 2_000;

/// What is listed, and how.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Listing {
    #[command(flatten)]
    pub filter: Filter,
    /// Those that were redriven or discarded, instead of those that wait.
    #[arg(long)]
    pub resolved: bool,
    /// Every letter as JSON, one a line.
    #[arg(long)]
    pub json: bool,
}

/// Kind, field, and what was decided.
type Kind = (String, String, Option<(Outcome, Option<String>)>);

/// The letters of one kind.
struct Group {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    sample: Letter,
}

/// Writes the letters to `out`: one entry for each kind of reason and field, or each on its own as JSON. Blocking.
pub fn list(settings: &Settings, listing: &Listing, out: &mut impl Write) -> Result<(), SinkError> {
    let kafka = settings.kafka();
    let survey = Survey::of(&kafka)?;
    let (mut groups, mut failed) = (BTreeMap::<Kind, Group>::new(), Ok(()));
    let (mut waiting, mut resolved) = (0_u64, BTreeMap::<Outcome, u64>::new());
    survey.each_letter(&kafka, |letter| {
        if !listing.filter.takes(&letter) {
            return true;
        }
        let resolution = survey.resolution(letter.id);
        match resolution {
            None => waiting += 1,
            Some(resolution) => *resolved.entry(resolution.outcome).or_default() += 1,
        }
        if resolution.is_some() != listing.resolved {
            return true;
        }
        if listing.json {
            failed = write_json(&letter, resolution, out);
            return failed.is_ok();
        }
        count(&mut groups, letter, resolution);
        true
    })?;
    let written = failed.and_then(|()| {
        if listing.json {
            return Ok(());
        }
        write_groups(&groups, out)?;
        let redriven = resolved.get(&Outcome::Redriven).copied().unwrap_or(0);
        let discarded = resolved.get(&Outcome::Discarded).copied().unwrap_or(0);
        writeln!(out, "{waiting} waiting, {redriven} redriven, {discarded} discarded")
    });
    written.map_err(|error| SinkError::disk("standard output", error))
}

/// Writes one letter, the whole of it, to `out`. Blocking.
pub fn show(settings: &Settings, id: LetterId, as_json: bool, out: &mut impl Write) -> Result<(), SinkError> {
    let kafka = settings.kafka();
    let survey = Survey::of(&kafka)?;
    let only = Choice {
        id: vec![id],
        ..Choice::default()
    };
    only.check(&survey)?;
    let mut found = None;
    survey.each_letter(&kafka, |letter| {
        if only.takes(&letter) {
            found = Some(letter);
        }
        found.is_none()
    })?;
    let Some(mut letter) = found else { return Ok(()) };
    if letter.is_value_at_origin {
        letter.complete(original_of(&kafka, &letter.sought())?);
    }
    let resolution = survey.resolution(id);
    let written = if as_json {
        write_json(&letter, resolution, out)
    } else {
        write_letter(&letter, usize::MAX, out).and_then(|()| match resolution {
            None => Ok(()),
            Some(resolution) => writeln!(out, "  was {resolution}"),
        })
    };
    written.map_err(|error| SinkError::disk("standard output", error))
}

fn count(groups: &mut BTreeMap<Kind, Group>, letter: Letter, resolution: Option<&Resolution>) {
    let decided = resolution.map(|resolution| (resolution.outcome, resolution.because.clone()));
    let kind = (letter.kind.clone(), letter.field.clone().unwrap_or_default(), decided);
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

fn write_json(letter: &Letter, resolution: Option<&Resolution>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &LetterJson::new(letter, resolution))?;
    writeln!(out)
}

fn write_groups(groups: &BTreeMap<Kind, Group>, out: &mut impl Write) -> io::Result<()> {
    for ((kind, field, decided), group) in groups {
        let moment = |at: Option<Timestamp>| at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
        writeln!(out, "{} x {kind} {field}", group.count)?;
        if let Some((outcome, because)) = decided {
            let because = because.as_ref().map(|because| format!(" because: {because}"));
            writeln!(out, "  were   {}{}", outcome.name(), because.unwrap_or_default())?;
        }
        writeln!(out, "  first  {}", moment(group.first))?;
        writeln!(out, "  last   {}", moment(group.last))?;
        write_letter(&group.sample, SHOWN, out)?;
    }
    Ok(())
}

fn write_letter(letter: &Letter, shown: usize, out: &mut impl Write) -> io::Result<()> {
    let (id, origin) = (letter.id, letter.origin);
    writeln!(out, "  sample {id} (id), from {} at {}", origin.at, origin.offset)?;
    writeln!(out, "    reason {}", letter.reason)?;
    if let Some(key) = &letter.key {
        writeln!(out, "    key    {}", String::from_utf8_lossy(key))?;
    }
    for (name, value) in &letter.headers {
        let value = String::from_utf8_lossy(value.as_deref().unwrap_or_default());
        writeln!(out, "    header {name}: {value}")?;
    }
    match &letter.value {
        Some(value) => {
            let text = String::from_utf8_lossy(&value[..value.len().min(shown)]);
            writeln!(out, "    value  {text} ({} bytes)", value.len())
        }
        None if letter.is_value_at_origin => {
            writeln!(out, "    value  too large for a letter, see `dead-letters show {id}`")
        }
        None => writeln!(out, "    value  none"),
    }
}
