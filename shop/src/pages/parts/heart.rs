//! The heart: puts a product on the wish list, works without JavaScript.

use maud::{Markup, html};

use super::super::Frame;
use super::super::layout::{HEART, icon};
use super::asked::asked;
use crate::domain::Product;

/// In the corner of a tile; it leads to the list, where the product stands first.
#[must_use]
pub fn heart(frame: &Frame<'_>, product: &Product) -> Markup {
    let words = frame.words().wishes;
    html! {
        form.tile-wish action="/wishlist/add" method="post" {
            input type="hidden" name="product_id" value=(product.id);
            (asked(frame, None))
            button.heart type="submit" aria-label=((words.add_named)(product.name.text(frame.language))) title=(words.add)
                data-product-id=(product.id) { (icon(HEART)) }
        }
    }
}

/// On the product's own page; it leads back there.
#[must_use]
pub fn wish_form(frame: &Frame<'_>, product: &Product, wished: bool) -> Markup {
    let words = frame.words().wishes;
    let (action, said) = if wished {
        ("/wishlist/remove", words.remove)
    } else {
        ("/wishlist/add", words.add)
    };
    html! {
        form.wish.wished[wished] action=(action) method="post" {
            input type="hidden" name="product_id" value=(product.id);
            input type="hidden" name="next" value={ "/products/" (product.id) };
            (asked(frame, None))
            @if wished { p.note.good { (words.added) " · " a href="/wishlist" { (words.see) } } }
            button.quiet type="submit" data-product-id=(product.id) { (icon(HEART)) (said) }
        }
    }
}
