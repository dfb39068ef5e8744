//! A folder of hand-ins, marked into one table and, where it is asked for, a page.
//!
//! Promises:
//! - each hand-in is a line, also one that can't be read: it has no points and says why, and never ends the others' marking;
//! - a hand-in is `ID.csv` (any ending), or a folder `ID` with one file, as learning platforms give them out;
//! - they are marked on all cores, each of which holds one hand-in in memory.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::mark::{Mark, Marked, Unmarked};
use super::{Settings, exercise, one, page, refusals};
use crate::error::ClassroomError;
use crate::exercises::{Exercise, Student};

/// Somebody's hand-in, or why there is none.
struct HandIn {
    student: String,
    path: Result<PathBuf, String>,
}

/// Marks all hand-ins; true when all are exact.
pub(super) fn run(settings: &Settings, folder: &Path, out: &mut impl Write) -> Result<bool, ClassroomError> {
    let refused = |reason| ClassroomError::Setting {
        setting: "ANSWER",
        reason,
    };
    if folder.join("task.json").exists() {
        let answer = folder.join("answer.csv");
        let reason = format!("this folder is a student's own: mark {}", answer.display());
        return Err(refused(reason));
    }
    let hand_ins = hand_ins(folder).map_err(|error| ClassroomError::file("ANSWER", folder, error))?;
    if hand_ins.is_empty() {
        let reason = format!(
            "{} holds no hand-in, such as kim.csv or kim/answer.csv",
            folder.display()
        );
        return Err(refused(reason));
    }
    let mut table = csv::Writer::from_writer(out);
    let written = |error: csv::Error| ClassroomError::Write(error.into());
    table
        .write_record(["student", "points", "exact", "mistakes", "problem"])
        .map_err(written)?;
    let exercise = exercise(settings.exercise)?;
    let marks = hand_ins
        .into_par_iter()
        .map(|hand_in| mark(exercise, settings, hand_in));
    let all: Vec<Marked> = marks.collect();
    for marked in &all {
        table.write_record(line(marked)).map_err(written)?;
    }
    table.flush().map_err(ClassroomError::Write)?;
    if let Some(path) = &settings.page {
        let page = page::of(exercise, settings.mode, &settings.language, &all);
        fs::write(path, page.into_string()).map_err(|error| ClassroomError::file("--page", path, error))?;
    }
    Ok(all
        .iter()
        .all(|marked| marked.mark.as_ref().is_ok_and(|mark| mark.exact)))
}

fn mark(exercise: &'static Exercise, settings: &Settings, hand_in: HandIn) -> Marked {
    let student = Student {
        key: settings.whose.class_key.clone(),
        id: hand_in.student.clone(),
    };
    let unmarked = |error| match error {
        ClassroomError::Answer { source, .. } => Unmarked {
            on_page: refusals::of_answer(&source, exercise.columns, &settings.language),
            en: source.to_string(),
        },
        other => other.to_string().into(),
    };
    let path = hand_in.path.map_err(Unmarked::from);
    let mark = path.and_then(|path| {
        let lesson = exercise.lesson(&student);
        lesson
            .and_then(|lesson| one(&lesson, &path, settings.mode))
            .map_err(unmarked)
    });
    Marked {
        student: hand_in.student,
        mark,
    }
}

fn line(marked: &Marked) -> [String; 5] {
    let (points, exact, mistakes, problem) = match &marked.mark {
        Ok(mark) => (mark.points, mark.exact, names(mark), String::new()),
        Err(problem) => (0, false, String::new(), problem.en.clone()),
    };
    let student = no_formula(&marked.student);
    [
        student,
        points.to_string(),
        exact.to_string(),
        mistakes,
        no_formula(&problem),
    ]
}

/// A spreadsheet runs what begins like this, and ids and cells are what students wrote.
fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// `a + b`, or `a or b` where they can't be told apart.
fn names(mark: &Mark) -> String {
    let together = mark.mistakes.iter().map(|mistakes| {
        let names: Vec<_> = mistakes.iter().map(|mistake| mistake.name).collect();
        names.join(" + ")
    });
    together.collect::<Vec<_>>().join(" or ")
}

