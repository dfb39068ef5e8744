//! `de-shop exercise`: what there is to do, and everything to begin with one.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::error::ClassroomError;
use crate::exercises::ALL;
use crate::grade::{Whose, exercise};
use crate::handout::{self, task_text};
use crate::replay::schedule::Pace;
use crate::replay::{self, schedule};
use crate::topics;

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Names the ten exercises.
    List,
    /// Makes the data, prints the task, and plays the stream into topics if a Kafka is named.
    Start(Start),
}

#[derive(Debug, Clone, Args)]
pub struct Start {
    /// The exercise's number.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=10), value_name = "N")]
    pub exercise: u8,
    #[command(flatten)]
    pub whose: Whose,
    /// The folder for the data; without it `./classroom/N`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Plays the stream into the topics `exercise-N.shop.view`, ... of this Kafka, too.
    #[arg(long, env = "DE_SHOP_EXERCISE_KAFKA", value_name = "HOST:PORT,..")]
    pub kafka: Option<String>,
    /// Deletes these topics first, where there are any: without it, topics that hold messages are left alone, and nothing is played.
    #[arg(long, requires = "kafka")]
    pub anew: bool,
    /// How many times as fast as it happened, or `max`.
    #[arg(long, default_value = "max", value_parser = schedule::speed)]
    pub speed: Pace,
    /// Language of the task.
    #[arg(long, default_value = "en", value_parser = ["ko", "en"])]
    pub language: String,
}

/// Runs the command; false when it was interrupted.
pub fn run(command: &Command, stop: &CancellationToken, out: &mut impl Write) -> Result<bool, ClassroomError> {
    match command {
        Command::List => {
            for exercise in ALL {
                writeln!(
                    out,
                    "{:>2}  {} / {}",
                    exercise.number, exercise.title.en, exercise.title.ko
                )
                .map_err(ClassroomError::Write)?;
            }
            Ok(true)
        }
        Command::Start(start) => begin(start, stop, out),
    }
}

fn begin(start: &Start, stop: &CancellationToken, out: &mut impl Write) -> Result<bool, ClassroomError> {
    let exercise = exercise(start.exercise)?;
    let student = start.whose.student();
    let lesson = exercise.lesson(&student)?;
    let folder = start
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("classroom/{}", exercise.number)));
    handout::write(&folder, &lesson, &student)?;
    let mut text = task_text(exercise, &lesson, &start.language);
    let _ = writeln!(
        text,
        "\nData: {} ({} messages)",
        folder.join("stream.jsonl").display(),
        lesson.stream.messages.len()
    );
    let (python, sql) = (folder.join("starter.py"), folder.join("run_sql.py"));
    let _ = writeln!(
        text,
        "To begin with: {}, or starter.sql, which {} runs; hints: /classroom in the shop",
        python.display(),
        sql.display()
    );
    let answer = folder.join("answer.csv");
    let _ = writeln!(
        text,
        "Mark: de-shop grade {} {}    (`cargo run --` instead of `de-shop` in the project's folder)",
        exercise.number,
        answer.display()
    );
    writeln!(out, "{text}").map_err(ClassroomError::Write)?;
    let Some(brokers) = &start.kafka else { return Ok(true) };
    let prefix = format!("exercise-{}.", exercise.number);
    topics::begin(brokers, &prefix, start.anew)?;
    let report = replay::into_topics(&lesson.stream.messages, brokers, &prefix, start.speed, stop)?;
    writeln!(out, "{}", report.words()).map_err(ClassroomError::Write)?;
    Ok(!report.interrupted)
}
