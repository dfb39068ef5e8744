//! Why an answer has no mark, in the language of the page that says it.

use super::answer::{AnswerError, LARGEST, MOST_ROWS};
use crate::exercises::table::Column;

/// The error in `ko` or `en`; what a parser or a database says is as it says it.
pub(crate) fn of_answer(error: &AnswerError, columns: &[Column], language: &str) -> String {
    if language == "ko" {
        in_korean(error, columns)
    } else {
        error.to_string()
    }
}

fn in_korean(error: &AnswerError, columns: &[Column]) -> String {
    match error {
        AnswerError::Read(error) => format!("답을 읽을 수 없어요: {error}"),
        AnswerError::Large(bytes) => format!("답이 {bytes}바이트예요. {LARGEST}바이트까지만 읽어요."),
        AnswerError::Long => {
            format!("답의 행이 {MOST_ROWS}개보다 많아서 읽지 않았어요. 올바른 답은 많아야 만 행쯤이에요.")
        }
        AnswerError::Empty(names) => {
            format!("답이 비어 있어요. 첫 줄에 열 이름 `{names}`, 그 아래에는 행마다 한 줄씩 있어야 해요.")
        }
        AnswerError::NotText(byte) => {
            format!("답이 UTF-8 글자가 아니에요(바이트 {byte}). CSV를 UTF-8로 저장해 주세요.")
        }
        AnswerError::Column {
            missing,
            expected,
            found,
        } => format!("`{missing}` 열이 없어요. 필요한 열: `{expected}`. 답에 있는 열: `{found}`."),
        AnswerError::Twice(column) => format!("`{column}` 열이 두 번 있어요. 어느 것을 쓸까요?"),
        AnswerError::Cell {
            row,
            column,
            expected,
            found,
        } => {
            let kind = columns.iter().find(|one| one.name == *column).map(|one| one.kind);
            let expected = kind.map_or(*expected, |kind| kind.in_language("ko"));
            let found = if found.is_empty() {
                "빈칸".to_owned()
            } else {
                format!("`{found}`")
            };
            format!("{row}행 `{column}` 열에 필요한 값: {expected}. 답에 있는 값: {found}.")
        }
        AnswerError::Row { row, reason } => format!("{row}행을 읽을 수 없어요: {reason}"),
        AnswerError::Database(reason) => format!("데이터베이스에서 읽을 수 없어요: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::table::Kind;

    const COLUMNS: [Column; 2] = [
        Column::key("hour", Kind::Moment),
        Column::value("events", Kind::Integer),
    ];

    fn cell(found: &str) -> AnswerError {
        AnswerError::Cell {
            row: 3,
            column: "events",
            expected: Kind::Integer.words(),
            found: found.to_owned(),
        }
    }

    #[test]
    fn each_error_of_an_answer_is_said_in_both_languages_with_what_it_is_about() {
        let cases = [
            (AnswerError::Read(std::io::Error::other("broken")), "broken"),
            (AnswerError::Large(99), "99"),
            (AnswerError::Long, "1048576"),
            (AnswerError::Empty("hour,events".into()), "hour,events"),
            (AnswerError::NotText(7), "7"),
            (
                AnswerError::Column {
                    missing: "hour",
                    expected: "hour,events".into(),
                    found: "시간,events".into(),
                },
                "시간,events",
            ),
            (AnswerError::Twice("hour"), "`hour`"),
            (cell("three"), "`three`"),
            (
                AnswerError::Row {
                    row: 4,
                    reason: "it is no JSON object".into(),
                },
                "4",
            ),
            (AnswerError::Database("no table".into()), "no table"),
        ];
        for (error, about) in cases {
            let (ko, en) = (of_answer(&error, &COLUMNS, "ko"), of_answer(&error, &COLUMNS, "en"));
            assert!(ko.contains(about) && ko.contains('요'), "{ko}");
            assert!(!en.contains('요') && en != ko, "{en}");
        }
        assert!(of_answer(&cell("three"), &COLUMNS, "ko").contains("정수"));
        assert!(
            of_answer(&cell(""), &COLUMNS, "ko").contains("빈칸"),
            "an empty cell is called so"
        );
    }
}
