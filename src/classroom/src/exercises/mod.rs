//! Ten exercises on streams whose truth is known.
//!
//! Each exercise is one file: its words, the data it needs, what is planted in it, and one program that solves it. The program takes
//! [`Mistakes`]: without any it is the truth; with one it makes a well-known mistake, from beginning to end. So a wrong answer isn't
//! guessed at: it is compared with what that mistake gives, row for row.
//!
//! Data and task are drawn from a key and the student's id: neither a neighbour's answer nor a published one is of use.

mod ab_test;
mod carts;
mod count;
mod dead_letters;
pub mod event;
mod funnel;
mod join;
mod once;
pub mod picture;
pub mod plant;
mod sessionize;
pub mod table;
mod top_k;
mod watermark;

#[cfg(test)]
mod solutions;
#[cfg(test)]
mod tests;

use schemas::Topic;
use sha2::{Digest, Sha256};

use crate::error::ClassroomError;
use crate::replay::faults::{Faults, Faulty};
use crate::replay::message::Message;
use crate::simulate::catalogue::Catalogue;
use crate::simulate::random::{Purpose, Random};
use crate::simulate::scenario::Scenario;
use crate::simulate::stream::Simulation;
use crate::simulate::world::World;
use event::Stream;
use picture::Picture;
use table::{Column, Row, differing};

/// The same in the shop's two languages.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub ko: &'static str,
    pub en: &'static str,
}

impl Words {
    #[must_use]
    pub fn in_language(self, language: &str) -> &'static str {
        if language == "ko" { self.ko } else { self.en }
    }
}

/// A well-known way to get it wrong.
#[derive(Debug, Clone, Copy)]
pub struct Misconception {
    pub name: &'static str,
    /// How the answer is that it gives: "your counts are ...".
    pub says: Words,
    /// So many rows differ at least, in any data that is given out.
    pub rows: usize,
}

/// A set of an exercise's misconceptions, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mistakes(u32);

impl Mistakes {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn with(self, place: usize) -> Self {
        Self(self.0 | 1 << place)
    }

    #[must_use]
    pub const fn has(self, place: usize) -> bool {
        self.0 & 1 << place != 0
    }
}

/// The task's own parameters, drawn for each student.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Task {
    pub gap_minutes: i64,
    pub window_minutes: i64,
    pub slide_minutes: i64,
    pub lateness_minutes: i64,
    pub k: i64,
    pub left_out: &'static str,
    /// The moment the question is about, in UTC.
    pub as_of: String,
    #[serde(skip)]
    pub as_of_micros: i64,
}

const FIRST_DAY: time::Date = time::macros::date!(2026 - 11 - 03);

impl Task {
    fn draw(random: &mut Random) -> Self {
        let mut of = |choices: &[i64]| choices[random.index(choices.len())];
        let (gap_minutes, window_minutes) = (of(&[5, 6, 8, 10, 12]), of(&[10, 12, 15, 20]));
        let (slide_minutes, lateness_minutes) = (of(&[15, 20, 30]), of(&[4, 5, 6, 8]));
        let (k, hours) = (of(&[3, 4, 5]), of(&[30, 32, 34, 36, 38]));
        let left_out = ["impression", "dwell", "page_performance", "click"][random.index(4)];
        let as_of_micros = crate::simulate::scenario::day_start(FIRST_DAY) + hours * 60 * plant::MINUTE;
        Self {
            gap_minutes,
            window_minutes,
            slide_minutes,
            lateness_minutes,
            k,
            left_out,
            as_of: plant::words(as_of_micros),
            as_of_micros,
        }
    }

    /// Puts the parameters into a text: `{gap_minutes}`, `{k}`, ...
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        text.replace("{gap_minutes}", &self.gap_minutes.to_string())
            .replace("{window_minutes}", &self.window_minutes.to_string())
            .replace("{slide_minutes}", &self.slide_minutes.to_string())
            .replace("{lateness_minutes}", &self.lateness_minutes.to_string())
            .replace("{k}", &self.k.to_string())
            .replace("{left_out}", self.left_out)
            .replace("{as_of}", &self.as_of)
    }
}

/// What the data is made from.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub days: u32,
    pub visits_per_day: u32,
    pub scenario: Scenario,
    pub faults: Faults,
}

