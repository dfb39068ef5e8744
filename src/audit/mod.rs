//! The ledger, `de-shop audit`: counts, for every source instance and every hop, what must be there and what is.
//!
//! An event passes four hops: journal, topics, files, table. Its instance has given it the next sequence, from 1 without a gap,
//! so what is missing has a number, and no list of ids is needed.
//!
//! What the columns mean, for one instance and one hop:
//! - **expected**: found, lost, behind and dead-lettered together. A hop must hold what the hop before it holds; the first that is
//!   looked at must hold every sequence from 1 to the highest that any hop knows; the table only the types that have rows.
//! - **lost**: missing, and it should have arrived. A loss counts in the first hop that lacks it, and nowhere behind it.
//! - **behind**: missing, but not due yet. Topics: above the relay's cursor, which was read before the topics; without a journal,
//!   above every sequence that was there a second before the end of the reading. Files and table: at or behind the sink's position,
//!   which was read before them; without a database, behind the partition's last message that stands in a file; without topics,
//!   above the highest sequence of the hop. So an audit is right while everything runs, and the more hops it sees the more it knows.
//! - **dead letter**: not in files or table, but in the dead-letter topic.
//! - **expired**: what retention may have removed. Journal: at or below the relay's cursor. Topics, once a partition
//!   has lost its beginning (of a compacted topic: whatever is missing, as what was said later of the same product has taken its place): below the first sequence that it (or, if it holds none, all topics together) still holds, or as old as
//!   `--retention-days`. Files and table: the event (or, if nothing
//!   knows its day, the next that is known) is more than `--retention-days` days old. A shop that was silent across that edge
//!   can't be told from a loss by its files alone: look at its topics, too.
//! - **doubled**: more than once in files or table, or under the sequence of another event (unless that is a dead letter). One event
//!   under two sequences is beyond a ledger of sequences.
//! - **repeated** (topics): it was sent again, wherever to; readers that know each event's source, as the sink does, drop it. No fault.
//! - **late**: found, and of an earlier day than an event with a lower sequence. No fault; it is in its own day's file.
//!
//! With `--bytes` an event must say the same on its topic, in its file and in its row: **altered** where it doesn't.
//!
//! Promises: nothing is written and no lock is taken, anywhere; four bytes an event (with `--bytes` twelve), so 10 million events of one instance or many
//! take 40 MB; 300,000 events/s and more. Exit code 0 when nothing is lost or doubled, 1 when anything is, 2 when it can't tell.
//!
//! What the sink's books know to be kept must be in files and table, wherever its positions stand; and they must know what is there.
//! Faults of whole parts are named beside the hops: files that are cut, gone or unknown to the books, partitions that end before what
//! the sink has read of them, stretches of the broker's segments that are no batches.
//!
//! Order of reading: journal, cursor, positions, marks, file lengths, files, table, marks once more, dead letters, topics. Each hop is
//! read no earlier than the figure that says what it must hold.

mod bytes;
mod calendar;
mod error;
mod faults;
mod files;
mod hands;
mod journal;
mod judge;
mod ledger;
mod mark;
mod message;
mod report;
mod sequences;
mod settings;
mod sheet;
mod table;
#[cfg(test)]
mod tests;
mod topics;
mod verdict;

use std::io::{self, IsTerminal, Write};

use schemas::Clock;

use self::calendar::Calendar;
pub use self::error::AuditError;
pub use self::faults::{CutFile, CutPartition, Faults, Unreadable};
use self::files::Committed;
use self::ledger::Ledger;
pub use self::ledger::{Doubled, Doubling, WithoutSource};
use self::mark::{Flag, Hop};
use self::report::Colours;
pub use self::settings::Settings;
use self::settings::{Places, TopicsAt};
use self::table::Database;
use self::topics::{Positions, Reading};
pub use self::verdict::{HopVerdict, InstanceVerdict, SequenceRange, Verdict};

