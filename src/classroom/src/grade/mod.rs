//! `de-shop grade`: an exact mark, and what went wrong.
//!
//! Promises:
//! - the truth is computed from the very messages that the student was given, after all faults;
//! - an answer has full points only if it equals the truth, row for row, in any order;
//! - a mistake is named only if the whole answer equals what that mistake gives;
//! - hand-ins are data that is never executed.

pub mod answer;
pub mod compare;
mod database;
pub mod diagnose;
pub mod live;
pub mod mark;
mod raw;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use schemas::Clock;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::error::ClassroomError;
use crate::exercises::{Exercise, Student};
use mark::{Mark, Mode, mark};

/// Everybody's key for practising.
pub const PRACTICE_KEY: &str = "practice";

/// Whose exercise it is.
#[derive(Debug, Clone, Args)]
pub struct Whose {
    /// The student's id; data and task are drawn for it.
    #[arg(long, env = "DE_SHOP_STUDENT", default_value = "me", value_name = "ID")]
    pub student: String,
    /// The teacher's key, which draws data that no student has seen; practice needs none.
    #[arg(long, env = "DE_SHOP_CLASS_KEY", default_value = PRACTICE_KEY, hide_env_values = true, value_name = "TEXT")]
    pub class_key: String,
}

impl Whose {
    #[must_use]
    pub fn student(&self) -> Student {
        Student {
            key: self.class_key.clone(),
            id: self.student.clone(),
        }
    }
}

/// What `de-shop grade` can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The exercise's number.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=10), value_name = "N")]
    pub exercise: u8,
    /// The answer: CSV, JSON lines, SQLite, or `postgres://..` with a table `answer`. A folder holds an answer for each student, named by its id: `kim.csv`.
    #[arg(required_unless_present = "topic", conflicts_with = "topic")]
    pub answer: Option<PathBuf>,
    /// The answer stands in this topic, a JSON object for each row; of a key the last one counts.
    #[arg(long, requires = "kafka", value_name = "NAME")]
    pub topic: Option<String>,
    /// The Kafka of the topic.
    #[arg(long, env = "DE_SHOP_GRADE_KAFKA", value_name = "HOST:PORT,..")]
    pub kafka: Option<String>,
    /// Marks the topic again and again while the pipeline runs, until all is right or Ctrl-C.
    #[arg(long, requires = "topic")]
    pub watch: bool,
    #[command(flatten)]
    pub whose: Whose,
    /// How much is told.
    #[arg(long, value_enum, default_value_t = Mode::Practice)]
    pub mode: Mode,
    /// The mark as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Counts attempts: each mark is a line that is added to this file.
    #[arg(long, env = "DE_SHOP_ATTEMPTS", value_name = "FILE")]
    pub attempts: Option<PathBuf>,
}

/// The exercise of that number; the command line lets only those through.
pub(crate) fn exercise(number: u8) -> Result<&'static Exercise, ClassroomError> {
    Exercise::numbered(number).ok_or_else(|| ClassroomError::Setting {
        setting: "N",
        reason: format!("there is no exercise {number}; `de-shop exercise list` names them"),
    })
}

