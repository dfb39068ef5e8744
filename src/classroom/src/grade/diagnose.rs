//! What went wrong, proved: the answer equals, row for row, what a known mistake gives, alone or together with another.

use crate::exercises::table::{Row, same};
use crate::exercises::{Lesson, Misconception, Mistakes};

/// Mistakes that together give exactly this answer.
pub type Diagnosis = Vec<&'static Misconception>;

/// The mistakes, one or two, that give this very answer. Empty when the answer is right or equals none. Where several give the
/// same answer on this data, all of the smallest number are named.
#[must_use]
pub fn diagnose(lesson: &Lesson, answer: &[Row]) -> Vec<Diagnosis> {
    if same(&lesson.truth(), answer) {
        return Vec::new();
    }
    let all = lesson.exercise.misconceptions;
    let gives = |places: &[usize]| {
        let mistakes = places
            .iter()
            .fold(Mistakes::NONE, |mistakes, place| mistakes.with(*place));
        same(&lesson.with(mistakes), answer)
    };
    let alone: Vec<Diagnosis> = (0..all.len())
        .filter(|place| gives(&[*place]))
        .map(|place| vec![&all[place]])
        .collect();
    if !alone.is_empty() {
        return alone;
    }
    let pairs = (0..all.len()).flat_map(|one| (one + 1..all.len()).map(move |other| [one, other]));
    pairs
        .filter(|pair| gives(pair))
        .map(|pair| pair.map(|place| &all[place]).into())
        .collect()
}
