//! Plain data to markup.

use maud::{DOCTYPE, Markup, html};
use schemas::Topic;

use super::words::PageWords;
use super::{Request, plot, upload};
use crate::exercises::{ALL, Exercise, Lesson};
use crate::grade::mark::Mark;
use crate::starters;

fn page(request: &Request, title: &str, here: &str, content: &Markup) -> Markup {
    let words = request.words;
    html! {
        (DOCTYPE)
        html lang=(words.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (words.title) " · DE Shop" }
                link rel="stylesheet" href=(request.style);
                link rel="stylesheet" href="/classroom/style.css";
            }
            body.classroom {
                a.skip href="#main" { (words.skip) }
                header.head {
                    div.head-inner {
                        a.brand href={ "/classroom?lang=" (words.code) } { (words.title) }
                        a.tool href="/" { (words.shop) }
                        a.tool href={ (here) "?lang=" (words.other_code) "&student=" (request.student) } lang=(words.other_code) { (words.other_language) }
                    }
                }
                main #main tabindex="-1" { (content) }
            }
        }
    }
}

/// All exercises; those on a topic before them, where one is asked for.
pub(super) fn list(request: &Request, topic: Option<Topic>) -> Markup {
    let words = request.words;
    let content = html! {
        h1 { (words.title) }
        p.lead { (words.lead) }
        @if let Some(topic) = topic {
            @let about: Vec<_> = ALL.into_iter().filter(|exercise| exercise.topics.contains(&topic)).collect();
            h2 { (words.about_topic) " " a href={ "/data/topics/" (topic.name()) } { code { (topic.name()) } } }
            @if about.is_empty() { p { (words.none_about_topic) } }
            @else { (links(request, &about)) }
            h2 { (words.all) }
        }
        (links(request, &ALL))
    };
    page(request, words.title, "/classroom", &content)
}

fn links(request: &Request, exercises: &[&Exercise]) -> Markup {
    let words = request.words;
    html! {
        ol.lessons {
            @for exercise in exercises {
                li {
                    a href={ "/classroom/" (exercise.number) "?lang=" (words.code) "&student=" (request.student) } {
                        span.number { (exercise.number) }
                        span { (exercise.title.in_language(words.code)) }
                    }
                }
            }
        }
    }
}

pub(super) fn missing(request: &Request) -> Markup {
    page(
        request,
        request.words.missing,
        "/classroom",
        &html! { h1 { (request.words.missing) } a href="/classroom" { (request.words.all) } },
    )
}

/// What came of a mark, where one was asked for.
pub(super) enum Outcome {
    Marked(Box<Mark>),
    Unmarked(String),
}

pub(super) fn exercise(request: &Request, lesson: &Lesson, outcome: Option<&Outcome>) -> Markup {
    let (words, exercise) = (request.words, lesson.exercise);
    let address = format!("/classroom/{}", exercise.number);
    let query = format!("?lang={}&student={}", words.code, request.student);
    let title = exercise.title.in_language(words.code);
    let content = html! {
        p { a href={ "/classroom" (query) } { (words.all) } }
        h1 { (exercise.number) ". " (title) }
        p.lead { (exercise.story.in_language(words.code)) }
        @if let Some(outcome) = outcome { (mark(words, lesson, outcome)) }
        h2 { (words.task) }
        p { (lesson.task.fill(exercise.task.in_language(words.code))) }
        h2 { (words.data) }
        p { (words.data_lead) }
        p {
            (words.topics) ": "
            @for (place, topic) in exercise.topics.iter().enumerate() {
                @if place > 0 { ", " }
                a href={ "/data/topics/" (topic.name()) } { (topic.name()) }
            }
        }
        p { a href={ (address) "/stream.jsonl" (query) } download { (words.stream) } }
        p { a href={ (address) "/task.json" (query) } download { (words.parameters) } }
        p {
            (words.starters) ": "
            @for (place, starter) in starters::of(exercise.number).iter().enumerate() {
                @if place > 0 { ", " }
                a href={ (address) "/starter/" (starter.name) (query) } download=(starter.name) { code { (starter.name) } }
            }
        }
        pre { "de-shop exercise start " (exercise.number) " --student " (request.student) " --kafka 127.0.0.1:9092" }
        (shape(words, exercise))
        @for (number, hint) in exercise.hints.iter().enumerate() {
            details { summary { (words.hint) " " (number + 1) } p { (hint.in_language(words.code)) } }
        }
        h2 #answer { (words.answer) }
        p { (words.answer_lead) }
        pre { "de-shop grade " (exercise.number) " answer.csv --student " (request.student) }
        (form(request, &address))
    };
    page(request, title, &address, &content)
}

