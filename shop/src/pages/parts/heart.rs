//! The heart: puts a product on the wish list, works without JavaScript.

use maud::{Markup, html};

use super::super::Frame;
use super::asked::asked;
use super::icon::{HEART, icon};
use crate::domain::Product;

/// In the corner of a tile: filled when the product is on the list. It leads back to the page; `cart.js` stays on it.
#[must_use]
pub fn heart(frame: &Frame<'_>, product: &Product) -> Markup {
    let words = frame.words().wishes;
    let wished = frame.wished.contains(&product.id);
    html! {
        form.tile-wish action=(action(wished)) method="post" {
            input type="hidden" name="product_id" value=(product.id.0);
            input type="hidden" name="next" value=(frame.here);
            (asked(frame, None))
            button.heart type="submit" aria-pressed=(wished) aria-label=((words.add_named)(product.name.text(frame.language)))
                title=(words.add) data-product-id=(product.id.0) { (icon(HEART)) }
        }
    }
}

const fn action(wished: bool) -> &'static str {
    if wished { "/wishlist/remove" } else { "/wishlist/add" }
}

/// On the product's own page; it leads back there.
#[must_use]
pub fn wish_form(frame: &Frame<'_>, product: &Product, wished: bool) -> Markup {
    let words = frame.words().wishes;
    let said = if wished { words.remove } else { words.add };
    html! {
        form.wish.wished[wished] action=(action(wished)) method="post" {
            input type="hidden" name="product_id" value=(product.id.0);
            input type="hidden" name="next" value={ "/products/" (product.id.0) };
            (asked(frame, None))
            @if wished { p.note.good { (words.added) " · " a href="/wishlist" { (words.see) } } }
            button.quiet type="submit" data-product-id=(product.id.0) { (icon(HEART)) (said) }
        }
    }
}
