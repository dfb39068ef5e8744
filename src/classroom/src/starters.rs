//! Programs to begin with: they run, their answer has the right shape, and it is not right yet.

use std::fs;
use std::io;
use std::path::Path;

use crate::exercises::Lesson;

/// A file that a student is given beside the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Starter {
    pub(crate) name: &'static str,
    text: &'static str,
}

const fn python(text: &'static str) -> Starter {
    let name = "starter.py";
    Starter { name, text }
}

const fn sql(text: &'static str) -> Starter {
    let name = "starter.sql";
    Starter { name, text }
}

/// What all programs in Python share.
const STREAM: Starter = Starter {
    name: "stream.py",
    text: include_str!("../solutions/stream.py"),
};
/// Runs the SQL in `DuckDB`.
const RUN_SQL: Starter = Starter {
    name: "run_sql.py",
    text: include_str!("../starters/run_sql.py"),
};
const FLINK: Starter = Starter {
    name: "starter.flink.sql",
    text: include_str!("../starters/7_top_k.flink.sql"),
};

/// Of each exercise, in the order of their numbers: in Python, and in SQL.
const OWN: [[Starter; 2]; 10] = [
    [
        python(include_str!("../starters/1_count.py")),
        sql(include_str!("../starters/1_count.sql")),
    ],
    [
        python(include_str!("../starters/2_sessionize.py")),
        sql(include_str!("../starters/2_sessionize.sql")),
    ],
    [
        python(include_str!("../starters/3_once.py")),
        sql(include_str!("../starters/3_once.sql")),
    ],
    [
        python(include_str!("../starters/4_watermarks.py")),
        sql(include_str!("../starters/4_watermarks.sql")),
    ],
    [
        python(include_str!("../starters/5_join.py")),
        sql(include_str!("../starters/5_join.sql")),
    ],
    [
        python(include_str!("../starters/6_funnel.py")),
        sql(include_str!("../starters/6_funnel.sql")),
    ],
    [
        python(include_str!("../starters/7_top_k.py")),
        sql(include_str!("../starters/7_top_k.sql")),
    ],
    [
        python(include_str!("../starters/8_dead_letters.py")),
        sql(include_str!("../starters/8_dead_letters.sql")),
    ],
    [
        python(include_str!("../starters/9_ab_test.py")),
        sql(include_str!("../starters/9_ab_test.sql")),
    ],
    [
        python(include_str!("../starters/10_carts.py")),
        sql(include_str!("../starters/10_carts.sql")),
    ],
];

/// The files of the exercise of that number; none where there is no such exercise.
pub(crate) fn of(number: u8) -> Vec<Starter> {
    let own = usize::from(number).checked_sub(1).and_then(|place| OWN.get(place));
    let Some([python, sql]) = own else { return Vec::new() };
    let mut all = vec![*python, STREAM, *sql, RUN_SQL];
    if number == 7 {
        all.push(FLINK);
    }
    all
}

impl Starter {
    /// Its text for this student. Only SQL that can't read `task.json` by itself has the task's numbers written into it.
    pub(crate) fn text(self, lesson: &Lesson, folder: &str) -> String {
        if self == FLINK {
            lesson.task.fill(self.text).replace("{folder}", folder)
        } else {
            self.text.to_owned()
        }
    }
}

/// Writes the files that are not there yet: what a student has begun is never overwritten.
pub(crate) fn write(folder: &Path, lesson: &Lesson) -> io::Result<()> {
    let absolute = fs::canonicalize(folder)?;
    for starter in of(lesson.exercise.number) {
        let text = starter.text(lesson, &absolute.display().to_string());
        let made = fs::File::create_new(folder.join(starter.name));
        match made.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes())) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::exercises::{ALL, Student};
    use crate::grade::PRACTICE_KEY;
    use crate::grade::answer;
    use crate::grade::mark::{Mode, mark};

    fn student() -> Student {
        Student {
            key: PRACTICE_KEY.into(),
            id: "starter".into(),
        }
    }

    fn lesson(number: usize) -> Lesson {
        ALL[number - 1].lesson(&student()).unwrap()
    }

    fn given(lesson: &Lesson) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        crate::handout::write(folder.path(), lesson, &student()).unwrap();
        folder
    }

    /// A Python that has the module; `DE_SHOP_TEST_PYTHON` names another one than the first of the path.
    fn python_with(module: &str) -> Option<String> {
        let python = std::env::var("DE_SHOP_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let import = format!("import {module}");
        let found = Command::new(&python).args(["-c", &import]).output().ok()?;
        found.status.success().then_some(python)
    }

    /// Runs the program; its answer can be read, and it is neither right nor empty.
    fn runs_and_is_not_right_yet(python: &str, folder: &Path, program: &str, lesson: &Lesson) {
        let name = lesson.exercise.name;
        let ran = Command::new(python).arg(folder.join(program)).output().unwrap();
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let rows = answer::read(&folder.join("answer.csv"), lesson.exercise.columns);
        let rows = rows.unwrap_or_else(|error| panic!("{name}, {program}: {error}"));
        assert!(!rows.is_empty(), "{name}, {program}");
        let mark = mark(lesson, &rows, Mode::Practice);
        assert!(!mark.exact, "{name}, {program}: the starter is the solution");
        std::fs::remove_file(folder.join("answer.csv")).unwrap();
    }

    #[test]
    fn each_starter_runs_and_its_answer_can_be_marked_and_is_not_right_yet() {
        let Some(python) = python_with("csv") else {
            return crate::skipped("each_starter_runs", "there is no python3");
        };
        let duckdb = python_with("duckdb");
        for number in 1..=ALL.len() {
            let lesson = lesson(number);
            let folder = given(&lesson);
            runs_and_is_not_right_yet(&python, folder.path(), "starter.py", &lesson);
            if let Some(python) = &duckdb {
                runs_and_is_not_right_yet(python, folder.path(), "run_sql.py", &lesson);
            }
        }
    }

    #[test]
    fn each_starter_names_its_exercises_topics_and_columns() {
        for exercise in ALL {
            let [python, sql] = OWN[usize::from(exercise.number) - 1];
            for topic in schemas::Topic::ALL {
                let name = format!("\"exercise-{}.{}\"", exercise.number, topic.name());
                let is_read = exercise.topics.contains(&topic);
                assert_eq!(python.text.contains(&name), is_read, "{}: {name}", exercise.name);
            }
            let names: Vec<String> = exercise
                .columns
                .iter()
                .map(|column| format!("\"{}\"", column.name))
                .collect();
            let answer = format!("stream.answer([{}], rows)", names.join(", "));
            assert!(python.text.contains(&answer), "{}: {answer}", exercise.name);
            for column in exercise.columns {
                assert!(sql.text.contains(column.name), "{}: {}", exercise.name, column.name);
                assert!(exercise.number != 7 || FLINK.text.contains(column.name));
            }
        }
    }

    #[test]
    fn what_a_student_has_begun_is_never_overwritten() {
        let lesson = lesson(7);
        let folder = given(&lesson);
        let (mine, flink) = (
            folder.path().join("starter.py"),
            folder.path().join("starter.flink.sql"),
        );
        std::fs::write(&mine, "mine").unwrap();
        crate::handout::write(folder.path(), &lesson, &student()).unwrap();
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
        let flink = std::fs::read_to_string(flink).unwrap();
        assert!(!flink.contains('{'), "the task's numbers are filled in: {flink}");
        assert!(flink.contains(&format!("`rank` <= {}", lesson.task.k)), "{flink}");
    }
}
