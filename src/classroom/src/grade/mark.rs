//! The mark, in the three modes: what a student may see of it.

use clap::ValueEnum;
use serde::Serialize;

use super::compare::{Comparison, compare};
use super::diagnose::{Diagnosis, diagnose};
use crate::exercises::Lesson;
use crate::exercises::table::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Differing rows beside each other.
    Practice,
    /// Points and the mistake's name, never rows: what it says depends on nothing but whether the whole answer equals a known one.
    HandIn,
    /// Everything.
    Teacher,
}

/// A misconception as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub name: &'static str,
    pub says_ko: &'static str,
    pub says_en: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub exercise: u8,
    pub mode: Mode,
    pub exact: bool,
    pub points: u8,
    /// Mistakes that together give exactly this answer; more than one list where they can't be told apart.
    pub mistakes: Vec<Vec<Named>>,
    pub comparison: Option<Comparison>,
}

/// What came of a hand-in.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) student: String,
    pub(super) mark: Result<Mark, String>,
}

/// A wrong answer that equals a known mistake's has half of the points when it is handed in: the rest was right.
const KNOWN_MISTAKE: u8 = 50;

#[must_use]
pub fn mark(lesson: &Lesson, answer: &[Row], mode: Mode) -> Mark {
    let comparison = compare(lesson.exercise.columns, &lesson.truth(), answer);
    let mistakes: Vec<Vec<Named>> = diagnose(lesson, answer).iter().map(named).collect();
    let points = match (mode, comparison.exact, mistakes.is_empty()) {
        (Mode::HandIn, false, false) => KNOWN_MISTAKE,
        (Mode::HandIn, false, true) => 0,
        _ => comparison.points,
    };
    Mark {
        exercise: lesson.exercise.number,
        mode,
        exact: comparison.exact,
        points,
        mistakes,
        comparison: (mode != Mode::HandIn).then_some(comparison),
    }
}

fn named(diagnosis: &Diagnosis) -> Vec<Named> {
    let name = |one: &&crate::exercises::Misconception| Named {
        name: one.name,
        says_ko: one.says.ko,
        says_en: one.says.en,
    };
    diagnosis.iter().map(name).collect()
}

impl Mark {
    /// For people.
    #[must_use]
    pub fn words(&self, columns: &[crate::exercises::table::Column]) -> String {
        let mut lines = vec![format!("exercise {}: {} of 100 points", self.exercise, self.points)];
        if self.exact {
            lines.push("exact: every row is right".to_owned());
        }
        for (place, mistakes) in self.mistakes.iter().enumerate() {
            let begin = if place == 0 {
                "your answer is"
            } else {
                "or, which is the same on this data,"
            };
            let both = mistakes
                .iter()
                .map(|mistake| format!("{} ({})", mistake.says_en, mistake.name));
            lines.push(format!(
                "{begin} {}",
                both.collect::<Vec<_>>().join(", and at the same time ")
            ));
        }
        if let Some(comparison) = self.comparison.as_ref().filter(|comparison| !comparison.exact) {
            lines.extend(
                comparison
                    .parts
                    .iter()
                    .map(|part| format!("  {}: {} of {} right", part.name, part.right, part.of)),
            );
            let names: Vec<_> = columns.iter().map(|column| column.name).collect();
            let of = match comparison.differing_rows {
                1 => "one row differs".to_owned(),
                rows => format!("{rows} rows differ; the first of them"),
            };
            lines.push(format!("{of} ({}):", names.join(", ")));
            for difference in &comparison.differences {
                let side =
                    |row: &Option<Vec<String>>| row.as_ref().map_or("no such row".to_owned(), |row| row.join(", "));
                lines.push(format!(
                    "  expected {}\n     found {}",
                    side(&difference.expected),
                    side(&difference.found)
                ));
            }
        } else if !self.exact && self.mistakes.is_empty() {
            lines.push("not exact, and none of the well-known mistakes".to_owned());
        }
        lines.join("\n")
    }
}