fn shape(words: &PageWords, exercise: &Exercise) -> Markup {
    html! {
        h2 { (words.shape) }
        div.wide-table {
            table {
                tr { th { (words.column) } th { (words.holds) } th { (words.key) } }
                @for column in exercise.columns {
                    tr { td { code { (column.name) } } td { (column.kind.in_language(words.code)) } td { @if column.key { "✓" } } }
                }
            }
        }
    }
}

fn form(request: &Request, address: &str) -> Markup {
    let words = request.words;
    html! {
        form method="get" action=(address) {
            input type="hidden" name="lang" value=(words.code);
            p { label for="whose" { (words.student) } " " input #whose name="student" value=(request.student) maxlength="64" required; " " button { (words.again) } }
        }
        form method="post" action={ (address) "?lang=" (words.code) "&student=" (request.student) "#mark" } {
            p { label for="text" { (words.answer) } textarea #text name="answer" required spellcheck="false" {} }
            button.primary { (words.send) }
        }
        form method="post" enctype="multipart/form-data" action={ (address) "/file?lang=" (words.code) "&student=" (request.student) "#mark" } {
            p { label for="file" { (words.file) } " " input #file type="file" name=(upload::FIELD) required accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.db,.sqlite,.sqlite3"; }
            button.primary { (words.send_file) }
        }
    }
}

fn mark(words: &PageWords, lesson: &Lesson, outcome: &Outcome) -> Markup {
    let exercise = lesson.exercise;
    let mark = match outcome {
        Outcome::Unmarked(reason) => {
            return html! { section.mark #mark role="status" { p.points { (words.unmarked) } p { (reason) } } };
        }
        Outcome::Marked(mark) => mark,
    };
    html! {
        section.mark.exact[mark.exact] #mark role="status" {
            p.points { (mark.points) " / 100 " (words.points) }
            @if mark.exact { p { (words.exact) } }
            @for (place, mistakes) in mark.mistakes.iter().enumerate() {
                p {
                    (if place == 0 { words.yours_is } else { words.or }) " "
                    @for (place, mistake) in mistakes.iter().enumerate() {
                        @if place > 0 { " " (words.and) " " }
                        (if words.code == "ko" { mistake.says_ko } else { mistake.says_en })
                    }
                    "."
                }
            }
            (differences(words, exercise, mark))
            h2 { (words.afterwards) }
            p { (exercise.afterwards.in_language(words.code)) }
            (plot::figure(words, &exercise.picture, &(exercise.picture.bars)(&lesson.truth())))
        }
    }
}

fn differences(words: &PageWords, exercise: &Exercise, mark: &Mark) -> Markup {
    let Some(comparison) = mark.comparison.as_ref().filter(|comparison| !comparison.exact) else {
        return html! {};
    };
    let side = |row: &Option<Vec<String>>| row.as_ref().map_or(words.no_row.to_owned(), |row| row.join(", "));
    let names: Vec<_> = exercise.columns.iter().map(|column| column.name).collect();
    html! {
        p { (comparison.differing_rows) " " (words.differ) " (" (names.join(", ")) ")" }
        div.wide-table {
            table {
                tr { th { (words.expected) } th { (words.found) } }
                @for difference in &comparison.differences {
                    tr { td { (side(&difference.expected)) } td { (side(&difference.found)) } }
                }
            }
        }
    }
}
