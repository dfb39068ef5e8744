//! The cart: change it, and see what it costs.

use maud::{Markup, html};

use super::parts::field::alert;
use super::parts::lines::{LineView, Sums, sums};
use super::parts::tile::picture;
use super::wishes::{WishView, wish_lines};
use super::{Frame, layout};
use crate::domain::order::FREE_DELIVERY_FROM;
use crate::domain::{Quantity, Won};

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

pub struct CartLineView<'a> {
    pub line: LineView<'a>,
    /// In stock; none when it is no longer sold.
    pub left: Option<u32>,
    /// What it cost when it was put in, if that was another price.
    pub was: Option<Won>,
    /// What stands in the quantity field when it could not be taken, and why.
    pub refused: Option<(&'a str, &'a str)>,
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
                ul.lines { @for line in &shown.lines { li.line { (one(frame, line)) } } }
                aside.summary aria-labelledby="summary" {
                    h2 #summary { (words.summary) }
                    (sums(frame, &shown.sums))
                    (free_delivery(frame, shown))
                    a.button.primary.wide href="/checkout" data-cart-action="checkout" { (words.to_checkout) }
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

fn notice(frame: &Frame<'_>, notice: Option<&Notice<'_>>) -> Markup {
    let words = frame.words();
    let undo = |address: &str, product_id: i64, quantity: Option<u16>| {
        html! {
            form action=(address) method="post" {
                input type="hidden" name="product_id" value=(product_id);
                @if let Some(quantity) = quantity { input type="hidden" name="quantity" value=(quantity); }
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

fn one(frame: &Frame<'_>, shown: &CartLineView<'_>) -> Markup {
    let words = &frame.words().cart;
    let line = &shown.line;
    let shortage = shortage(frame, shown);
    let error = shown.refused.map(|(_, error)| error).or(shortage.as_deref());
    html! {
        (picture(line.picture, line.hue))
        div.line-facts {
            a href={ "/products/" (line.product_id) } data-product-id=(line.product_id) { (line.name) }
            p.quiet-text { ((words.each)(&line.unit_price.text(frame.language))) }
            @if let Some(was) = shown.was {
                p.changed { ((words.price_changed)(&was.text(frame.language), &line.unit_price.text(frame.language))) }
            }
            div.line-forms {
                @if shown.left.is_some() {
                    (change_form(frame, shown, error))
                    (save_form(frame, line))
                }
                (remove_form(frame, line))
            }
            @if let Some(error) = error { p.error id={ "quantity-" (line.product_id) "-error" } { (error) } }
        }
        p.line-sum { (line.sum.text(frame.language)) }
    }
}

/// What keeps the line from being ordered as it is.
fn shortage(frame: &Frame<'_>, shown: &CartLineView<'_>) -> Option<String> {
    let words = &frame.words().cart;
    match shown.left {
        None => Some(words.not_sold.to_owned()),
        Some(0) => Some(words.out_of_stock.to_owned()),
        Some(left) if left < shown.line.quantity => Some((words.only_left)(left)),
        Some(_) => None,
    }
}

fn change_form(frame: &Frame<'_>, shown: &CartLineView<'_>, error: Option<&str>) -> Markup {
    let words = &frame.words().cart;
    let line = &shown.line;
    let id = format!("quantity-{}", line.product_id);
    let typed = shown.refused.map(|(typed, _)| typed.to_owned());
    html! {
        form.change action="/cart/update" method="post" {
            input type="hidden" name="product_id" value=(line.product_id);
            label.unseen for=(id) { ((words.quantity_of)(line.name)) }
            input id=(id) type="number" name="quantity" value=(typed.unwrap_or_else(|| line.quantity.to_string()))
                min="1" max=(Quantity::MAX) inputmode="numeric" required
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{id}-error"))] autofocus[shown.refused.is_some()];
            button type="submit" aria-label=((words.change_named)(line.name))
                data-cart-action="update" data-product-id=(line.product_id) { (words.change) }
        }
    }
}

fn save_form(frame: &Frame<'_>, line: &LineView<'_>) -> Markup {
    let words = frame.words().wishes;
    html! {
        form action="/cart/later" method="post" {
            input type="hidden" name="product_id" value=(line.product_id);
            button.quiet type="submit" aria-label=((words.save_for_later_named)(line.name))
                data-cart-action="remove" data-product-id=(line.product_id) { (words.save_for_later) }
        }
    }
}

/// The quantity goes along, so that the next page can offer to undo it.
fn remove_form(frame: &Frame<'_>, line: &LineView<'_>) -> Markup {
    let words = &frame.words().cart;
    html! {
        form action="/cart/remove" method="post" {
            input type="hidden" name="product_id" value=(line.product_id);
            input type="hidden" name="quantity" value=(line.quantity);
            button.quiet type="submit" aria-label=((words.remove_named)(line.name))
                data-cart-action="remove" data-product-id=(line.product_id) { (words.remove) }
        }
    }
}
