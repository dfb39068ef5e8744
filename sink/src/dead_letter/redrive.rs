//! `sink dead-letters redrive`: sends letters to their topics again, mended if need be.
//!
//! Promises: however often and whenever it is killed, a letter ends in file and table once. What is sent carries a source of its
//! own, `{"instance":"redrive-PARTITION-OFFSET-MICROS","sequence":1}` (the letter's place in the dead-letter topic and when it was
//! refused), so it is new to the sink however old its first sequence was, and a repetition is skipped as the relay's are. Once a
//! letter is sent, a [`Resolution`] says so behind it, and nobody sends it again. An event with several letters (its
//! shop sent it more than once) is sent for the first of them. Before it is sent a message must keep the contract and be within the
//! retention; what doesn't is said and left where it is.
//!
//! Not for: two of these commands at the same time.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgGroup;
use futures_util::future::try_join_all;
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::{Clock, EventId};

use super::json::Mended;
use super::mend::{Fit, Mend, instance};
use super::producer::QUEUE_WITHIN;
use super::reader::original_of;
use super::resolution::{Outcome, Resolution, resolve};
use super::survey::{Survey, next_chunk, stream};
use super::{CHUNK, Choice, Letter, LetterId};
use crate::commit::blocking;
use crate::fail_point::FailPoint;
use crate::judge::Rules;
use crate::kafka::{Kafka, Quiet};
use crate::{Settings, SinkError};

/// Which letters, and how they are mended.
#[derive(Debug, Clone, clap::Args)]
#[command(group(ArgGroup::new("redriven").required(true).multiple(true).args(["all", "reason", "topic", "id", "mended"])))]
pub struct Redrive {
    #[command(flatten)]
    pub choice: Choice,
    /// A shell command that gets the message on its standard input and writes the mended one, such as `jq -c '.user_id = null'`.
    #[arg(long, value_name = "COMMAND")]
    pub edit: Option<String>,
    /// A file of mended messages: the lines of `list --json` with another `value`. Only what is in it is sent.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["edit", "all", "reason", "topic", "id"])]
    pub mended: Option<PathBuf>,
}

/// What became of the chosen letters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    pub sent: u64,
    /// Redriven or discarded before, or the event of a letter that was.
    pub known: u64,
    /// Still not fit to be sent, or asked for by id and no longer waiting.
    pub left: u64,
}

/// Sends the chosen letters again and says to `out` what became of each that was not.
pub async fn redrive(
    settings: &Settings,
    wish: Redrive,
    clock: &Clock,
    out: &mut (impl Write + Send),
) -> Result<Redriven, SinkError> {
    let mut choice = wish.choice;
    let mend = match (wish.edit, &wish.mended) {
        (_, Some(path)) => {
            let mended = Mended::read(path)?;
            choice.id = mended.ids();
            if choice.id.is_empty() {
                return Ok(Redriven::default());
            }
            Mend::With(mended)
        }
        (Some(command), None) => Mend::By(command),
        (None, None) => Mend::Not,
    };
    let kafka = settings.kafka();
    let survey = blocking("reading dead letters", {
        let kafka = kafka.clone();
        move || Survey::of(&kafka)
    });
    let survey = Arc::new(survey.await?);
    choice.check(&survey)?;
    let mut work = Work {
        producer: kafka.producer_config().create_with_context(Quiet)?,
        kafka: kafka.clone(),
        survey: Arc::clone(&survey),
        by_id: !choice.id.is_empty(),
        mend,
        rules: Rules::new(clock.now(), settings.retention_days, settings.utc_offset),
        taken: known_instances(settings).await?,
        sent: HashSet::new(),
        done: Redriven::default(),
    };
    let (mut letters, reading) = stream(kafka, survey, move |letter| choice.takes(letter));
    loop {
        let chunk = next_chunk(&mut letters).await;
        if chunk.is_empty() {
            break;
        }
        work.send_again(chunk, out).await?;
    }
    reading.await?;
    Ok(work.done)
}

