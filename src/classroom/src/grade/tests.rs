//! Whole marks, from files.

use std::path::Path;

use super::*;
use crate::exercises::table::Row;
use crate::exercises::{ALL, Lesson, Mistakes};

fn student(id: &str) -> Student {
    Student {
        key: "secret".into(),
        id: id.into(),
    }
}

fn write_csv(path: &Path, lesson: &Lesson, rows: &[Row]) {
    let mut out = csv::Writer::from_path(path).unwrap();
    out.write_record(lesson.exercise.columns.iter().map(|column| column.name))
        .unwrap();
    for row in rows {
        out.write_record(row.iter().map(ToString::to_string)).unwrap();
    }
    out.flush().unwrap();
}

fn settings(answer: &Path, mode: Mode) -> Settings {
    Settings {
        exercise: 3,
        answer: Some(answer.to_owned()),
        topic: None,
        kafka: None,
        watch: false,
        whose: Whose {
            student: "kim".into(),
            class_key: "secret".into(),
        },
        mode,
        json: true,
        attempts: None,
    }
}

fn graded(settings: &Settings) -> (bool, String) {
    let mut out = Vec::new();
    let exact = run(settings, &CancellationToken::new(), &Clock::system(), &mut out).unwrap();
    (exact, String::from_utf8(out).unwrap())
}

#[test]
fn the_right_answer_passes_and_a_known_mistake_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.csv");
    let lesson = ALL[2].lesson(&student("kim")).unwrap();
    write_csv(&path, &lesson, &lesson.truth());
    assert!(graded(&settings(&path, Mode::Practice)).0);
    write_csv(&path, &lesson, &lesson.with(Mistakes::NONE.with(0)));
    let (exact, said) = graded(&settings(&path, Mode::Practice));
    assert!(!exact && said.contains("counts_repetitions"), "{said}");
}

#[test]
fn a_neighbours_answer_is_of_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.csv");
    let lesson = ALL[2].lesson(&student("lee")).unwrap();
    write_csv(&path, &lesson, &lesson.truth());
    assert!(!graded(&settings(&path, Mode::HandIn)).0);
}

#[test]
fn an_attacker_learns_no_row_from_what_was_handed_in() {
    let lesson = ALL[2].lesson(&student("kim")).unwrap();
    let truth = lesson.truth();
    // Whatever part of the truth is handed in, the mark says the same: right rows can't be told from wrong ones.
    let said = |answer: &[Row]| serde_json::to_string(&mark(&lesson, answer, Mode::HandIn)).unwrap();
    let nothing = said(&[]);
    for known in 0..truth.len() {
        assert_eq!(said(&truth[..known]), nothing);
    }
}

#[test]
fn a_folder_of_hand_ins_becomes_one_table() {
    let folder = tempfile::tempdir().unwrap();
    for id in ["kim", "lee"] {
        let lesson = ALL[2].lesson(&student(id)).unwrap();
        write_csv(&folder.path().join(format!("{id}.csv")), &lesson, &lesson.truth());
    }
    std::fs::write(folder.path().join("park.csv"), b"\xff\xfe\x00").unwrap();
    std::fs::write(folder.path().join("choi.csv"), b"").unwrap();
    let (exact, said) = graded(&settings(folder.path(), Mode::HandIn));
    let lines: Vec<&str> = said.lines().collect();
    assert!(!exact);
    assert_eq!(lines.len(), 5, "{said}");
    assert!(
        lines[1].starts_with("choi,0,false,,") && lines[2].starts_with("kim,100,true"),
        "{said}"
    );
    assert!(lines[4].contains("UTF-8"), "{said}");
}

#[test]
fn an_error_tells_no_password() {
    // Nobody listens on port 1.
    let answer = Path::new("postgres://kim:s3cret@127.0.0.1:1/class");
    let settings = settings(answer, Mode::HandIn);
    let refused = run(&settings, &CancellationToken::new(), &Clock::system(), &mut Vec::new()).unwrap_err();
    let said = format!("{refused} {refused:?}");
    assert!(
        said.contains("kim@127.0.0.1:1/class") && !said.contains("s3cret"),
        "{said}"
    );
}

#[test]
fn attempts_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.csv");
    std::fs::write(&path, "product_id,adds,quantity\n1,1,1\n").unwrap();
    let attempts = Some(folder.path().join("attempts.jsonl"));
    let settings = Settings {
        json: false,
        attempts,
        ..settings(&path, Mode::HandIn)
    };
    assert!(graded(&settings).1.contains("attempt 1"));
    assert!(graded(&settings).1.contains("attempt 2"));
}
