//! `sink dead-letters discard`: nobody wants these letters; says so in the dead-letter topic, with the reason, and leaves them there.
//!
//! Promises: a letter is discarded once, however often and whenever the command is killed; what was redriven isn't discarded.

use std::io::Write;
use std::sync::Arc;

use clap::ArgGroup;
use rdkafka::producer::FutureProducer;
use schemas::Clock;

use super::Choice;
use super::resolution::{Outcome, Resolution, resolve};
use super::survey::{Survey, next_chunk, stream};
use crate::commit::blocking;
use crate::kafka::Quiet;
use crate::{Settings, SinkError};

/// Which letters, and why.
#[derive(Debug, Clone, clap::Args)]
#[command(group(ArgGroup::new("discarded").required(true).multiple(true).args(["all", "reason", "topic", "id"])))]
pub struct Discard {
    #[command(flatten)]
    pub choice: Choice,
    /// Why nobody wants them; kept beside them, `list --resolved` shows it.
    #[arg(long, value_name = "TEXT", value_parser = parse_because)]
    pub because: String,
}

/// What became of the chosen letters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Discarded {
    pub discarded: u64,
    /// Redriven or discarded before.
    pub known: u64,
    /// Asked for by id, and redriven or discarded before.
    pub left: u64,
}

/// Discards the chosen letters.
pub async fn discard(
    settings: &Settings,
    wish: Discard,
    clock: &Clock,
    out: &mut (impl Write + Send),
) -> Result<Discarded, SinkError> {
    let Discard { choice, because } = wish;
    let kafka = settings.kafka();
    let survey = Arc::new(
        blocking("reading dead letters", {
            let kafka = kafka.clone();
            move || Survey::of(&kafka)
        })
        .await?,
    );
    choice.check(&survey)?;
    let producer: FutureProducer<Quiet> = kafka.producer_config().create_with_context(Quiet)?;
    let resolution = Resolution {
        outcome: Outcome::Discarded,
        because: Some(because.clone()),
        at: Some(clock.now()),
    };
    let by_id = !choice.id.is_empty();
    let (mut letters, reading) = stream(kafka, Arc::clone(&survey), move |letter| choice.takes(letter));
    let mut done = Discarded::default();
    loop {
        let chunk = next_chunk(&mut letters).await;
        if chunk.is_empty() {
            break;
        }
        let mut wanted = Vec::with_capacity(chunk.len());
        for letter in chunk {
            match survey.resolution(letter.id) {
                None => wanted.push(letter.id),
                Some(before) if by_id => {
                    done.left += 1;
                    writeln!(out, "{} left: was {before}", letter.id)
                        .map_err(|error| SinkError::disk("standard output", error))?;
                }
                Some(_) => done.known += 1,
            }
        }
        resolve(&producer, &wanted, &resolution).await?;
        done.discarded += wanted.len() as u64;
    }
    reading.await?;
    tracing::info!(letters = done.discarded, because, "dead letters were discarded");
    Ok(done)
}

fn parse_because(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("says nothing"),
        because => Ok(because.to_owned()),
    }
}
