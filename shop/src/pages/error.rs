//! What a shopper sees when it can't be done: what happened, what to do, and the number to name.

use maud::{Markup, html};

use super::{Frame, Words, layout};

/// The kinds of failure that a shopper can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    NotFound,
    NoSuchProduct,
    NoLongerSold,
    Forbidden,
    WrongMethod,
    TooLarge,
    TooMany,
    BadRequest,
    Busy,
    Broken,
}

impl Failure {
    const fn words(self, words: &Words) -> (&'static str, &'static str) {
        let said = &words.problems;
        match self {
            Self::NotFound => (said.not_found_title, said.not_found),
            Self::NoSuchProduct => (said.not_found_title, said.product_gone),
            Self::NoLongerSold => (said.gone_title, said.gone),
            Self::TooMany => (said.too_many_requests_title, said.too_many_requests),
            Self::Forbidden => (said.forbidden_title, said.forbidden),
            Self::WrongMethod => (said.method_title, said.method),
            Self::TooLarge => (said.too_large_title, said.too_large),
            Self::BadRequest => (said.bad_request_title, said.bad_request),
            Self::Busy => (said.busy_title, said.busy),
            Self::Broken => (said.broken_title, said.broken),
        }
    }
}

#[must_use]
pub fn error(frame: &Frame<'_>, failure: Failure, request_id: &str) -> Markup {
    let words = frame.words();
    let (title, text) = failure.words(words);
    let content = html! {
        div.empty {
            h1 { (title) }
            p.lead { (text) }
            a.button.primary href="/" { (words.problems.home) }
            p.small.reference { (words.problems.reference) " " code { (request_id) } }
        }
    };
    layout::page(frame, title, &content)
}
