//! Every exercise, over many students: the traps are there, mistakes are told apart, and a changed answer never passes.

use super::*;
use crate::grade::diagnose::diagnose;
use crate::grade::mark::{Mode, mark};

/// More in CI's own run by hand: `DE_SHOP_CLASSROOM_SEEDS=200 cargo test --release -p classroom`.
fn seeds() -> u32 {
    let told = std::env::var("DE_SHOP_CLASSROOM_SEEDS").ok();
    told.and_then(|seeds| seeds.parse().ok()).unwrap_or(1)
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

#[test]
fn each_mistake_is_punished_and_named_and_each_change_of_the_truth_is_seen() {
    for lesson in lessons() {
        let name = lesson.exercise.name;
        let truth = lesson.truth();
        assert!(mark(&lesson, &truth, Mode::HandIn).exact, "{name}: the truth passes");
        let backwards: Vec<Row> = truth.iter().rev().cloned().collect();
        assert_eq!(
            mark(&lesson, &backwards, Mode::Practice).points,
            100,
            "{name}: order is no matter"
        );
        let count = lesson.exercise.misconceptions.len();
        for one in 0..count {
            for other in one..count {
                let answer = lesson.with(Mistakes::NONE.with(one).with(other));
                let mark = mark(&lesson, &answer, Mode::HandIn);
                // Two mistakes may cancel each other out; then there is nothing to be found.
                if mark.exact {
                    assert_ne!(one, other, "{name}: {one} is no mistake");
                    continue;
                }
                let told: Vec<Vec<&str>> = diagnose(&lesson, &answer)
                    .iter()
                    .map(|all| all.iter().map(|one| one.name).collect())
                    .collect();
                let made = [one, other].map(|place| lesson.exercise.misconceptions[place].name);
                // Alone, a mistake is named as what it is. Two may give what one of them gives: then that one is named.
                let is_told = told
                    .iter()
                    .any(|names| !names.is_empty() && names.iter().all(|name| made.contains(name)));
                assert!(is_told, "{name}: {made:?} became {told:?}");
                assert!(mark.points < 100);
            }
        }
        mutations(&lesson, &truth);
    }
}

/// A row more, a row less, a value off: never full points, and never a mistake's name by accident.
fn mutations(lesson: &Lesson, truth: &[Row]) {
    let mut random = Random::new(5, Purpose::Plant, 0);
    for _ in 0..3 {
        let place = random.index(truth.len());
        let mut less = truth.to_vec();
        less.remove(place);
        let mut more = truth.to_vec();
        more.push(truth[place].clone());
        let mut off = truth.to_vec();
        let last = off[place].last_mut().unwrap();
        *last = match last {
            table::Value::Integer(number) => table::Value::Integer(*number + 1),
            table::Value::Moment(micros) => table::Value::Moment(*micros + 1),
            table::Value::Text(text) => table::Value::Text(format!("{text}x")),
            table::Value::Empty => table::Value::Text("x".to_owned()),
        };
        for changed in [less, more, off] {
            let mark = mark(lesson, &changed, Mode::Practice);
            assert!(!mark.exact && mark.points < 100, "{}", lesson.exercise.name);
            assert!(
                mark.mistakes.is_empty(),
                "{}: {:?}",
                lesson.exercise.name,
                mark.mistakes
            );
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
