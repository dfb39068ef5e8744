//! What is recorded, in plain words; the choice; and what was recorded of this visit.

use maud::{Markup, html};

use super::{Frame, Words, layout};
use crate::domain::Consent;

pub struct PrivacyPage {
    /// What holds for this visit.
    pub consent: Consent,
    /// The browser has decided, by Global Privacy Control.
    pub privacy_control: bool,
    /// It was just changed.
    pub saved: bool,
    /// The newest first.
    pub recorded: Vec<Record>,
}

/// An event as it was recorded.
pub struct Record {
    /// In the shopper's words, such as `12:30:05`.
    pub at: String,
    pub event_type: &'static str,
    pub topic: &'static str,
    pub json: String,
}

#[must_use]
pub fn privacy(frame: &Frame<'_>, shown: &PrivacyPage) -> Markup {
    let words = frame.words();
    let privacy = &words.privacy;
    let content = html! {
        article.text {
            h1 { (privacy.title) }
            p.lead { (privacy.lead) }
            (choice(words, shown))
            @for section in privacy.sections {
                h2 { (section.heading) }
                @for paragraph in section.text { p { (paragraph) } }
            }
            (recorded(words, shown))
        }
    };
    layout::page(frame, privacy.title, &content)
}

fn choice(words: &Words, shown: &PrivacyPage) -> Markup {
    let choice = &words.privacy.choice;
    let option = |consent: Consent, name: &str, text: &str| {
        html! {
            label.choice {
                input type="radio" name="consent" value=(consent.code()) checked[shown.consent == consent];
                span { (name) span.choice-text { (text) } }
            }
        }
    };
    html! {
        form.card action="/privacy" method="post" {
            @if shown.saved { p.notice role="status" { (choice.saved) } }
            fieldset {
                legend { (choice.title) }
                @if shown.privacy_control { p { (choice.privacy_control) } }
                (option(Consent::Everything, choice.everything, choice.everything_text))
                (option(Consent::Necessary, choice.necessary, choice.necessary_text))
            }
            button.primary type="submit" { (choice.save) }
        }
    }
}

fn recorded(words: &Words, shown: &PrivacyPage) -> Markup {
    let recorded = &words.privacy.recorded;
    html! {
        section.recorded aria-labelledby="recorded" {
            div.section-head { h2 #recorded { (recorded.title) } a href="/privacy#recorded" { (recorded.again) } }
            @if shown.recorded.is_empty() {
                p { (recorded.nothing) }
            } @else {
                p.quiet-text { (recorded.text) }
                ol.records {
                    @for record in &shown.recorded {
                        li {
                            details {
                                summary { time datetime=(record.at) { (record.at) } " " b { (record.event_type) } " " code { (record.topic) } }
                                pre tabindex="0" { (record.json) }
                            }
                        }
                    }
                }
            }
        }
    }
}
