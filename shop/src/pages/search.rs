//! What a search found: what was understood, the products, and a way on when there are none.

use maud::{Markup, html};
use schemas::EventId;

use super::Frame;
use super::layout::{self, Head};
use super::parts::narrow::{Spot, choices, chosen, encoded, sheet_button, sorting};
use super::parts::pager::{Pager, pager};
use super::parts::shelf::{Shelf, shelf};
use super::parts::tile::{List, Tile, marked_grid};
use crate::domain::{Category, Facets, Marks};

pub struct SearchPage<'a> {
    /// Its query is as typed, trimmed; empty when nothing was asked yet.
    pub spot: Spot<'a>,
    pub understood: Understood<'a>,
    pub categories: &'a [Category],
    pub category: Option<&'a Category>,
    pub facets: &'a Facets,
    pub pages: u32,
    pub total: usize,
    pub tiles: Vec<Tile<'a>>,
    /// What the search is called in events; none when nothing was asked.
    pub search_id: Option<EventId>,
    /// What is popular, for who found nothing.
    pub popular: Vec<Tile<'a>>,
}

/// How the query was taken.
#[derive(Debug, Clone, Copy)]
pub struct Understood<'a> {
    pub every_word: bool,
    pub mended: Option<&'a str>,
    pub rather: Option<&'a str>,
    pub marks: &'a Marks,
}

#[must_use]
pub fn search(frame: &Frame<'_>, shown: &SearchPage<'_>) -> Markup {
    let words = frame.words();
    let query = shown.spot.query.unwrap_or_default();
    let anything = shown.facets.all > 0;
    let heading = if query.is_empty() {
        words.frame.search.to_owned()
    } else if anything {
        (words.browse.results_for)(query)
    } else {
        (words.browse.nothing_found)(query)
    };
    let content = html! {
        h1 { (heading) }
        @if query.is_empty() {
            p.lead { (words.browse.search_empty) }
        } @else if !anything {
            p.lead { (words.browse.nothing_found_hint) }
        } @else {
            (understood(frame, query, &shown.understood))
            (found(frame, shown))
        }
        @if !anything {
            (categories(frame, shown.categories))
            (shelf(frame, &Shelf { id: "popular", heading: words.finding.try_these, text: None, more: None, tiles: &shown.popular }))
        }
    };
    let head = Head {
        title: &heading,
        description: words.finding.search_description,
        canonical: "/search",
        hidden: true,
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}

fn understood(frame: &Frame<'_>, query: &str, understood: &Understood<'_>) -> Markup {
    let finding = &frame.words().finding;
    html! {
        @if let Some(mended) = understood.mended {
            p.lead { ((finding.instead_of)(query, mended)) }
        }
        @if !understood.every_word { p.lead { (finding.some_words) } }
        @if let Some(rather) = understood.rather {
            p.lead { (finding.rather) " " a href={ "/search?q=" (encoded(rather)) } { (rather) } }
        }
    }
}

fn found(frame: &Frame<'_>, shown: &SearchPage<'_>) -> Markup {
    let words = frame.words();
    let spot = &shown.spot;
    let address = |page| Spot { page, ..*spot }.address();
    html! {
        div.browse {
            (choices(frame, spot, shown.categories, shown.facets))
            div.results {
                div.section-head {
                    p.quiet-text role="status" { ((words.browse.found)(shown.total)) }
                    (sheet_button(frame, spot))
                    (sorting(frame, spot, None))
                }
                (chosen(frame, spot, shown.category))
                @if shown.tiles.is_empty() {
                    p.empty { (words.finding.nothing_so_narrow) }
                } @else {
                    (marked_grid(frame, List::of_pages("search", spot.page).of_search(shown.search_id), &shown.tiles, shown.understood.marks))
                }
                (pager(frame, &Pager { page: spot.page, pages: shown.pages, address: &address }))
            }
        }
    }
}

fn categories(frame: &Frame<'_>, categories: &[Category]) -> Markup {
    html! {
        nav.chips.wrap aria-label=(frame.words().frame.categories) {
            @for category in categories {
                a.chip href={ "/products/?category=" (category.id) } { (category.name.text(frame.language)) }
            }
        }
    }
}
