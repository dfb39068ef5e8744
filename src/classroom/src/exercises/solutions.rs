//! The reference solutions in `solutions/`, run where there is a `python3`: each must have full points.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{grade, start};

#[derive(Parser)]
enum Line {
    Start(start::Start),
    Grade(grade::Settings),
}

fn solution(exercise: &Exercise) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("solutions");
    let begins = format!("{}_", exercise.number);
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&begins));
    found.unwrap_or_else(|| panic!("no solution of {}", exercise.name))
}

#[test]
fn each_reference_solution_has_full_points() {
    if Command::new("python3").arg("--version").output().is_err() {
        return crate::skipped("each_reference_solution_has_full_points", "there is no python3");
    }
    for student in 0..seeds() {
        let student = format!("python-{student}");
        for exercise in ALL {
            has_full_points(exercise, &student);
        }
    }
}

/// One in each run of the tests, as Python takes its time; `tests/classroom-seeds.sh` takes 200.
fn seeds() -> u32 {
    let told = std::env::var("DE_SHOP_CLASSROOM_SEEDS").ok();
    told.and_then(|seeds| seeds.parse().ok()).unwrap_or(1)
}

fn has_full_points(exercise: &Exercise, student: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (number, data) = (exercise.number.to_string(), folder.path().to_str().unwrap());
    let Line::Start(start) = Line::parse_from(["line", "start", &number, "--student", student, "--out", data]) else {
        unreachable!()
    };
    let mut said = Vec::new();
    start::run(&start::Command::Start(start), &CancellationToken::new(), &mut said).unwrap();
    let ran = Command::new("python3")
        .arg(solution(exercise))
        .arg(data)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}: {}",
        exercise.name,
        String::from_utf8_lossy(&ran.stderr)
    );
    let answer = folder.path().join("answer.csv");
    let answer = answer.to_str().unwrap();
    let Line::Grade(settings) = Line::parse_from(["line", "grade", &number, answer, "--student", student]) else {
        unreachable!()
    };
    let mut said = Vec::new();
    let exact = grade::run(
        &settings,
        &CancellationToken::new(),
        &schemas::Clock::system(),
        &mut said,
    )
    .unwrap();
    assert!(
        exact,
        "{} of {student}: {}",
        exercise.name,
        String::from_utf8_lossy(&said)
    );
}
