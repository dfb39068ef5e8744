//! All products, or those of a category: sorted, page by page.

use maud::{Markup, html};

use super::parts::pager::{Pager, pager};
use super::parts::tile::{Tile, grid};
use super::words::Browse;
use super::{Frame, layout};
use crate::domain::{Category, Sort};

/// What a listing shows.
pub struct ListingPage<'a> {
    pub categories: &'a [Category],
    pub category: Option<&'a Category>,
    pub sort: Sort,
    pub page: u32,
    pub pages: u32,
    /// On all pages together.
    pub total: usize,
    pub tiles: Vec<Tile<'a>>,
}

#[must_use]
pub fn listing(frame: &Frame<'_>, shown: &ListingPage<'_>) -> Markup {
    let words = frame.words();
    let heading = shown
        .category
        .map_or(words.frame.all_products, |category| category.name.text(frame.language));
    let address = |page| address(shown.category, shown.sort, page);
    let content = html! {
        (category_links(frame, shown))
        div.section-head {
            div {
                h1 { (heading) }
                @if let Some(category) = shown.category { p.lead { (category.description.text(frame.language)) } }
                p.quiet-text { ((words.browse.products)(shown.total)) }
            }
            (sorting(frame, shown))
        }
        @if shown.tiles.is_empty() {
            p.empty { (words.browse.nothing_here) }
        } @else {
            (grid(frame, &shown.tiles))
        }
        (pager(frame, &Pager { page: shown.page, pages: shown.pages, address: &address }))
    };
    layout::page(frame, heading, &content)
}

fn category_links(frame: &Frame<'_>, shown: &ListingPage<'_>) -> Markup {
    let words = frame.words();
    let current = shown.category.map(|category| category.id);
    html! {
        nav.chips aria-label=(words.frame.categories) {
            a.chip href="/products/" aria-current=[current.is_none().then_some("page")] { (words.frame.all_products) }
            @for category in shown.categories {
                a.chip href=(address(Some(category), shown.sort, 1))
                    aria-current=[(current == Some(category.id)).then_some("page")] {
                    (category.name.text(frame.language))
                }
            }
        }
    }
}

fn sorting(frame: &Frame<'_>, shown: &ListingPage<'_>) -> Markup {
    let browse = &frame.words().browse;
    html! {
        form.sorting action="/products/" method="get" {
            @if let Some(category) = shown.category { input type="hidden" name="category" value=(category.id); }
            label for="sort" { (browse.sort) }
            select #sort name="sort" {
                @for sort in Sort::ALL {
                    option value=(sort.name()) selected[sort == shown.sort] { (sort_name(browse, sort)) }
                }
            }
            button type="submit" { (browse.apply) }
        }
    }
}

fn sort_name(browse: &Browse, sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => browse.sort_newest,
        Sort::PriceAsc => browse.sort_price_low,
        Sort::PriceDesc => browse.sort_price_high,
        Sort::Name => browse.sort_name,
    }
}

fn address(category: Option<&Category>, sort: Sort, page: u32) -> String {
    let mut parts = Vec::new();
    if let Some(category) = category {
        parts.push(format!("category={}", category.id));
    }
    if sort != Sort::Newest {
        parts.push(format!("sort={}", sort.name()));
    }
    if page > 1 {
        parts.push(format!("page={page}"));
    }
    if parts.is_empty() {
        "/products/".to_owned()
    } else {
        format!("/products/?{}", parts.join("&"))
    }
}
