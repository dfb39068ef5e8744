//! `sink dead-letters redrive`: sends letters to their topics again, mended if need be.
//!
//! Promises: however often and whenever it is killed, a letter ends in file and table once. What is sent carries a source of its
//! own, `{"instance":"redrive-PARTITION-OFFSET-MICROS","sequence":1}` (the letter's place in the dead-letter topic and when it was refused), so the sink
//! skips a repetition as it skips the relay's. What a sink has already committed is not sent again at all.
//! Before it is sent a message must keep the contract and be within the retention; what doesn't is said and left where it is.

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::{Clock, Timestamp};

use super::Letter;
use super::reader::read_all;
use super::resource::with_source;
use crate::books::Sources;
use crate::judge::{REDRIVEN, Rules, Verdict};
use crate::kafka::{Kafka, Quiet};
use crate::{Offset, Partition, Settings, SinkError};

const QUEUE_WITHIN: Duration = Duration::from_secs(30);

/// Which letters, and how they are mended.
#[derive(Debug, Clone, clap::Args)]
pub struct Choice {
    /// All of them.
    #[arg(long, required_unless_present_any = ["reason", "id"], conflicts_with_all = ["reason", "id"])]
    pub all: bool,
    /// Those of one kind, as `list` names it: `invalid`, `too_old`, `too_new`, `empty`.
    #[arg(long, value_name = "KIND")]
    pub reason: Option<String>,
    /// One, by its place in the dead-letter topic, as `list` shows it.
    #[arg(long, value_name = "PARTITION/OFFSET", value_parser = parse_id)]
    pub id: Option<(Partition, Offset)>,
    /// A shell command that gets the message on its standard input and writes the mended one, such as `jq -c '.user_id = null'`.
    #[arg(long, value_name = "COMMAND")]
    pub edit: Option<String>,
}

/// What became of the chosen letters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    pub sent: u64,
    /// Sent by an earlier run, and already in file and table.
    pub known: u64,
    /// Still not fit to be sent.
    pub left: u64,
}

/// Sends the chosen letters again and says to `out` what became of each that was not.
pub async fn redrive(
    settings: &Settings,
    choice: Choice,
    clock: &Clock,
    out: &mut (impl Write + Send),
) -> Result<Redriven, SinkError> {
    let kafka = settings.kafka();
    let letters = tokio::task::spawn_blocking({
        let kafka = kafka.clone();
        move || chosen(&kafka, &choice).map(|letters| (letters, choice))
    });
    let crashed = |error: tokio::task::JoinError| SinkError::Crashed {
        what: "reading dead letters",
        reason: error.to_string(),
    };
    let (letters, choice) = letters.await.map_err(crashed)??;
    let known = known_instances(settings).await?;
    let producer: FutureProducer<Quiet> = kafka.producer_config().create_with_context(Quiet)?;
    let rules = Rules::new(clock.now(), settings.retention_days, settings.utc_offset.0);
    let mut done = Redriven::default();
    for letter in letters {
        if known.contains(&instance(&letter)) {
            done.known += 1;
            continue;
        }
        match mended(&letter, choice.edit.as_deref(), &rules) {
            Ok(value) => {
                send(&producer, &letter, &value).await?;
                done.sent += 1;
            }
            Err(reason) => {
                done.left += 1;
                writeln!(out, "{}/{} left: {reason}", letter.partition.0, letter.offset)
                    .map_err(|error| SinkError::disk("standard output", error))?;
            }
        }
    }
    Ok(done)
}

fn chosen(kafka: &Kafka, choice: &Choice) -> Result<Vec<Letter>, SinkError> {
    let mut known = HashSet::new();
    let mut letters = Vec::new();
    read_all(kafka, |letter| {
        let right_kind = choice.reason.as_ref().is_none_or(|kind| *kind == letter.kind);
        let right_id = choice.id.is_none_or(|id| id == (letter.partition, letter.offset));
        if known.insert(letter.origin) && right_kind && right_id {
            letters.push(letter);
        }
    })?;
    Ok(letters)
}

/// The source under which a letter is sent again: the same each time, and never that of another letter, not even when Kafka
/// was set up anew and its offsets begin again.
fn instance(letter: &Letter) -> String {
    let refused = letter.refused.map_or(0, Timestamp::unix_micros);
    format!("{REDRIVEN}{}-{}-{refused}", letter.partition.0, letter.offset)
}

async fn known_instances(settings: &Settings) -> Result<HashSet<String>, SinkError> {
    let mut db = settings.open_database().await?;
    let sql = "SELECT instance FROM sink_source WHERE consumer_group = $1 AND instance LIKE 'redrive-%'";
    let rows = db.rows(sql, &[settings.group.as_str().into()]).await?;
    let known = rows.iter().map(|row| row.text(0).map(str::to_owned)).collect();
    db.close().await;
    known
}

/// The message as it is to be sent, or why it can't be.
fn mended(letter: &Letter, edit: Option<&str>, rules: &Rules) -> Result<Vec<u8>, String> {
    let value = letter.value.as_deref().ok_or("it has no value")?;
    let value = match edit {
        Some(command) => edited(value, command).map_err(|error| format!("--edit: {error}"))?,
        None => value.to_vec(),
    };
    let value = with_source(value.trim_ascii(), &instance(letter)).map_err(|error| error.to_string())?;
    match rules.judge(letter.origin.at.topic, Some(&value), &Sources::new()) {
        Verdict::Refuse(reason) => Err(reason.to_string()),
        Verdict::Keep { .. } | Verdict::Repetition | Verdict::Suspect(_) => Ok(value),
    }
}

fn edited(value: &[u8], command: &str) -> std::io::Result<Vec<u8>> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child
        .stdin
        .take()
        .ok_or_else(|| std::io::Error::other("no standard input"))?;
    let value = value.to_vec();
    // In a thread, so that neither side waits for the other with a full pipe.
    let writing = std::thread::spawn(move || input.write_all(&value));
    let output = child.wait_with_output()?;
    // A command that doesn't read its input closes it early; its answer is what counts.
    drop(writing.join());
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(std::io::Error::other(output.status.to_string()))
    }
}

async fn send(producer: &FutureProducer<Quiet>, letter: &Letter, value: &[u8]) -> Result<(), SinkError> {
    let headers = letter
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(KafkaHeader {
                key: name,
                value: value.as_ref(),
            })
        });
    let mut record = FutureRecord::<[u8], [u8]>::to(letter.origin.at.topic.name())
        .partition(letter.origin.at.partition.0)
        .payload(value)
        .headers(headers);
    record.key = letter.key.as_deref();
    match producer.send(record, QUEUE_WITHIN).await {
        Ok(_) => Ok(()),
        Err((error, _)) => Err(error.into()),
    }
}

fn parse_id(text: &str) -> Result<(Partition, Offset), &'static str> {
    const SHAPE: &str = "is not of the form PARTITION/OFFSET";
    let (partition, offset) = text.split_once('/').ok_or(SHAPE)?;
    Ok((
        Partition(partition.parse().map_err(|_| SHAPE)?),
        Offset(offset.parse().map_err(|_| SHAPE)?),
    ))
}
