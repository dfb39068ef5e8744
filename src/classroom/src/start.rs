//! `de-shop exercise`: what there is to do, and everything to begin with one.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::error::ClassroomError;
use crate::exercises::{ALL, Exercise, Lesson};
use crate::grade::{Whose, exercise};
use crate::replay::schedule::Pace;
use crate::replay::{self, schedule};
use crate::starters;

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
    let lesson = exercise.lesson(&start.whose.student())?;
    let folder = start
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("classroom/{}", exercise.number)));
    write_data(&folder, &lesson).map_err(|error| ClassroomError::file("--out", &folder, error))?;
    let mut text = task_text(exercise, &lesson, &start.language);
    let _ = writeln!(
        text,
        "\nData: {} ({} messages)",
        folder.join("stream.jsonl").display(),
        lesson.stream.messages.len()
    );
    let _ = writeln!(text, "To begin with: {}", folder.join("starter.py").display());
    let answer = folder.join("answer.csv");
    let _ = writeln!(text, "Mark: de-shop grade {} {}", exercise.number, answer.display());
    writeln!(out, "{text}").map_err(ClassroomError::Write)?;
    let Some(brokers) = &start.kafka else { return Ok(true) };
    let prefix = format!("exercise-{}.", exercise.number);
    let report = replay::into_topics(&lesson.stream.messages, brokers, &prefix, start.speed, stop)?;
    writeln!(out, "{}", report.words()).map_err(ClassroomError::Write)?;
    Ok(!report.interrupted)
}

/// `stream.jsonl`: a message on each line, in the order in which they come; `task.json`: the task's own parameters; the task's text;
/// programs to begin with.
pub(crate) fn write_data(folder: &Path, lesson: &Lesson) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut lines = io::BufWriter::new(fs::File::create(folder.join("stream.jsonl"))?);
    for message in &lesson.stream.messages {
        lines.write_all(&message.value)?;
        lines.write_all(b"\n")?;
    }
    lines.flush()?;
    fs::write(folder.join("task.json"), serde_json::to_vec_pretty(&lesson.task)?)?;
    starters::write(folder, lesson)?;
    for language in ["ko", "en"] {
        let name = format!("TASK.{language}.md");
        fs::write(folder.join(name), task_text(lesson.exercise, lesson, language))?;
    }
    Ok(())
}

fn task_text(exercise: &Exercise, lesson: &Lesson, language: &str) -> String {
    let columns: Vec<String> = exercise
        .columns
        .iter()
        .map(|column| {
            format!(
                "- `{}`: {}{}",
                column.name,
                column.kind.words(),
                if column.key { " (key)" } else { "" }
            )
        })
        .collect();
    let topics: Vec<&str> = exercise.topics.iter().map(|topic| topic.name()).collect();
    format!(
        "# {}. {}\n\n{}\n\n{}\n\nTopics: {}\n\nAnswer (CSV, JSON lines or SQLite):\n{}\n",
        exercise.number,
        exercise.title.in_language(language),
        exercise.story.in_language(language),
        lesson.task.fill(exercise.task.in_language(language)),
        topics.join(", "),
        columns.join("\n"),
    )
}
