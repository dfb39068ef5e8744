//! Every exercise, over many students: the traps are there, mistakes are told apart, and a changed answer never passes.

use super::*;
use crate::grade::answer;
use crate::grade::mark::{Mode, mark};

/// Two in each run of the tests; `tests/classroom-seeds.sh` takes 200.
fn seeds() -> u32 {
    let told = std::env::var("DE_SHOP_CLASSROOM_SEEDS").ok();
    told.and_then(|seeds| seeds.parse().ok()).unwrap_or(2)
}

fn lessons() -> impl Iterator<Item = Lesson> {
    let each = |number: u32| Student {
        key: "a teacher's key".to_owned(),
        id: format!("student-{number}"),
    };
    (0..seeds()).flat_map(move |number| {
        ALL.into_iter()
            .map(move |exercise| exercise.lesson(&each(number)).unwrap())
    })
}

#[test]
fn the_exercises_are_numbered_from_1_to_10() {
    let numbers: Vec<u8> = ALL.iter().map(|exercise| exercise.number).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
}

/// What came of all answers.
#[derive(Debug, Default)]
struct Tally {
    right: u32,
    passed: u32,
    /// Answers of somebody who makes one known mistake, or two.
    wrong: u32,
    named: u32,
    named_wrongly: u32,
    /// Right answers with one row changed: of no known mistake.
    changed: u32,
    changed_but_named: u32,
    full_points: u32,
}

#[test]
fn right_answers_pass_wrong_ones_never_and_mistakes_are_named_as_what_they_are() {
    let mut tally = Tally::default();
    for lesson in lessons() {
        right_answers(&lesson, &mut tally);
        known_mistakes(&lesson, &mut tally);
        changed_answers(&lesson, &mut tally);
    }
    eprintln!("{} students: {tally:?}", seeds());
    assert_eq!(tally.passed, tally.right, "{tally:?}");
    assert_eq!(tally.full_points, 0, "{tally:?}");
    assert_eq!((tally.named_wrongly, tally.changed_but_named), (0, 0), "{tally:?}");
    assert!(tally.named * 100 >= tally.wrong * 95, "{tally:?}");
}

/// As programs write it: rows in any order, whole numbers as floats, moments with an offset.
fn right_answers(lesson: &Lesson, tally: &mut Tally) {
    let truth = lesson.truth();
    let backwards: Vec<Row> = truth.iter().rev().cloned().collect();
    let names: Vec<_> = lesson.exercise.columns.iter().map(|column| column.name).collect();
    let mut floats = csv::Writer::from_writer(Vec::new());
    floats.write_record(names).unwrap();
    for row in &backwards {
        let cell = |value: &table::Value| match value {
            table::Value::Integer(number) => format!("{number}.0"),
            table::Value::Moment(_) => value.to_string().replace('T', " ").replace('Z', "+00:00"),
            other => other.to_string(),
        };
        floats.write_record(row.iter().map(cell)).unwrap();
    }
    let floats = answer::parse(&floats.into_inner().unwrap(), lesson.exercise.columns).unwrap();
    for answer in [truth, backwards, floats] {
        tally.right += 1;
        tally.passed += u32::from(mark(lesson, &answer, Mode::Practice).points == 100);
    }
}

fn known_mistakes(lesson: &Lesson, tally: &mut Tally) {
    let all = lesson.exercise.misconceptions;
    for one in 0..all.len() {
        for other in one..all.len() {
            let answer = lesson.with(Mistakes::NONE.with(one).with(other));
            let mark = mark(lesson, &answer, Mode::HandIn);
            // Two mistakes may cancel each other out; then there is nothing to be found.
            if mark.exact && one != other {
                continue;
            }
            tally.wrong += 1;
            tally.full_points += u32::from(mark.points == 100);
            // Two may give what one of them gives: then that one is named.
            let made = [one, other].map(|place| all[place].name);
            let is_told = mark
                .mistakes
                .iter()
                .any(|told| told.iter().all(|mistake| made.contains(&mistake.name)));
            tally.named += u32::from(is_told);
            tally.named_wrongly += u32::from(!is_told && !mark.mistakes.is_empty());
            if !is_told {
                eprintln!("{}: {made:?} became {:?}", lesson.exercise.name, mark.mistakes);
            }
        }
    }
}

/// A row more, a row less, a value off.
fn changed_answers(lesson: &Lesson, tally: &mut Tally) {
    let truth = lesson.truth();
    let mut random = Random::new(5, Purpose::Plant, 0);
    for _ in 0..3 {
        let place = random.index(truth.len());
        let (mut less, mut more, mut off) = (truth.clone(), truth.clone(), truth.clone());
        less.remove(place);
        more.push(truth[place].clone());
        let last = off[place].last_mut().unwrap();
        *last = match last {
            table::Value::Integer(number) => table::Value::Integer(*number + 1),
            table::Value::Moment(micros) => table::Value::Moment(*micros + 1),
            table::Value::Text(text) => table::Value::Text(format!("{text}x")),
            table::Value::Empty => table::Value::Text("x".to_owned()),
        };
        for answer in [less, more, off] {
            let mark = mark(lesson, &answer, Mode::Practice);
            tally.changed += 1;
            tally.full_points += u32::from(mark.exact || mark.points == 100);
            tally.changed_but_named += u32::from(!mark.mistakes.is_empty());
        }
    }
}

#[test]
fn a_student_has_the_same_data_each_time_and_another_one_has_other_data() {
    let of = |id: &str| {
        let student = Student {
            key: "key".into(),
            id: id.into(),
        };
        ALL[0].lesson(&student).unwrap()
    };
    let (kim, again, lee) = (of("kim"), of("kim"), of("lee"));
    assert_eq!(kim.stream.messages, again.stream.messages);
    assert_ne!(kim.stream.messages, lee.stream.messages);
    assert_ne!(kim.truth(), lee.truth());
}

#[test]
fn every_parameter_of_every_task_is_filled_in() {
    let task = Task::draw(&mut Random::new(1, Purpose::Task, 0));
    for exercise in ALL {
        for text in [exercise.task.ko, exercise.task.en] {
            let filled = task.fill(text);
            let left = filled.replace("{\"amount\"", "");
            assert!(!left.contains('{'), "{filled}");
        }
        assert!(!exercise.hints.is_empty() && exercise.columns.iter().any(|column| column.key));
    }
}
