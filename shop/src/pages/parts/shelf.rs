//! A row of products under a heading.

use maud::{Markup, html};

use super::super::Frame;
use super::tile::{List, Tile, grid};

/// What a shelf says and holds.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    /// Of the heading, unique on its page.
    pub id: &'static str,
    pub heading: &'a str,
    /// Why these.
    pub text: Option<&'a str>,
    /// Where there are more of them.
    pub more: Option<&'a str>,
    pub tiles: &'a [Tile<'a>],
}

/// Nothing when it is empty.
#[must_use]
pub fn shelf(frame: &Frame<'_>, shown: &Shelf<'_>) -> Markup {
    html! {
        @if !shown.tiles.is_empty() {
            section.shelf aria-labelledby=(shown.id) {
                div.section-head {
                    div {
                        h2 id=(shown.id) { (shown.heading) }
                        @if let Some(text) = shown.text { p.quiet-text { (text) } }
                    }
                    @if let Some(address) = shown.more { a href=(address) { (frame.words().browse.see_all) } }
                }
                (grid(frame, List::whole(shown.id), shown.tiles))
            }
        }
    }
}