/// Marks one answer or a folder of them; true when all are exact.
pub fn run(
    settings: &Settings,
    stop: &CancellationToken,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<bool, ClassroomError> {
    let student = settings.whose.student();
    let mark = match (&settings.answer, &settings.topic, &settings.kafka) {
        (Some(folder), ..) if folder.is_dir() => return self::folder(settings, folder, out),
        (Some(path), ..) => one(settings.exercise, &student, path, settings.mode)?,
        (None, Some(topic), Some(brokers)) => live(settings, topic, brokers, stop, out)?,
        (None, ..) => {
            let reason = "name a file or a folder, or --topic and --kafka".to_owned();
            return Err(ClassroomError::Setting {
                setting: "ANSWER",
                reason,
            });
        }
    };
    let attempt = settings
        .attempts
        .as_deref()
        .map(|path| count(path, &student, &mark, clock))
        .transpose()?;
    let said = if settings.json {
        serde_json::to_string(&mark)?
    } else {
        let words = mark.words(exercise(settings.exercise)?.columns);
        attempt.map_or(words.clone(), |attempt| format!("{words}\nattempt {attempt}"))
    };
    writeln!(out, "{said}").map_err(ClassroomError::Write)?;
    Ok(mark.exact)
}

/// Between two looks at a topic that is watched.
const AGAIN: Duration = Duration::from_secs(2);

/// Marks what stands in the topic; when it is watched, until it is exact or stopped.
fn live(
    settings: &Settings,
    topic: &str,
    brokers: &str,
    stop: &CancellationToken,
    out: &mut impl Write,
) -> Result<Mark, ClassroomError> {
    let lesson = exercise(settings.exercise)?.lesson(&settings.whose.student())?;
    let mut before = live::Standing::default();
    let mut marked = mark(&lesson, &before.rows, settings.mode);
    loop {
        let standing = live::read(brokers, topic, lesson.exercise.columns)?;
        // Marking is work: what stands as it stood has the mark that it had.
        let is_new = standing != before;
        if is_new {
            marked = mark(&lesson, &standing.rows, settings.mode);
        }
        if !settings.watch || marked.exact || stop.is_cancelled() {
            return Ok(marked);
        }
        if is_new {
            let line = progress(&standing, &marked);
            writeln!(out, "{line}")
                .and_then(|()| out.flush())
                .map_err(ClassroomError::Write)?;
            before = standing;
        }
        std::thread::sleep(AGAIN);
    }
}

/// Completeness and correctness so far. Whoever hands in sees how many rows there are, and not how many of them are right.
fn progress(standing: &live::Standing, mark: &Mark) -> String {
    let rows = standing.rows.len();
    let right = mark.comparison.as_ref().map(|comparison| {
        let complete = comparison.parts.first().map_or(0, |part| part.right);
        let wrong = comparison
            .differing_rows
            .saturating_sub(comparison.expected_rows.saturating_sub(complete));
        format!(
            "{complete} of {} expected rows are there, {wrong} rows are wrong; ",
            comparison.expected_rows
        )
    });
    let right = right.unwrap_or_default();
    format!(
        "{rows} rows; {right}{} replaced, {} taken back",
        standing.replaced, standing.retracted
    )
}

fn one(number: u8, student: &Student, path: &Path, mode: Mode) -> Result<Mark, ClassroomError> {
    let exercise = exercise(number)?;
    let answer = answer::read(path, exercise.columns).map_err(|source| ClassroomError::Answer {
        path: answer::shown(path),
        source,
    })?;
    let lesson = exercise.lesson(student)?;
    Ok(mark(&lesson, &answer, mode))
}

#[derive(Serialize)]
struct Attempt<'a> {
    at: String,
    student: &'a str,
    exercise: u8,
    points: u8,
}

/// Adds the attempt and says the how manieth of this student on this exercise it is.
fn count(path: &Path, student: &Student, mark: &Mark, clock: &Clock) -> Result<usize, ClassroomError> {
    let failed = |error| ClassroomError::file("--attempts", path, error);
    let before = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let same = |line: &&str| {
        serde_json::from_str::<serde_json::Value>(line)
            .is_ok_and(|line| line["student"] == student.id.as_str() && line["exercise"] == mark.exercise)
    };
    let attempt = before.lines().filter(same).count() + 1;
    let line = serde_json::to_string(&Attempt {
        at: clock.now().to_string(),
        student: &student.id,
        exercise: mark.exercise,
        points: mark.points,
    })?;
    let mut file = File::options().create(true).append(true).open(path).map_err(failed)?;
    writeln!(file, "{line}").map_err(failed)?;
    Ok(attempt)
}

/// A line for each hand-in, as CSV: what can't be read has no points and says why.
fn folder(settings: &Settings, folder: &Path, out: &mut impl Write) -> Result<bool, ClassroomError> {
    let failed = |error| ClassroomError::file("ANSWER", folder, error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut table = csv::Writer::from_writer(out);
    let written = |error: csv::Error| ClassroomError::Write(error.into());
    table
        .write_record(["student", "points", "exact", "mistakes", "problem"])
        .map_err(written)?;
    let mut all_exact = true;
    for path in paths {
        let student = Student {
            key: settings.whose.class_key.clone(),
            id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let (points, exact, mistakes, problem) = match one(settings.exercise, &student, &path, settings.mode) {
            Ok(mark) => (mark.points, mark.exact, names(&mark), String::new()),
            Err(ClassroomError::Answer { source, .. }) => (0, false, String::new(), source.to_string()),
            Err(error) => return Err(error),
        };
        all_exact &= exact;
        table
            .write_record([
                &student.id,
                &points.to_string(),
                &exact.to_string(),
                &mistakes,
                &problem,
            ])
            .map_err(written)?;
    }
    table.flush().map_err(ClassroomError::Write)?;
    Ok(all_exact)
}

/// `a + b`, or `a or b` where they can't be told apart.
fn names(mark: &Mark) -> String {
    let together = mark.mistakes.iter().map(|mistakes| {
        let names: Vec<_> = mistakes.iter().map(|mistake| mistake.name).collect();
        names.join(" + ")
    });
    together.collect::<Vec<_>>().join(" or ")
}
