//! The wish list: what may go into the cart later.

use maud::{Markup, html};

use super::parts::asked::asked;
use super::parts::field::alert;
use super::parts::lines::LineView;
use super::parts::tile::{picture, stock_note};
use super::{Frame, layout};

/// A product that is wished for.
pub struct WishView<'a> {
    pub line: LineView<'a>,
    /// In stock; none when it is no longer sold.
    pub left: Option<u32>,
}

#[must_use]
pub fn wishes(frame: &Frame<'_>, wishes: &[WishView<'_>], problem: Option<&str>) -> Markup {
    let words = frame.words().wishes;
    let content = html! {
        @if wishes.is_empty() {
            div.empty {
                h1 { (words.empty) }
                (alert(problem))
                p.lead { (words.empty_hint) }
                a.button.primary href="/products/" { (frame.words().cart.go_on) }
            }
        } @else {
            h1 { (words.title) }
            (alert(problem))
            (wish_lines(frame, wishes))
        }
        @if !frame.signed_in { p.quiet-text { (words.guest_hint) } }
    };
    layout::page(frame, words.title, &content)
}

/// The wishes one below the other, each with what can be done about it.
#[must_use]
pub fn wish_lines(frame: &Frame<'_>, wishes: &[WishView<'_>]) -> Markup {
    html! {
        ul.lines.wish-lines { @for wish in wishes { li.line { (one(frame, wish)) } } }
    }
}

fn one(frame: &Frame<'_>, wish: &WishView<'_>) -> Markup {
    let words = frame.words().wishes;
    let line = &wish.line;
    html! {
        (picture(line.picture, line.hue))
        div.line-facts {
            a href={ "/products/" (line.product_id) } data-product-id=(line.product_id) { (line.name) }
            @match wish.left {
                Some(left) => (stock_note(frame, left)),
                None => p.note.sold-out { (frame.words().cart.not_sold) },
            }
            div.line-forms {
                @if wish.left.is_some_and(|left| left > 0) {
                    form action="/wishlist/to-cart" method="post" {
                        input type="hidden" name="product_id" value=(line.product_id);
                        (asked(frame, None))
                        button type="submit" aria-label=((words.to_cart_named)(line.name))
                            data-cart-action="add" data-product-id=(line.product_id) { (words.to_cart) }
                    }
                }
                form action="/wishlist/remove" method="post" {
                    input type="hidden" name="product_id" value=(line.product_id);
                    (asked(frame, None))
                    input type="hidden" name="next" value=(frame.here);
                    button.quiet type="submit" aria-label=((words.remove_named)(line.name)) data-product-id=(line.product_id) { (words.remove) }
                }
            }
        }
        p.line-sum { (line.unit_price.text(frame.language)) }
    }
}
