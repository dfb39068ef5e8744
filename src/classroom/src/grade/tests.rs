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
        page: None,
        language: "en".to_owned(),
        whose: Whose {
            student: Some("kim".into()),
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
fn the_same_command_makes_the_table_and_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let hand_in = folder.path().join("hand-in");
    std::fs::create_dir(&hand_in).unwrap();
    let lesson = ALL[2].lesson(&student("kim")).unwrap();
    write_csv(&hand_in.join("kim.csv"), &lesson, &lesson.truth());
    std::fs::write(hand_in.join("lee.csv"), b"").unwrap();
    let page = folder.path().join("marks.html");
    let settings = Settings {
        page: Some(page.clone()),
        ..settings(&hand_in, Mode::HandIn)
    };
    let (_, table) = graded(&settings);
    let said = std::fs::read_to_string(&page).unwrap();
    assert!(
        table.contains("kim,100,true") && said.contains(">kim</th><td class=\"number\">100<"),
        "{said}"
    );
    assert!(
        said.contains("lee") && said.contains("could not be read: the answer is empty"),
        "{said}"
    );
    let of_a_file = Settings {
        answer: Some(hand_in.join("kim.csv")),
        ..settings
    };
    let refused = run(&of_a_file, &CancellationToken::new(), &Clock::system(), &mut Vec::new());
    assert!(refused.unwrap_err().to_string().contains("--page"));
}

#[test]
fn an_answer_without_end_is_refused_by_its_size_and_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.csv");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let refused = run(
            &settings(&path, Mode::HandIn),
            &CancellationToken::new(),
            &Clock::system(),
            &mut Vec::new(),
        );
        refused.unwrap_err().to_string()
    };
    let rows = |count: usize| format!("product_id,adds,quantity\n{}", "1,1,1\n".repeat(count));
    assert!(refused(&rows(1_100_000)).contains("more than 1048576 rows"));
    assert!(refused(&"{\"adds\":1}\n".repeat(1_100_000)).contains("more than 1048576 rows"));
    assert!(refused(&rows(3_000_000)).contains("bytes"));
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

fn refused(settings: &Settings) -> String {
    let mut out = Vec::new();
    let run = run(settings, &CancellationToken::new(), &Clock::system(), &mut out);
    run.expect_err("it is refused").to_string()
}

#[test]
fn an_answer_beside_its_data_is_marked_by_these_data_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (path, lesson) = (
        folder.path().join("answer.csv"),
        ALL[2].lesson(&student("kim")).unwrap(),
    );
    crate::handout::write(folder.path(), &lesson, &student("kim")).unwrap();
    write_csv(&path, &lesson, &lesson.truth());
    let mut asked = settings(&path, Mode::Practice);
    asked.whose.student = None;
    assert!(graded(&asked).0, "the task says whose it is");
    let lee = Some("lee".to_owned());
    asked.whose.student = lee;
    assert!(refused(&asked).contains("--student: the task.json beside the answer is of `kim`"));
    asked.whose.student = None;
    asked.whose.class_key = "another".to_owned();
    assert!(refused(&asked).contains("--class-key: the data beside the answer were drawn with another key"));
    asked.exercise = 5;
    assert!(refused(&asked).contains("the task.json beside the answer is of exercise 3"));
}

#[test]
fn a_students_own_folder_and_an_empty_one_are_no_folder_of_hand_ins() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(&settings(folder.path(), Mode::Teacher)).contains("holds no hand-in, such as kim.csv"));
    let lesson = ALL[2].lesson(&student("kim")).unwrap();
    crate::handout::write(folder.path(), &lesson, &student("kim")).unwrap();
    assert!(refused(&settings(folder.path(), Mode::Teacher)).contains("this folder is a student's own: mark"));
}
