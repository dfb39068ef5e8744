//! What a search found.

use maud::{Markup, html};

use super::parts::pager::{Pager, pager};
use super::parts::tile::{Tile, grid};
use super::{Frame, layout};
use crate::domain::Category;

pub struct SearchPage<'a> {
    /// As typed, trimmed; empty when nothing was asked yet.
    pub query: &'a str,
    pub categories: &'a [Category],
    pub page: u32,
    pub pages: u32,
    pub total: usize,
    pub tiles: Vec<Tile<'a>>,
    /// The link to a page of the results.
    pub address: &'a dyn Fn(u32) -> String,
}

#[must_use]
pub fn search(frame: &Frame<'_>, shown: &SearchPage<'_>) -> Markup {
    let words = frame.words();
    let heading = if shown.query.is_empty() {
        words.frame.search.to_owned()
    } else if shown.total == 0 {
        (words.browse.nothing_found)(shown.query)
    } else {
        (words.browse.results_for)(shown.query)
    };
    let content = html! {
        h1 { (heading) }
        @if shown.query.is_empty() {
            p.lead { (words.browse.search_empty) }
        } @else if shown.total == 0 {
            p.lead { (words.browse.nothing_found_hint) }
        } @else {
            p.quiet-text { ((words.browse.found)(shown.total)) }
            (grid(frame, &shown.tiles))
            (pager(frame, &Pager { page: shown.page, pages: shown.pages, address: shown.address }))
        }
        @if shown.total == 0 {
            nav.chips.wrap aria-label=(words.frame.categories) {
                @for category in shown.categories {
                    a.chip href={ "/products/?category=" (category.id) } { (category.name.text(frame.language)) }
                }
            }
        }
    };
    layout::page(frame, &heading, &content)
}
