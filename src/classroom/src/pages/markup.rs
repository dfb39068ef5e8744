//! Plain data to markup.

use maud::{DOCTYPE, Markup, html};
use schemas::Topic;

use super::request::{LONGEST_ID, Request};
use super::words::PageWords;
use super::{plot, upload};
use crate::exercises::{ALL, Exercise, Lesson};
use crate::grade::compare::Comparison;
use crate::grade::mark::Mark;
use crate::prose::prose;
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
                        a.tool href={ (here) (request.query_in(words.other_code)) } lang=(words.other_code) { (words.other_language) }
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
                    a href={ "/classroom/" (exercise.number) (request.query()) } {
                        span.number { (exercise.number) }
                        span { (exercise.title.in_language(words.code)) }
                    }
                }
            }
        }
    }
}

/// A page that says one thing, and where to go on.
pub(super) fn message(request: &Request, text: &str) -> Markup {
    let content = html! { h1 { (text) } a href="/classroom" { (request.words.all) } };
    page(request, text, "/classroom", &content)
}

/// What came of a mark, where one was asked for.
pub(super) enum Outcome {
    Marked(Box<Mark>),
    Unmarked(String),
}

pub(super) fn exercise(request: &Request, lesson: &Lesson, outcome: Option<&Outcome>) -> Markup {
    let (words, exercise) = (request.words, lesson.exercise);
    let address = format!("/classroom/{}", exercise.number);
    let query = request.query();
    let title = exercise.title.in_language(words.code);
    let content = html! {
        p { a href={ "/classroom" (query) } { (words.all) } }
        h1 { (exercise.number) ". " (title) }
        p.lead { (prose(exercise.story.in_language(words.code))) }
        (whose(request, &address))
        @if let Some(outcome) = outcome { (mark(words, lesson, outcome)) }
        h2 { (words.task) }
        p { (prose(&lesson.task.fill(exercise.task.in_language(words.code)))) }
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
        p { (words.data_command) }
        pre { "de-shop exercise start " (exercise.number) " " (request.student_option()) " --kafka " (request.kafka()) }
        p.small { (prose(words.program)) }
        (shape(words, exercise))
        @for (number, hint) in exercise.hints.iter().enumerate() {
            details { summary { (words.hint) " " (number + 1) } p { (prose(hint.in_language(words.code))) } }
        }
        h2 #answer { (words.answer) }
        p { (words.answer_lead) }
        pre { "de-shop grade " (exercise.number) " answer.csv " (request.student_option()) }
        (forms(request, &address))
    };
    page(request, title, &address, &content)
}

fn shape(words: &PageWords, exercise: &Exercise) -> Markup {
    html! {
        h2 { (words.shape) }
        div.wide-table {
            table {
                tr { th scope="col" { (words.column) } th scope="col" { (words.holds) } th scope="col" { (words.key) } }
                @for column in exercise.columns {
                    tr { td { code { (column.name) } } td { (column.kind.in_language(words.code)) } td { @if column.key { "✓" } } }
                }
            }
        }
    }
}

/// Whose data it is, which changes all that follows.
fn whose(request: &Request, address: &str) -> Markup {
    let words = request.words;
    html! {
        form.whose method="get" action=(address) {
            input type="hidden" name="lang" value=(words.code);
            label for="whose" { (words.student) }
            input #whose name="student" value=(request.student) maxlength=(LONGEST_ID) required;
            button { (words.again) }
        }
    }
}

fn forms(request: &Request, address: &str) -> Markup {
    let words = request.words;
    let action = format!("{address}/file{}#mark", request.query());
    html! {
        form method="post" enctype="multipart/form-data" action=(action) {
            p { label for="text" { (words.text) } textarea #text name=(upload::TEXT) required spellcheck="false" {} }
            button.primary { (words.send) }
        }
        form method="post" enctype="multipart/form-data" action=(action) {
            p { label for="file" { (words.file) } input #file type="file" name=(upload::FILE) required accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.db,.sqlite,.sqlite3"; }
            button.primary { (words.send_file) }
        }
    }
}

fn mark(words: &PageWords, lesson: &Lesson, outcome: &Outcome) -> Markup {
    let exercise = lesson.exercise;
    let mark = match outcome {
        Outcome::Unmarked(reason) => {
            return html! { section.mark #mark role="status" { p.points { (words.unmarked) } p { (prose(reason)) } } };
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
                        (prose(if words.code == "ko" { mistake.says_ko } else { mistake.says_en }))
                    }
                    "."
                }
            }
            (differences(words, exercise, mark))
            h2 { (words.afterwards) }
            p { (prose(exercise.afterwards.in_language(words.code))) }
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
        (parts(words, comparison))
        p { ((words.differ)(comparison.differing_rows, &names.join(", "))) }
        div.wide-table {
            table.rows {
                tr { th scope="col" { (words.expected) } th scope="col" { (words.found) } }
                @for difference in &comparison.differences {
                    tr { td { (side(&difference.expected)) } td { (side(&difference.found)) } }
                }
            }
        }
    }
}

/// How much of each column is right: the points are made of that.
fn parts(words: &PageWords, comparison: &Comparison) -> Markup {
    let [keys, columns @ ..] = &comparison.parts[..] else {
        return html! {};
    };
    html! {
        div.wide-table {
            table {
                tr { th scope="col" { (words.column) } th.amount scope="col" { (words.right) } th.amount scope="col" { (words.of) } }
                tr { td { (words.keys) } td.amount { (keys.right) } td.amount { (keys.of) } }
                @for part in columns {
                    tr { td { code { (part.name) } } td.amount { (part.right) } td.amount { (part.of) } }
                }
            }
        }
    }
}
