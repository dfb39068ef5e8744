//! From page to page of a listing.

use maud::{Markup, html};

use super::super::Frame;

/// Where in a listing of several pages; `address` makes the link to a page.
pub struct Pager<'a> {
    pub page: u32,
    pub pages: u32,
    pub address: &'a dyn Fn(u32) -> String,
}

/// Nothing when there is one page only.
#[must_use]
pub fn pager(frame: &Frame<'_>, pager: &Pager<'_>) -> Markup {
    let browse = &frame.words().browse;
    let Pager { page, pages, address } = *pager;
    html! {
        @if pages > 1 {
            nav.pager aria-label=(browse.pages) {
                @if page > 1 { a.button href=(address(page - 1)) rel="prev" { (browse.previous) } }
                span { ((browse.page_of)(page, pages)) }
                @if page < pages { a.button href=(address(page + 1)) rel="next" { (browse.next) } }
            }
        }
    }
}
