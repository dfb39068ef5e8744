//! All products, or those of a category: narrowed down, sorted, page by page.

use maud::{Markup, html};
use schemas::CategoryId;

use super::Frame;
use super::layout::{self, Head};
use super::parts::crumbs::{Crumb, crumbs};
use super::parts::narrow::{Spot, choices, chosen, sheet_button, sorting};
use super::parts::pager::{Pager, pager};
use super::parts::tile::{List, Tile, TileKey, grid};
use crate::domain::{Category, Facets, Filter, Sort};

/// What a listing shows.
pub struct ListingPage<'a> {
    pub spot: Spot<'a>,
    /// The order when none is chosen.
    pub usual: Sort,
    pub categories: &'a [Category],
    pub category: Option<&'a Category>,
    pub facets: &'a Facets,
    pub pages: u32,
    /// On all pages together.
    pub total: usize,
    pub tiles: Vec<Tile<'a>>,
}

/// All that a listing of one catalogue shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListingKey {
    query: Option<String>,
    filter: Filter,
    sort: Option<Sort>,
    page: u32,
    order: Option<i64>,
    usual: Sort,
    category: Option<CategoryId>,
    facets: Facets,
    pages: u32,
    total: usize,
    tiles: Vec<TileKey>,
}

impl ListingKey {
    #[must_use]
    pub fn of(shown: &ListingPage<'_>) -> Self {
        // Field by field, so that a new one is thought of.
        let ListingPage {
            spot:
                Spot {
                    query,
                    filter,
                    sort,
                    page,
                    order,
                },
            usual,
            categories: _,
            category,
            facets,
            pages,
            total,
            tiles,
        } = shown;
        Self {
            query: query.map(str::to_owned),
            filter: *filter,
            sort: *sort,
            page: *page,
            order: *order,
            usual: *usual,
            category: category.map(|category| category.id),
            facets: (*facets).clone(),
            pages: *pages,
            total: *total,
            tiles: tiles.iter().map(Tile::key).collect(),
        }
    }
}

#[must_use]
pub fn listing(frame: &Frame<'_>, shown: &ListingPage<'_>) -> Markup {
    let words = frame.words();
    let heading = shown
        .category
        .map_or(words.frame.all_products, |category| category.name.text(frame.language));
    let description = shown.category.map_or_else(
        || (words.finding.all_description)(shown.total),
        |category| category.description.text(frame.language).to_owned(),
    );
    let spot = &shown.spot;
    let address = |page| Spot { page, ..*spot }.address();
    let trail = [
        Crumb {
            name: words.frame.all_products,
            address: "/products/",
        },
        Crumb {
            name: heading,
            address: "",
        },
    ];
    let trail = if shown.category.is_some() {
        &trail[..]
    } else {
        &trail[1..]
    };
    let content = html! {
        (crumbs(frame, trail))
        h1 { (heading) }
        @if let Some(category) = shown.category { p.lead { (category.description.text(frame.language)) } }
        div.browse {
            (choices(frame, spot, shown.categories, shown.facets))
            div.results {
                div.section-head {
                    p.quiet-text role="status" { ((words.browse.products)(shown.total)) }
                    (sheet_button(frame, spot))
                    (sorting(frame, spot, Some(shown.usual)))
                }
                (chosen(frame, spot, shown.category))
                @if shown.tiles.is_empty() {
                    p.empty { (if spot.filter.is_empty() { words.browse.nothing_here } else { words.finding.nothing_so_narrow }) }
                } @else {
                    (grid(frame, List::of_pages("listing", spot.page), &shown.tiles))
                }
                (pager(frame, &Pager { page: spot.page, pages: shown.pages, address: &address }))
            }
        }
    };
    // Narrowed and sorted listings hold nothing that the whole one doesn't.
    let whole = Spot {
        order: None,
        filter: Filter {
            category: spot.filter.category,
            ..Filter::default()
        },
        sort: None,
        ..*spot
    };
    let head = Head {
        title: heading,
        description: &description,
        canonical: &whole.address(),
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}