#[derive(Debug)]
pub struct Exercise {
    pub number: u8,
    pub name: &'static str,
    pub title: Words,
    pub story: Words,
    pub task: Words,
    pub hints: &'static [Words],
    /// What a professional watches for; shown after the mark.
    pub afterwards: Words,
    pub topics: &'static [Topic],
    pub columns: &'static [Column],
    pub misconceptions: &'static [Misconception],
    pub picture: Picture,
    recipe: fn() -> Recipe,
    plant: fn(&mut Vec<Message>, &Task, &mut Random),
    solve: fn(&Stream, &Task, Mistakes) -> Vec<Row>,
}

pub const ALL: [&Exercise; 10] = [
    &count::EXERCISE,
    &sessionize::EXERCISE,
    &once::EXERCISE,
    &watermark::EXERCISE,
    &join::EXERCISE,
    &funnel::EXERCISE,
    &top_k::EXERCISE,
    &dead_letters::EXERCISE,
    &ab_test::EXERCISE,
    &carts::EXERCISE,
];

/// Whose data it is: the key is the teacher's, practice has a public one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    pub key: String,
    pub id: String,
}

/// An exercise as one student has it.
#[derive(Debug)]
pub struct Lesson {
    pub exercise: &'static Exercise,
    pub task: Task,
    pub stream: Stream,
}

/// So often other data is drawn when a trap is missing; seeds of which one needs more were never seen.
const DRAWS: u64 = 40;

impl Exercise {
    #[must_use]
    pub fn numbered(number: u8) -> Option<&'static Self> {
        ALL.into_iter().find(|exercise| exercise.number == number)
    }

    /// The data and the task of the student: always the same, and with every trap in it.
    pub fn lesson(&'static self, student: &Student) -> Result<Lesson, ClassroomError> {
        let seed = seed(student, self.number);
        for draw in 0..DRAWS {
            let lesson = self.draw(seed.wrapping_add(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15)))?;
            if lesson.missing_trap().is_none() {
                return Ok(lesson);
            }
        }
        Err(ClassroomError::NoData {
            exercise: self.number,
            draws: DRAWS,
        })
    }

    fn draw(&'static self, seed: u64) -> Result<Lesson, ClassroomError> {
        let task = Task::draw(&mut Random::new(seed, Purpose::Task, u64::from(self.number)));
        let recipe = (self.recipe)();
        let world = World::new(seed, recipe.scenario, Catalogue::of_the_shop()?, FIRST_DAY);
        let instance = crate::simulate::instance(seed);
        let simulation = Simulation::new(world, recipe.days, recipe.visits_per_day, instance)?;
        let mut messages = Vec::new();
        for emitted in simulation {
            let emitted = emitted?;
            if self.topics.contains(&emitted.event.event_type.topic()) {
                let mut value = Vec::new();
                emitted.seal_into(&mut value);
                messages.push(Message::of_the_shop(&value)?);
            }
        }
        let mut random = Random::new(seed, Purpose::Plant, u64::from(self.number));
        (self.plant)(&mut messages, &task, &mut random);
        plant::settle(&mut messages);
        let faults = Faults {
            fault_seed: seed,
            ..recipe.faults
        };
        let stream = Stream::new(with_faults(faults, messages));
        Ok(Lesson {
            exercise: self,
            task,
            stream,
        })
    }
}

fn with_faults(faults: Faults, messages: Vec<Message>) -> Vec<Message> {
    let mut applied = Faulty::new(faults);
    for message in messages {
        applied.take(message);
    }
    applied.end();
    std::iter::from_fn(|| applied.give()).collect()
}

fn seed(student: &Student, number: u8) -> u64 {
    let mut hash = Sha256::new();
    for part in [student.key.as_bytes(), student.id.as_bytes(), &[number]] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

impl Lesson {
    /// What the right answer is.
    #[must_use]
    pub fn truth(&self) -> Vec<Row> {
        self.with(Mistakes::NONE)
    }

    /// The answer of somebody who makes these mistakes.
    #[must_use]
    pub fn with(&self, mistakes: Mistakes) -> Vec<Row> {
        (self.exercise.solve)(&self.stream, &self.task, mistakes)
    }

    /// A misconception that this data would not punish.
    fn missing_trap(&self) -> Option<&'static Misconception> {
        let truth = self.truth();
        let misconceptions = self.exercise.misconceptions.iter().enumerate();
        misconceptions
            .filter(|(place, one)| differing(&truth, &self.with(Mistakes::NONE.with(*place))) < one.rows)
            .map(|(_, one)| one)
            .next()
    }
}
