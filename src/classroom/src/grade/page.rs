//! The marks of a folder as one page that needs nothing beside it: what the hand-ins are, and each of them.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::mark::{Mark, Marked, Mode, Named};
use crate::exercises::{Exercise, Words};
use crate::prose::prose;

/// The shop's colours and letters, so that it looks as the classroom does.
const STYLE: &str = include_str!("page.css");

/// The page's own words.
struct PageWords {
    title: Words,
    hand_ins: Words,
    what: Words,
    exact: Words,
    unknown: Words,
    unread: Words,
    student: Words,
    points: Words,
    found: Words,
    and: Words,
    or: Words,
    expected: Words,
    given: Words,
    no_row: Words,
    kept: Words,
}

const WORDS: PageWords = PageWords {
    title: Words {
        ko: "채점 결과",
        en: "Marks",
    },
    hand_ins: Words {
        ko: "제출한 답",
        en: "Hand-ins",
    },
    what: Words {
        ko: "제출한 답은 무엇인가요",
        en: "What the hand-ins are",
    },
    exact: Words {
        ko: "정확함",
        en: "exact",
    },
    unknown: Words {
        ko: "틀렸지만 알려진 실수는 아님",
        en: "wrong, and none of the well-known mistakes",
    },
    unread: Words {
        ko: "읽지 못함",
        en: "could not be read",
    },
    student: Words {
        ko: "학생",
        en: "Student",
    },
    points: Words {
        ko: "점수",
        en: "Points",
    },
    found: Words {
        ko: "결과",
        en: "What came of it",
    },
    and: Words {
        ko: "그리고 동시에",
        en: "and at the same time",
    },
    or: Words { ko: "또는", en: "or" },
    expected: Words {
        ko: "정답",
        en: "Expected",
    },
    given: Words {
        ko: "제출한 답",
        en: "Handed in",
    },
    no_row: Words {
        ko: "그런 행이 없음",
        en: "no such row",
    },
    kept: Words {
        ko: "100점은 모든 행이 맞는 답에만 있어요.",
        en: "Only an answer whose every row is right has 100 points.",
    },
};

fn hand_ins(language: &str, count: usize) -> String {
    match (language, count) {
        ("ko", count) => format!("답 {count}개를 제출했어요."),
        (_, 1) => "1 hand-in.".to_owned(),
        (_, count) => format!("{count} hand-ins."),
    }
}

fn differ(language: &str, rows: usize) -> String {
    match (language, rows) {
        ("ko", rows) => format!("행 {rows}개가 달라요"),
        (_, 1) => "1 row differs".to_owned(),
        (_, rows) => format!("{rows} rows differ"),
    }
}

pub(super) fn of(exercise: &Exercise, mode: Mode, language: &str, all: &[Marked]) -> Markup {
    let say = |words: Words| words.in_language(language);
    let title = format!("{}. {}", exercise.number, exercise.title.in_language(language));
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (say(WORDS.title)) " · " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (say(WORDS.title)) ": " (title) }
                    p.lead { (hand_ins(language, all.len())) " " (say(WORDS.kept)) }
                    h2 { (say(WORDS.what)) }
                    (kinds(language, all))
                    h2 { (say(WORDS.hand_ins)) }
                    div.wide {
                        table {
                            thead { tr { th scope="col" { (say(WORDS.student)) } th.number scope="col" { (say(WORDS.points)) } th scope="col" { (say(WORDS.found)) } } }
                            tbody { @for marked in all { (row(exercise, mode, language, marked)) } }
                        }
                    }
                }
            }
        }
    }
}

