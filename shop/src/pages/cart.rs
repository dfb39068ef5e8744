//! The cart: change it, and see what it costs. A page of its own, or a part that `cart.js` shows in a dialog on any other page.

use maud::{Markup, html};

use super::parts::asked::asked;
use super::parts::cart_line::{CartLineView, TO_CHECKOUT, cart_line};
use super::parts::field::alert;
use super::parts::lines::{Sums, sums};
use super::parts::tile::form_token;
use super::wishes::{WishView, wish_lines};
use super::{Frame, header, layout};
use crate::domain::Won;
use crate::domain::order::FREE_DELIVERY_FROM;

pub struct CartPage<'a> {
    pub lines: Vec<CartLineView<'a>>,
    pub sums: Sums,
    /// How much is missing until delivery is free; none when it is.
    pub until_free: Option<Won>,
    /// What went wrong, when it is not about one line.
    pub alert: Option<&'a str>,
    pub notice: Option<Notice<'a>>,
    /// Saved for later.
    pub wishes: Vec<WishView<'a>>,
}

/// What was just done, and how to undo it.
pub enum Notice<'a> {
    Removed {
        product_id: i64,
        name: &'a str,
        quantity: u16,
    },
    SavedForLater {
        product_id: i64,
        name: &'a str,
    },
    /// Of an order that was put into the cart again, not everything came.
    Missing(Vec<&'a str>),
}

#[must_use]
pub fn cart(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    let words = &frame.words().cart;
    let content = html! {
        @if shown.lines.is_empty() {
            (notice(frame, shown.notice.as_ref()))
            div.empty {
                h1 { (words.empty) }
                (alert(shown.alert))
                p.lead { (words.empty_hint) }
                a.button.primary href="/products/" { (words.go_on) }
            }
        } @else {
            h1 { (words.title) }
            (notice(frame, shown.notice.as_ref()))
            (alert(shown.alert))
            div.with-summary {
                (lines(frame, shown))
                aside.summary aria-labelledby="summary" {
                    h2 #summary { (words.summary) }
                    (to_pay(frame, shown))
                }
            }
        }
        @if !shown.wishes.is_empty() {
            section aria-labelledby="later" {
                h2 #later { (frame.words().wishes.later) }
                (wish_lines(frame, &shown.wishes))
            }
        }
    };
    layout::page(frame, words.title, &content)
}

/// What stands in the dialog, with the header's link as it is now. The page below it has the `h1`, and none of these ids.
#[must_use]
pub fn drawer(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    let words = &frame.words().cart;
    html! {
        section data-cart {
            template { (header::cart_link(frame)) }
            div.section-head {
                h2 #cart-title tabindex="-1" { (words.title) }
                button.quiet type="button" data-close { (frame.words().appearance.close) }
            }
            (notice(frame, shown.notice.as_ref()))
            (alert(shown.alert))
            @if shown.lines.is_empty() {
                p { (words.empty) }
                p.lead { (words.empty_hint) }
                a.button.primary href="/products/" { (words.go_on) }
            } @else {
                (lines(frame, shown))
                div.cart-sum { (to_pay(frame, shown)) }
            }
            p.small { a href="/cart" { (words.whole) } }
        }
    }
}

fn lines(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    html! { ul.lines { @for line in &shown.lines { li.line { (cart_line(frame, line)) } } } }
}

fn to_pay(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    html! {
        (sums(frame, &shown.sums))
        (free_delivery(frame, shown))
        form id=(TO_CHECKOUT) action="/cart/checkout" method="post" data-leads="/checkout" {
            (asked(frame, None))
            button.primary.wide type="submit" data-cart-action="checkout" { (frame.words().cart.to_checkout) }
        }
    }
}

fn notice(frame: &Frame<'_>, notice: Option<&Notice<'_>>) -> Markup {
    let words = frame.words();
    let undo = |address: &str, product_id: i64, quantity: Option<u16>| {
        html! {
            form action=(address) method="post" {
                input type="hidden" name="product_id" value=(product_id);
                (asked(frame, None))
                @if let Some(quantity) = quantity {
                    input type="hidden" name="quantity" value=(quantity);
                    (form_token(frame))
                }
                button type="submit" data-cart-action="add" data-product-id=(product_id) { (words.cart.undo) }
            }
        }
    };
    html! {
        @match notice {
            Some(Notice::Removed { product_id, name, quantity }) => div.notice role="status" {
                p { ((words.cart.removed)(name)) }
                (undo("/cart/add", *product_id, Some(*quantity)))
            },
            Some(Notice::SavedForLater { product_id, name }) => div.notice role="status" {
                p { ((words.wishes.saved_for_later)(name)) }
                (undo("/wishlist/to-cart", *product_id, None))
            },
            Some(Notice::Missing(names)) => div.notice role="status" { p { ((words.cart.missing)(&names.join(", "))) } },
            None => {},
        }
    }
}

fn free_delivery(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    let words = &frame.words().cart;
    let said = shown.until_free.map_or_else(
        || words.free_now.to_owned(),
        |missing| (words.until_free)(&missing.text(frame.language)),
    );
    html! {
        div.free-delivery {
            p #free-delivery { (said) }
            progress aria-labelledby="free-delivery" max=(FREE_DELIVERY_FROM.0) value=(shown.sums.goods.0.min(FREE_DELIVERY_FROM.0)) {}
        }
    }
}
