//! The drawer "What did I just emit?": a tab on every page, which the script makes open; without it, a link to the same list.
//!
//! Panel and line stand in templates, so that the script knows no words and a page that nobody opens it on costs next to nothing.

use std::sync::LazyLock;

use maud::{Markup, PreEscaped, html};
use schemas::Topic;

use super::Words;
use super::assets::Asset;
use super::parts::icon::icon;
use super::words::Appearance;
use crate::domain::Language;

/// The same on every page: made once for each language.
static DRAWERS: LazyLock<[String; 2]> =
    LazyLock::new(|| Language::ALL.map(|language| drawer(Words::of(language).appearance).into_string()));

const DOTS: &str = r#"<path d="M4 8h10M4 16h6"/><circle cx="19" cy="8" r="1.5"/><circle cx="15" cy="16" r="1.5"/>"#;

/// The topics on which a visitor's own events are.
const OF_VISITORS: [Topic; 9] = [
    Topic::View,
    Topic::Search,
    Topic::Cart,
    Topic::Order,
    Topic::Account,
    Topic::Dwell,
    Topic::Click,
    Topic::Exposure,
    Topic::Request,
];

/// The drawer of a page in this language.
pub(super) fn of(language: Language) -> PreEscaped<&'static str> {
    PreEscaped(DRAWERS[language as usize].as_str())
}

fn drawer(words: &Appearance) -> Markup {
    html! {
        aside.emitted aria-label=(words.drawer) data-script=(Asset::Drawer.address()) data-emitted="/api/my-events" data-fresh=(words.fresh)
            data-done=(words.steps.done) data-waiting=(words.steps.waiting) data-unknown=(words.steps.unknown)
            data-none=(words.steps.none) data-on-its-way=(words.on_its_way) data-page=(words.page) {
            a.emitted-tab href="/privacy#recorded" { (icon(DOTS)) span.emitted-name { (words.drawer) } }
            template { (panel(words)) (request()) (line(words)) }
        }
    }
}

fn panel(words: &Appearance) -> Markup {
    html! {
        section #emitted aria-labelledby="emitted-title" tabindex="-1" {
            div.section-head {
                h2 #emitted-title { (words.drawer) }
                button.quiet type="button" { (words.close) }
            }
            p.small { (words.legend) }
            div.emitted-filters {
                label { input type="checkbox" name="requests"; (words.with_requests) }
                label { input type="checkbox" name="pause"; (words.pause) }
                select name="topic" aria-label=(words.only) {
                    option value="" { (words.all_topics) }
                    @for topic in OF_VISITORS { option { (topic.name()) } }
                }
            }
            p.emitted-away.note hidden { (words.away) }
            p.emitted-nothing { (words.nothing) }
            ol.records data-private {}
            p.unseen role="status" {}
        }
    }
}

/// A request, and room for what it led to.
fn request() -> Markup {
    html! {
        li.request {
            details open { summary { code {} " " span.quiet-text {} } ol.records {} }
        }
    }
}

fn line(words: &Appearance) -> Markup {
    let steps = &words.steps;
    html! {
        li.event {
            details {
                summary {
                    span.at {} " " span.said {} " " b {} " " code {} " "
                    span.steps role="img" {
                        span title=(steps.journal) data-step="journal" {}
                        span title=(steps.topic) data-step="topic" {}
                        span title=(steps.file) data-step="file" {}
                        span title=(steps.row) data-step="row" {}
                    }
                }
                p.hops {}
                pre tabindex="0" {}
                pre.message tabindex="0" {}
                pre.locators tabindex="0" {}
                p.links { a data-where { (words.life) } a data-topic { (words.topic) } a data-schema { (words.schema) } }
            }
        }
    }
}