/// Audits and prints the report to standard output; the verdict's `exit_code` is the program's.
pub async fn run(settings: Settings) -> Result<Verdict, AuditError> {
    let as_json = settings.json;
    let verdict = audit(settings, &Clock::system()).await?;
    let mut out = io::stdout().lock();
    let text = if as_json {
        // Names, numbers and lists: there is nothing in a verdict that JSON can't say.
        let mut json = serde_json::to_string_pretty(&verdict).map_err(|error| AuditError::Report(error.into()))?;
        json.push('\n');
        json
    } else {
        let colourful = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        report::render(&verdict, if colourful { Colours::Yes } else { Colours::No })
    };
    out.write_all(text.as_bytes()).map_err(AuditError::Report)?;
    Ok(verdict)
}

/// Audits and prints nothing.
pub async fn audit(settings: Settings, clock: &Clock) -> Result<Verdict, AuditError> {
    let places = settings.places()?;
    let of_the_sink = settings.of_the_sink()?;
    let calendar = Calendar::new(clock.now(), of_the_sink.utc_offset, of_the_sink.retention_days);
    let mut ledger = Ledger::new(calendar, settings.instance);
    ledger.compares_bytes = settings.bytes;
    for (hop, is_there) in [
        (Hop::Journal, !places.journals.is_empty()),
        (Hop::Topics, places.topics.is_some()),
        (Hop::Files, !places.logs.is_empty()),
        (Hop::Table, places.database.is_some()),
    ] {
        if is_there {
            ledger.look_at(hop);
        }
    }
    let Places {
        journals,
        topics,
        logs,
        database,
    } = places;
    let (mut ledger, ()) = blocking("the journal", ledger, move |ledger| journal::read(&journals, ledger)).await?;
    let (mut positions, mut committed) = (None, Committed::default());
    let mut database = match database {
        Some(url) => Some(Database::open(url).await?),
        None => None,
    };
    if let Some(database) = &mut database {
        let found = database.positions(&of_the_sink.group).await?;
        if let Some(marks) = database.marks().await? {
            marks.enter(Flag::InBooks, &mut ledger);
        }
        // Behind the marks: what a commit in between adds must not be missing in lengths that are older than it.
        committed = database.committed().await?;
        positions = Some(found);
    }
    let unknown;
    (ledger, unknown) = blocking("the files", ledger, move |ledger| {
        files::read(&logs, &committed, ledger)
    })
    .await?;
    if let Some(database) = &mut database {
        database.read(&mut ledger).await?;
        ledger.faults.unknown_files = database.committed().await?.still_unknown(&unknown);
        if let Some(marks) = database.marks().await? {
            marks.enter(Flag::InBooksAfterwards, &mut ledger);
        }
    }
    let has_positions = positions.as_ref().map(|positions| !positions.is_empty());
    if let Some(topics) = topics {
        (ledger, ()) = blocking("the topics", ledger, move |ledger| {
            read_topics(&topics, positions.as_ref(), ledger)
        })
        .await?;
    }
    check(&of_the_sink.group, has_positions, &ledger)?;
    Ok(ledger.judge())
}

/// Without any position nothing would ever be lost: everything would be on its way. A sink that has joined its group has positions.
/// And where nothing at all was found, nothing is proved, unless a sink stands there and waits.
fn check(group: &str, has_positions: Option<bool>, ledger: &Ledger) -> Result<(), AuditError> {
    if has_positions == Some(false) {
        return Err(AuditError::Setting {
            setting: "--group",
            reason: format!(
                "the database has no position of the group {group}: nobody can tell what files and table must hold"
            ),
        });
    }
    if ledger.is_empty() && has_positions != Some(true) {
        return Err(AuditError::NoEvents);
    }
    Ok(())
}

fn read_topics(topics: &TopicsAt, positions: Option<&Positions>, ledger: &mut Ledger) -> Result<(), AuditError> {
    let mut reading = Reading::new(ledger, positions);
    match topics {
        TopicsAt::Folder(folder) => topics::read_folder(folder, &mut reading)?,
        TopicsAt::Server(server) => topics::read_server(server, &mut reading)?,
    }
    reading.finish();
    Ok(())
}

/// Reads a hop on a thread that may block.
async fn blocking<T: Send + 'static>(
    what: &'static str,
    mut ledger: Ledger,
    read: impl FnOnce(&mut Ledger) -> Result<T, AuditError> + Send + 'static,
) -> Result<(Ledger, T), AuditError> {
    let reading = tokio::task::spawn_blocking(move || read(&mut ledger).map(|found| (ledger, found)));
    reading.await.map_err(|_| AuditError::Crashed { what })?
}
