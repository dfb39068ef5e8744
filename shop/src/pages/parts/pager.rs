//! From page to page of a listing.

use maud::{Markup, html};

use super::super::Frame;

/// Where in a listing of several pages; `address` makes the link to a page.
pub struct Pager<'a> {
    pub page: u32,
    pub pages: u32,
    pub address: &'a dyn Fn(u32) -> String,
}

/// The first page, the last one, and those around this one; none stands for those between.
fn near(page: u32, pages: u32) -> Vec<Option<u32>> {
    let shown = |number: &u32| *number == 1 || *number == pages || number.abs_diff(page) <= 1;
    let mut near: Vec<Option<u32>> = Vec::new();
    for number in (1..=pages).filter(shown) {
        let before = near.last().copied().flatten();
        if before.is_some_and(|before| before + 1 < number) {
            near.push(None);
        }
        near.push(Some(number));
    }
    near
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
                span.unseen { ((browse.page_of)(page, pages)) }
                ol.page-numbers {
                    @for number in near(page, pages) {
                        @if let Some(number) = number {
                            li { a.page-number href=(address(number)) aria-current=[(number == page).then_some("page")] { (number) } }
                        } @else {
                            li aria-hidden="true" { "…" }
                        }
                    }
                }
                @if page < pages { a.button href=(address(page + 1)) rel="next" { (browse.next) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_neighbours_are_numbered() {
        let said = |page, pages| {
            let numbers = near(page, pages).into_iter();
            let numbers = numbers.map(|number| number.map_or("…".to_owned(), |number| number.to_string()));
            numbers.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(1, 2), "1 2");
        assert_eq!(said(3, 4), "1 2 3 4");
        assert_eq!(said(6, 12), "1 … 5 6 7 … 12");
        assert_eq!(said(12, 12), "1 … 11 12");
    }
}