/// All hand-ins by their students' ids. What a desktop leaves in a folder (`.DS_Store`) is none.
fn hand_ins(folder: &Path) -> std::io::Result<Vec<HandIn>> {
    let mut hand_ins = Vec::new();
    for path in visible(folder)? {
        let hand_in = if path.is_dir() {
            HandIn {
                student: id(path.file_name()),
                path: only_file_of(&path),
            }
        } else {
            HandIn {
                student: id(path.file_stem()),
                // Never a pipe or a device, which may have no end.
                path: if !path.is_file() {
                    Err(format!("{} is no file", path.display()))
                } else if path.file_stem() == Some(OsStr::new("answer")) {
                    Err("whose is it? name the file by the student's id".to_owned())
                } else {
                    Ok(path)
                },
            }
        };
        hand_ins.push(hand_in);
    }
    hand_ins.sort_by(|one, other| one.student.cmp(&other.student));
    // Whoever has two hand-ins is asked which one counts: neither is marked by chance.
    for place in 1..hand_ins.len() {
        let (before, from) = hand_ins.split_at_mut(place);
        if let (Some(one), Some(other)) = (before.last_mut(), from.first_mut())
            && one.student == other.student
        {
            let reason = "there is more than one hand-in of this student: leave the one that counts".to_owned();
            (one.path, other.path) = (Err(reason.clone()), Err(reason));
        }
    }
    Ok(hand_ins)
}

/// The student's id in a file's name. Macs write a Korean name in its letters' parts: the same id gives the same data.
fn id(name: Option<&OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().nfc().collect()
}

fn visible(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<std::io::Result<Vec<_>>>()?;
    let is_hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.')
            || name.starts_with("~$")
            || ["Thumbs.db", "desktop.ini", "__MACOSX"].contains(&name.as_ref())
    };
    paths.retain(|path| !is_hidden(path));
    Ok(paths)
}

fn only_file_of(folder: &Path) -> Result<PathBuf, String> {
    let mut files = visible(folder).map_err(|error| error.to_string())?;
    files.retain(|path| path.is_file());
    match (files.pop(), files.len()) {
        (Some(file), 0) => Ok(file),
        (Some(_), more) => Err(format!(
            "its folder holds {} files: leave the one that counts",
            more + 1
        )),
        (None, _) => Err("its folder holds no file".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path) -> Vec<(String, bool)> {
        let hand_ins = hand_ins(folder).unwrap();
        hand_ins
            .into_iter()
            .map(|hand_in| (hand_in.student, hand_in.path.is_ok()))
            .collect()
    }

    #[test]
    fn a_hand_in_is_a_file_or_a_folder_with_one_and_what_a_desktop_leaves_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for name in ["kim.csv", "lee/answer.csv", "lee/.DS_Store", "park/a.csv", "park/b.csv"] {
            write(name);
        }
        for name in [
            ".DS_Store",
            "~$kim.csv",
            "answer.csv",
            "Thumbs.db",
            "__MACOSX/kim.csv",
            "class\\seo.csv",
        ] {
            write(name);
        }
        fs::create_dir(folder.path().join("choi")).unwrap();
        let expected = [
            ("answer", false),
            ("choi", false),
            ("class\\seo", true),
            ("kim", true),
            ("lee", true),
            ("park", false),
        ];
        assert_eq!(found(folder.path()), expected.map(|(id, is_ok)| (id.to_owned(), is_ok)));
    }

    #[test]
    fn of_a_student_with_two_hand_ins_none_is_marked_by_chance() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kim.csv", "kim.jsonl", "lee.csv"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let expected = [("kim", false), ("kim", false), ("lee", true)];
        assert_eq!(found(folder.path()), expected.map(|(id, is_ok)| (id.to_owned(), is_ok)));
    }

    #[test]
    fn a_korean_name_from_a_mac_is_the_same_id() {
        assert_eq!(id(Some(OsStr::new("\u{1100}\u{1175}\u{11b7}"))), "김");
        assert_eq!(id(Some(OsStr::new("김"))), "김");
    }

    #[test]
    fn what_a_student_wrote_is_never_run_by_a_spreadsheet() {
        let problem = "=HYPERLINK(\"http://example.com\")".to_owned();
        let marked = Marked {
            student: "@SUM(A1)".to_owned(),
            mark: Err(problem.into()),
        };
        let line = line(&marked);
        assert_eq!(line[0], "'@SUM(A1)");
        assert!(line[4].starts_with("'="), "{line:?}");
    }
}
