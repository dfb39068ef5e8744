//! What surrounds every page.

use maud::{DOCTYPE, Markup, html};

use crate::figures::Analysis;
use crate::question::Question;

/// A page without filters: for errors and the door.
pub(super) fn bare(title: &str, content: &Markup) -> Markup {
    whole(title, None, &html! {}, &html! { h1 { (title) } (content) })
}

/// A page that comes again by itself.
pub(super) fn waiting(title: &str, content: &Markup) -> Markup {
    whole(
        title,
        None,
        &html! { meta http-equiv="refresh" content="2"; },
        &html! { h1 { (title) } (content) },
    )
}

/// A page with the ways to all others; their addresses keep the filters.
pub(super) fn page(title: &str, here: &str, question: &Question, content: &Markup) -> Markup {
    whole(title, Some((here, question)), &html! {}, content)
}

fn whole(title: &str, here: Option<(&str, &Question)>, head: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Insights" }
                link rel="stylesheet" href="/insights/style.css";
                (head)
            }
            body {
                a.skip href="#main" { "To the content" }
                header.top {
                    a.brand href="/insights" { "Insights" }
                    @if let Some((here, question)) = here { (navigation(here, question)) }
                }
                main #main tabindex="-1" { (content) }
            }
        }
    }
}

fn navigation(here: &str, question: &Question) -> Markup {
    let link = |name: &str, title: &str| {
        let path = if name == "overview" {
            "/insights".to_owned()
        } else {
            format!("/insights/{name}")
        };
        html! { a href=(question.address(&path, &[])) aria-current=[(name == here).then_some("page")] { (title) } }
    };
    html! {
        nav aria-label="Analyses" {
            @for analysis in Analysis::ALL { (link(analysis.name(), analysis.title())) }
            (link("visit", "One visit"))
            (link("ask", "Ask"))
        }
    }
}