struct Work {
    kafka: Kafka,
    producer: FutureProducer<Quiet>,
    survey: Arc<Survey>,
    /// The letters were asked for one by one.
    by_id: bool,
    mend: Mend,
    rules: Rules,
    /// Instances of letters that a sink has committed.
    taken: HashSet<String>,
    /// The events that this run has sent.
    sent: HashSet<EventId>,
    done: Redriven,
}

/// What is to be done about a letter.
enum Step {
    Send(Fit),
    /// It was sent before; only that is not said yet.
    Say,
    /// It is settled and said.
    Nothing,
    Leave(String),
}

impl Work {
    async fn send_again(&mut self, letters: Vec<Letter>, out: &mut (impl Write + Send)) -> Result<(), SinkError> {
        let (mut fit, mut settled) = (Vec::new(), Vec::<LetterId>::new());
        for mut letter in letters {
            match self.step(&mut letter).await? {
                Step::Send(message) => {
                    settled.push(letter.id);
                    fit.push((letter, message));
                }
                Step::Say => {
                    self.done.known += 1;
                    settled.push(letter.id);
                }
                Step::Nothing => self.done.known += 1,
                Step::Leave(reason) => {
                    self.done.left += 1;
                    writeln!(out, "{} left: {reason}", letter.id)
                        .map_err(|error| SinkError::disk("standard output", error))?;
                }
            }
        }
        for (at, fit) in fit.chunks(CHUNK / 2).enumerate() {
            if at > 0 {
                FailPoint::DuringRedrive.reach();
            }
            try_join_all(fit.iter().map(|(letter, fit)| send(&self.producer, letter, fit))).await?;
        }
        FailPoint::AfterRedrive.reach();
        let resolution = Resolution {
            outcome: Outcome::Redriven,
            because: None,
            at: Some(self.rules.now),
        };
        resolve(&self.producer, &settled, &resolution).await?;
        self.done.sent += fit.len() as u64;
        Ok(())
    }

    async fn step(&mut self, letter: &mut Letter) -> Result<Step, SinkError> {
        if let Some(before) = self.survey.resolution(letter.id) {
            return Ok(if self.by_id {
                Step::Leave(format!("was {before}"))
            } else {
                Step::Nothing
            });
        }
        if self.taken.contains(&instance(letter)) {
            return Ok(Step::Say);
        }
        if letter.is_value_at_origin {
            let (kafka, sought) = (self.kafka.clone(), letter.sought());
            let original = blocking("reading a large message", move || original_of(&kafka, &sought)).await?;
            letter.complete(original);
        }
        Ok(match self.mend.message(letter, &self.rules) {
            Ok(fit) if self.sent.insert(fit.event_id) => Step::Send(fit),
            Ok(_) => Step::Say,
            Err(reason) => Step::Leave(reason),
        })
    }
}

async fn known_instances(settings: &Settings) -> Result<HashSet<String>, SinkError> {
    let mut db = settings.open_database().await?;
    let sql = "SELECT instance FROM sink_source WHERE consumer_group = $1 AND instance LIKE 'redrive-%'";
    let rows = db.rows(sql, &[settings.group.as_str().into()]).await?;
    let known = rows.iter().map(|row| row.text(0).map(str::to_owned)).collect();
    db.close().await;
    known
}

async fn send(producer: &FutureProducer<Quiet>, letter: &Letter, fit: &Fit) -> Result<(), SinkError> {
    let mut record = FutureRecord::<[u8], [u8]>::to(letter.origin.at.topic.name())
        .partition(letter.origin.at.partition.0)
        .payload(&fit.value)
        .headers(letter.headers_with_history())
        .timestamp(fit.at.unix_millis());
    record.key = letter.key.as_deref();
    match producer.send(record, QUEUE_WITHIN).await {
        Ok(_) => Ok(()),
        Err((error, _)) => Err(error.into()),
    }
}
