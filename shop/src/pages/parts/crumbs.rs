//! The way from the front page to here.

use maud::{Markup, html};

use super::super::Frame;

/// A step of the way; the last one is this page.
#[derive(Debug, Clone, Copy)]
pub struct Crumb<'a> {
    pub name: &'a str,
    pub address: &'a str,
}

#[must_use]
pub fn crumbs(frame: &Frame<'_>, trail: &[Crumb<'_>]) -> Markup {
    let finding = &frame.words().finding;
    let last = trail.len().saturating_sub(1);
    html! {
        nav.crumbs aria-label=(finding.breadcrumbs) {
            ol {
                li { a href="/" { (finding.home) } }
                @for (at, crumb) in trail.iter().enumerate() {
                    li {
                        @if at == last { span aria-current="page" { (crumb.name) } } @else { a href=(crumb.address) { (crumb.name) } }
                    }
                }
            }
        }
    }
}
