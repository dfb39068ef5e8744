//! `de-shop grade`: an exact mark, and what went wrong.
//!
//! Promises:
//! - the truth is computed from the very messages that the student was given, after all faults;
//! - an answer has full points only if it equals the truth, row for row, in any order;
//! - a mistake is named only if the whole answer equals what that mistake gives;
//! - hand-ins are data that is never executed.

pub mod answer;
pub mod compare;
mod curve;
mod database;
pub mod diagnose;
mod folder;
pub mod live;
pub mod mark;
mod page;
mod raw;
pub(crate) mod refusals;

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
use unicode_normalization::UnicodeNormalization;

use crate::error::ClassroomError;
use crate::exercises::{Exercise, Lesson, Student};
use crate::handout::Owner;
use curve::Point;
use mark::{Mark, Mode, mark};

/// Everybody's key for practising.
pub const PRACTICE_KEY: &str = "practice";

/// The student's id, where none is given.
pub(crate) const DEFAULT_STUDENT: &str = "me";

/// Whose exercise it is.
#[derive(Debug, Clone, Args)]
pub struct Whose {
    /// The student's id; data and task are drawn for it. Without it: whom the task.json beside an answer names, or `me`.
    #[arg(long, env = "DE_SHOP_STUDENT", value_name = "ID")]
    pub student: Option<String>,
    /// The teacher's key, which draws data that no student has seen; practice needs none.
    #[arg(long, env = "DE_SHOP_CLASS_KEY", default_value = PRACTICE_KEY, hide_env_values = true, value_name = "TEXT")]
    pub class_key: String,
}

impl Whose {
    #[must_use]
    pub fn student(&self) -> Student {
        Student {
            key: self.class_key.clone(),
            // Macs write a Korean name in its letters' parts: the same id gives the same data.
            id: self.student.as_deref().unwrap_or(DEFAULT_STUDENT).nfc().collect(),
        }
    }
}

/// What `de-shop grade` can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The exercise's number.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=10), value_name = "N")]
    pub exercise: u8,
    /// The answer: CSV, JSON lines, SQLite, or `postgres://..` with a table `answer`. A folder holds an answer for each student, named by its id: `kim.csv`, or `kim/` with one file.
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
    /// The marks of a folder as a page, too, which needs nothing beside it.
    #[arg(long, conflicts_with = "topic", value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Language of that page.
    #[arg(long, default_value = "en", value_parser = ["ko", "en"])]
    pub language: String,
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
    let (student, mark, curve) = match (&settings.answer, &settings.topic, &settings.kafka) {
        (Some(folder), ..) if folder.is_dir() => return folder::run(settings, folder, out),
        (Some(_), ..) if settings.page.is_some() => {
            let reason = "a page is made of a folder of hand-ins".to_owned();
            return Err(ClassroomError::Setting {
                setting: "--page",
                reason,
            });
        }
        (Some(path), ..) => {
            let (student, lesson) = given(settings, path)?;
            (student, one(&lesson, path, settings.mode)?, Vec::new())
        }
        (None, Some(topic), Some(brokers)) => {
            let (mark, curve) = live(settings, topic, brokers, stop, out)?;
            (settings.whose.student(), mark, curve)
        }
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
        serde_json::to_string(&Told {
            mark: &mark,
            curve: &curve,
        })?
    } else {
        let mut said = mark.words(exercise(settings.exercise)?.columns);
        if !curve.is_empty() {
            said = format!("{said}\n{}", curve::words(&curve));
        }
        attempt.map_or(said.clone(), |attempt| format!("{said}\nattempt {attempt}"))
    };
    writeln!(out, "{said}").map_err(ClassroomError::Write)?;
    Ok(mark.exact)
}

/// What `--json` tells.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    mark: &'a Mark,
    /// Of a topic only: how complete and how correct it was when.
    #[serde(skip_serializing_if = "<[Point]>::is_empty")]
    curve: &'a [Point],
}

/// Between two looks at a topic that is watched.
const AGAIN: Duration = Duration::from_secs(2);

/// Marks what stands in the topic; when it is watched, until it is exact or stopped. Rows and their times are told in no hand-in.
fn live(
    settings: &Settings,
    topic: &str,
    brokers: &str,
    stop: &CancellationToken,
    out: &mut impl Write,
) -> Result<(Mark, Vec<Point>), ClassroomError> {
    let lesson = exercise(settings.exercise)?.lesson(&settings.whose.student())?;
    let columns = lesson.exercise.columns;
    let mut before = live::Standing::default();
    let mut marked = mark(&lesson, &before.rows, settings.mode);
    loop {
        let (output, standing) = live::read(brokers, topic, columns)?;
        // Marking is work: what stands as it stood has the mark that it had.
        let is_new = standing != before;
        if is_new {
            marked = mark(&lesson, &standing.rows, settings.mode);
        }
        if !settings.watch || marked.exact || stop.is_cancelled() {
            let curve = match settings.mode {
                Mode::HandIn => Ok(Vec::new()),
                Mode::Practice | Mode::Teacher => curve::of(columns, &lesson.truth(), &output),
            };
            let failed = |source| ClassroomError::Answer {
                path: topic.into(),
                source,
            };
            return Ok((marked, curve.map_err(failed)?));
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

/// Whose answer it is, and what the student was given: as the command says, or the `task.json` beside it, which must not contradict.
fn given(settings: &Settings, answer: &Path) -> Result<(Student, Lesson), ClassroomError> {
    let exercise = exercise(settings.exercise)?;
    let said = settings.whose.student();
    let folder = answer.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(owner) = Owner::read(folder.unwrap_or(Path::new("."))) else {
        let lesson = exercise.lesson(&said)?;
        return Ok((said, lesson));
    };
    let contradicts = |setting, reason| Err(ClassroomError::Setting { setting, reason });
    if owner.exercise != settings.exercise {
        let reason = format!("the task.json beside the answer is of exercise {}", owner.exercise);
        return contradicts("N", reason);
    }
    if settings.whose.student.is_some() && owner.student != said.id {
        let reason = format!("the task.json beside the answer is of `{}`", owner.student);
        return contradicts("--student", reason);
    }
    let student = Student {
        id: owner.student.clone(),
        ..said
    };
    let lesson = exercise.lesson(&student)?;
    if Owner::of(&lesson, &student) != owner {
        let reason = "the data beside the answer were drawn with another key".to_owned();
        return contradicts("--class-key", reason);
    }
    Ok((student, lesson))
}

fn one(lesson: &Lesson, path: &Path, mode: Mode) -> Result<Mark, ClassroomError> {
    let answer = answer::read(path, lesson.exercise.columns).map_err(|source| ClassroomError::Answer {
        path: answer::shown(path),
        source,
    })?;
    Ok(mark(lesson, &answer, mode))
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
