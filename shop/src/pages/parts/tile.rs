//! A product as a tile of a grid: the whole tile is one link, adding is a separate button.

use maud::{Markup, html};
use schemas::{EventId, ProductId};

use super::super::Frame;
use super::asked::asked;
use super::heart::heart;
use super::id::Id;
use super::size::Size;
use crate::domain::catalogue::PAGE_SIZE;
use crate::domain::stock::FEW;
use crate::domain::{Marks, Placement, Product};

/// A product and what a grid says about it.
#[derive(Debug, Clone, Copy)]
pub struct Tile<'a> {
    pub product: &'a Product,
    /// Of its category.
    pub hue: u16,
    /// In stock.
    pub left: u32,
    pub is_new: bool,
}

impl Tile<'_> {
    #[must_use]
    pub const fn key(&self) -> TileKey {
        let Tile {
            product,
            hue: _,
            left,
            is_new,
        } = *self;
        (product.id, left, is_new)
    }
}

/// All that a tile of one catalogue shows: product, how many are left, whether it is new.
pub type TileKey = (ProductId, u32, bool);

/// Tiles of a leading list that a phone shows without scrolling.
const FIRST_SEEN: usize = 4;

/// A list of tiles, as the client script tells of those that were really seen.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// In the events: `listing`, `popular`, ...
    pub name: &'a str,
    /// The first tile's place in the whole list, from 1.
    pub first: usize,
    /// The list is what the page is about, so that its first tiles are seen at once.
    leads: bool,
    /// The search that found them.
    search: Option<EventId>,
}

impl<'a> List<'a> {
    /// A list that is all on one page.
    #[must_use]
    pub const fn whole(name: &'a str) -> Self {
        Self {
            name,
            first: 1,
            leads: false,
            search: None,
        }
    }

    /// A page, from 1, of a list of many.
    #[must_use]
    pub const fn of_pages(name: &'a str, page: u32) -> Self {
        let before = (page.saturating_sub(1)) as usize;
        Self {
            name,
            first: before * PAGE_SIZE + 1,
            leads: true,
            search: None,
        }
    }

    /// The results of a search.
    #[must_use]
    pub const fn of_search(self, search: Option<EventId>) -> Self {
        Self { search, ..self }
    }

    /// The place of a tile, `place` counted from 0 on this page.
    fn placement(&self, place: usize) -> Option<Placement> {
        Placement::new(self.name, u32::try_from(self.first + place).ok()?, self.search).ok()
    }

    const fn is_first_seen(&self, place: usize) -> bool {
        self.leads && place < FIRST_SEEN
    }
}

#[must_use]
pub fn grid(frame: &Frame<'_>, list: List<'_>, tiles: &[Tile<'_>]) -> Markup {
    marked_grid(frame, list, tiles, &Marks::default())
}

/// As [`grid`], with what was searched for marked in the names.
#[must_use]
pub fn marked_grid(frame: &Frame<'_>, list: List<'_>, tiles: &[Tile<'_>], marks: &Marks) -> Markup {
    html! {
        ul.grid data-list=(list.name) data-first=(list.first) data-search=[list.search.filter(|_| frame.view.is_some())] { @for (place, tile) in tiles.iter().enumerate() {
            li.tile { (one(frame, tile, (marks, list.is_first_seen(place)), list.placement(place).as_ref())) }
        } }
    }
}

/// A text with what was searched for marked.
#[must_use]
pub fn marked(text: &str, marks: &Marks) -> Markup {
    let mut plain = 0;
    html! {
        @for span in marks.spans(text) {
            (text[plain..span.start]) mark { (text[span.clone()]) }
            @let () = plain = span.end;
        }
        (text[plain..])
    }
}

fn one(
    frame: &Frame<'_>,
    tile: &Tile<'_>,
    (marks, is_first_seen): (&Marks, bool),
    place: Option<&Placement>,
) -> Markup {
    // What is chosen here is said to the next page by the link, so that it is known without scripts.
    let from = place.filter(|_| frame.view.is_some());
    let browse = &frame.words().browse;
    let Tile { product, left, .. } = *tile;
    let name = product.name.text(frame.language);
    html! {
        a.tile-link href={ "/products/" (product.id.0) @if let Some(from) = from { "?from=" (from) } } data-product-id=(product.id.0) {
            (if is_first_seen { picture_at_once(&product.picture, tile.hue) } else { picture(&product.picture, tile.hue) })
            span.name { (marked(name, marks)) }
            span.price { (product.price.text(frame.language)) }
            (note(frame, left, tile.is_new))
        }
        (heart(frame, product))
        @if left > 0 {
            form.tile-add action="/cart/add" method="post" {
                input type="hidden" name="product_id" value=(product.id.0);
                input type="hidden" name="quantity" value="1";
                (form_token(frame))
                (asked(frame, place))
                button.round type="submit" aria-label=((browse.add_named)(name)) title=(browse.add)
                    data-cart-action="add" data-product-id=(product.id.0) { "+" }
            }
        }
    }
}

/// So that a second click on a slow line doesn't add a second one.
pub(in crate::pages) fn form_token(frame: &Frame<'_>) -> Markup {
    html! { input type="hidden" name="once" value=(Id(frame.form_token)); }
}

fn note(frame: &Frame<'_>, left: u32, is_new: bool) -> Markup {
    let browse = &frame.words().browse;
    html! {
        @if left == 0 {
            span.note.sold-out { (browse.sold_out) }
        } @else if left <= FEW {
            span.note.few { ((browse.few_left)(left)) }
        } @else if is_new {
            span.note.new { (browse.new) }
        }
    }
}

/// A picture on its category's ground; decoration, because the name stands beside it. It may wait until somebody comes near it.
#[must_use]
pub fn picture(code_point: &str, hue: u16) -> Markup {
    html! {
        span class={ "ground hue-" (hue) (Size::of(code_point).class()) } {
            img src={ "/pictures/" (code_point) ".svg" } alt="" width="96" height="96" loading="lazy" decoding="async";
        }
    }
}

/// A picture that is seen as soon as the page is there.
#[must_use]
pub fn picture_at_once(code_point: &str, hue: u16) -> Markup {
    html! {
        span class={ "ground hue-" (hue) (Size::of(code_point).class()) } {
            img src={ "/pictures/" (code_point) ".svg" } alt="" width="96" height="96" fetchpriority="high";
        }
    }
}

/// How many are left, in words, for a product's own page.
#[must_use]
pub fn stock_note(frame: &Frame<'_>, left: u32) -> Markup {
    let browse = &frame.words().browse;
    html! {
        @if left == 0 {
            p.note.sold-out { (browse.sold_out) }
        } @else if left <= FEW {
            p.note.few { ((browse.few_left)(left)) }
        } @else {
            p.note.good { (browse.in_stock) }
        }
    }
}