/// How many hand-ins are exact, how many are which mistake: the most frequent one first.
fn kinds(language: &str, all: &[Marked]) -> Markup {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for marked in all {
        *counts.entry(kind(language, marked)).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = counts.first().map_or(1, |(_, count)| *count);
    html! {
        div.wide {
            table {
                tbody {
                    @for (kind, count) in &counts {
                        tr {
                            th scope="row" { (prose(kind)) }
                            td.number { (count) }
                            td.bar { svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" { rect width=(count * 100 / most) height="10" rx="1" {} } }
                        }
                    }
                }
            }
        }
    }
}

fn kind(language: &str, marked: &Marked) -> String {
    match &marked.mark {
        Err(_) => WORDS.unread.in_language(language).to_owned(),
        Ok(mark) if mark.exact => WORDS.exact.in_language(language).to_owned(),
        Ok(mark) if mark.mistakes.is_empty() => WORDS.unknown.in_language(language).to_owned(),
        Ok(mark) => mistakes(language, mark),
    }
}

fn mistakes(language: &str, mark: &Mark) -> String {
    let says = |one: &Named| if language == "ko" { one.says_ko } else { one.says_en };
    let both = |all: &Vec<Named>| {
        let between = format!(" {} ", WORDS.and.in_language(language));
        all.iter().map(says).collect::<Vec<_>>().join(&between)
    };
    let between = format!("; {} ", WORDS.or.in_language(language));
    mark.mistakes.iter().map(both).collect::<Vec<_>>().join(&between)
}

fn row(exercise: &Exercise, mode: Mode, language: &str, marked: &Marked) -> Markup {
    let (points, class) = match &marked.mark {
        Ok(mark) if mark.exact => (mark.points, "good"),
        Ok(mark) => (mark.points, "bad"),
        Err(_) => (0, "unread"),
    };
    html! {
        tr class=(class) {
            th scope="row" { span.student { (marked.student) } }
            td.number { (points) }
            td {
                @match &marked.mark {
                    Err(problem) => { (WORDS.unread.in_language(language)) ": " (prose(&problem.on_page)) },
                    Ok(mark) => {
                        (prose(&kind(language, marked)))
                        @if mode != Mode::HandIn { (differences(exercise, language, mark)) }
                    },
                }
            }
        }
    }
}

fn differences(exercise: &Exercise, language: &str, mark: &Mark) -> Markup {
    let Some(comparison) = mark.comparison.as_ref().filter(|comparison| !comparison.exact) else {
        return html! {};
    };
    let no_row = WORDS.no_row.in_language(language);
    let side = |row: &Option<Vec<String>>| row.as_ref().map_or(no_row.to_owned(), |row| row.join(", "));
    let names: Vec<_> = exercise.columns.iter().map(|column| column.name).collect();
    html! {
        details {
            summary { (differ(language, comparison.differing_rows)) " (" (names.join(", ")) ")" }
            table {
                thead { tr { th scope="col" { (WORDS.expected.in_language(language)) } th scope="col" { (WORDS.given.in_language(language)) } } }
                tbody { @for difference in &comparison.differences { tr { td { (side(&difference.expected)) } td { (side(&difference.found)) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::{ALL, Mistakes, Student};
    use crate::grade::mark::mark;

    fn marks(mode: Mode) -> Vec<Marked> {
        let student = Student {
            key: "key".into(),
            id: "kim".into(),
        };
        let lesson = ALL[2].lesson(&student).unwrap();
        let marked = |id: &str, mark: Result<Mark, String>| Marked {
            student: id.to_owned(),
            mark: mark.map_err(Into::into),
        };
        vec![
            marked("kim", Ok(mark(&lesson, &lesson.truth(), mode))),
            marked("lee", Ok(mark(&lesson, &lesson.with(Mistakes::NONE.with(0)), mode))),
            marked("<script>", Err("the answer is <b>empty</b>".to_owned())),
        ]
    }

    #[test]
    fn the_page_tells_of_each_hand_in_and_needs_nothing_beside_it() {
        for (language, exact) in [("en", "exact"), ("ko", "정확함")] {
            let said = of(ALL[2], Mode::HandIn, language, &marks(Mode::HandIn)).into_string();
            for text in ["kim", "lee", exact, ALL[2].title.in_language(language)] {
                assert!(said.contains(text), "{text}");
            }
            let mistake = ALL[2].misconceptions[0].says.in_language(language);
            assert_eq!(said.matches(mistake).count(), 2, "once counted, once as the hand-in's");
            assert!(
                !said.contains("<script") && !said.contains("<b>"),
                "what students wrote is escaped"
            );
            for elsewhere in ["src=", "href=", "url(", "@import"] {
                assert!(!said.contains(elsewhere), "{elsewhere}");
            }
        }
    }

    #[test]
    fn one_is_said_otherwise_than_many() {
        let said = |count: usize| of(ALL[2], Mode::Teacher, "en", &marks(Mode::Teacher)[..count]).into_string();
        assert!(said(1).contains("1 hand-in.") && said(3).contains("3 hand-ins."));
        assert_eq!(
            [1, 2].map(|rows| differ("en", rows)),
            ["1 row differs", "2 rows differ"]
        );
    }

    #[test]
    fn rows_stand_on_it_only_where_the_mode_shows_rows() {
        let rows = |mode| {
            of(ALL[2], mode, "en", &marks(mode))
                .into_string()
                .contains("rows differ")
        };
        assert!(!rows(Mode::HandIn) && rows(Mode::Teacher));
    }
}
