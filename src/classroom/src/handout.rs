//! The folder that a student is given: the stream, the task with its own numbers, its text, programs to begin with. `task.json` says whose
//! it is, so that neither another exercise is written over it nor an answer marked by other data than it was made of.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::ClassroomError;
use crate::exercises::{Exercise, Lesson, Student, Task};
use crate::starters;

/// Whose data lie in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) exercise: u8,
    pub(crate) student: String,
    /// SHA-256 of the stream in hex: another teacher's key gives other data. Never the key.
    pub(crate) stream: String,
}

/// `task.json`.
#[derive(Debug, Serialize)]
pub(crate) struct TaskFile<'a> {
    #[serde(flatten)]
    owner: Owner,
    #[serde(flatten)]
    task: &'a Task,
}

impl<'a> TaskFile<'a> {
    pub(crate) fn new(lesson: &'a Lesson, student: &Student) -> Self {
        Self {
            owner: Owner::of(lesson, student),
            task: &lesson.task,
        }
    }
}

impl Owner {
    pub(crate) fn of(lesson: &Lesson, student: &Student) -> Self {
        let mut digest = Sha256::new();
        for message in &lesson.stream.messages {
            digest.update(&message.value);
            digest.update(b"\n");
        }
        Self {
            exercise: lesson.exercise.number,
            student: student.id.clone(),
            stream: hex::encode(digest.finalize()),
        }
    }

    /// What the folder's `task.json` says; none where there is no such file, or it is of an older version or somebody else's.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join("task.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Makes the folder; one with another exercise or another student's data is left as it is.
pub(crate) fn write(folder: &Path, lesson: &Lesson, student: &Student) -> Result<(), ClassroomError> {
    let (mine, there) = (Owner::of(lesson, student), Owner::read(folder));
    if let Some(there) = there.filter(|there| *there != mine) {
        let reason = format!(
            "{} has exercise {} of the student `{}`, with other data: name another folder, or delete it",
            folder.display(),
            there.exercise,
            there.student
        );
        let setting = "--out";
        return Err(ClassroomError::Setting { setting, reason });
    }
    write_files(folder, lesson, mine).map_err(|error| ClassroomError::file("--out", folder, error))
}

/// `stream.jsonl` has a message on each line, in the order in which they come.
fn write_files(folder: &Path, lesson: &Lesson, owner: Owner) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut lines = io::BufWriter::new(fs::File::create(folder.join("stream.jsonl"))?);
    for message in &lesson.stream.messages {
        lines.write_all(&message.value)?;
        lines.write_all(b"\n")?;
    }
    lines.flush()?;
    let task = TaskFile {
        owner,
        task: &lesson.task,
    };
    fs::write(folder.join("task.json"), serde_json::to_vec_pretty(&task)?)?;
    starters::write(folder, lesson)?;
    for language in ["ko", "en"] {
        let name = format!("TASK.{language}.md");
        fs::write(folder.join(name), task_text(lesson.exercise, lesson, language))?;
    }
    Ok(())
}

pub(crate) fn task_text(exercise: &Exercise, lesson: &Lesson, language: &str) -> String {
    let columns: Vec<String> = exercise
        .columns
        .iter()
        .map(|column| {
            format!(
                "- `{}`: {}{}",
                column.name,
                column.kind.words(),
                if column.key { " (key)" } else { "" }
            )
        })
        .collect();
    let topics: Vec<&str> = exercise.topics.iter().map(|topic| topic.name()).collect();
    format!(
        "# {}. {}\n\n{}\n\n{}\n\nTopics: {}\n\nAnswer (CSV, JSON lines or SQLite):\n{}\n",
        exercise.number,
        exercise.title.in_language(language),
        exercise.story.in_language(language),
        lesson.task.fill(exercise.task.in_language(language)),
        topics.join(", "),
        columns.join("\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::ALL;

    fn student(id: &str) -> Student {
        Student {
            key: "practice".to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn a_folder_is_made_again_for_its_student_and_left_alone_for_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let (kim, lee) = (student("kim"), student("lee"));
        let lesson = ALL[2].lesson(&kim).unwrap();
        write(folder.path(), &lesson, &kim).unwrap();
        fs::write(folder.path().join("starter.py"), "mine").unwrap();
        write(folder.path(), &lesson, &kim).unwrap();
        assert_eq!(fs::read(folder.path().join("starter.py")).unwrap(), b"mine");
        let before = fs::read(folder.path().join("stream.jsonl")).unwrap();
        for (other, whose) in [(ALL[4], &kim), (ALL[2], &lee)] {
            let refused = write(folder.path(), &other.lesson(whose).unwrap(), whose).unwrap_err();
            assert!(
                refused.to_string().contains("has exercise 3 of the student `kim`"),
                "{refused}"
            );
        }
        assert_eq!(fs::read(folder.path().join("stream.jsonl")).unwrap(), before);
    }

    #[test]
    fn the_task_says_whose_it_is_and_never_by_which_key() {
        let folder = tempfile::tempdir().unwrap();
        let kim = Student {
            key: "the teacher's own".to_owned(),
            id: "kim".to_owned(),
        };
        let lesson = ALL[0].lesson(&kim).unwrap();
        write(folder.path(), &lesson, &kim).unwrap();
        let owner = Owner::read(folder.path()).unwrap();
        assert_eq!((owner.exercise, owner.student.as_str()), (1, "kim"));
        let text = fs::read_to_string(folder.path().join("task.json")).unwrap();
        assert!(text.contains("left_out") && !text.contains("teacher"), "{text}");
    }
}
