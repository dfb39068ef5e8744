//! A product in the cart, with what can be done about it: the same on the cart's page and in its drawer.

use maud::{Markup, html};

use super::super::Frame;
use super::asked::asked;
use super::lines::LineView;
use super::stepper::stepper;
use super::tile::picture;
use crate::domain::{Quantity, Won};

/// The form that leads to the checkout.
pub(in crate::pages) const TO_CHECKOUT: &str = "to-checkout";

pub struct CartLineView<'a> {
    pub line: LineView<'a>,
    /// In stock; none when it is no longer sold.
    pub left: Option<u32>,
    /// What it cost when it was put in, if that was another price.
    pub was: Option<Won>,
    /// What stands in the quantity field when it could not be taken, and why.
    pub refused: Option<(&'a str, &'a str)>,
}

#[must_use]
pub fn cart_line(frame: &Frame<'_>, shown: &CartLineView<'_>) -> Markup {
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

/// The quantities are sent with the way to the checkout, so that one that was typed counts without its button.
fn change_form(frame: &Frame<'_>, shown: &CartLineView<'_>, error: Option<&str>) -> Markup {
    let words = &frame.words().cart;
    let line = &shown.line;
    let id = format!("quantity-{}", line.product_id);
    let typed = shown.refused.map(|(typed, _)| typed.to_owned());
    html! {
        div.change {
            label.unseen for=(id) { ((words.quantity_of)(line.name)) }
            @let input = html! { input id=(id) form=(TO_CHECKOUT) type="number" name=(id) value=(typed.unwrap_or_else(|| line.quantity.to_string()))
                min="1" max=(Quantity::MAX) inputmode="numeric" required
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{id}-error"))] autofocus[shown.refused.is_some()]; };
            (stepper(frame, line.name, &input))
            button type="submit" form=(TO_CHECKOUT) formaction="/cart/update" name="product_id" value=(line.product_id)
                aria-label=((words.change_named)(line.name))
                data-cart-action="update" data-product-id=(line.product_id) { (words.change) }
        }
    }
}

fn save_form(frame: &Frame<'_>, line: &LineView<'_>) -> Markup {
    let words = frame.words().wishes;
    html! {
        form action="/cart/later" method="post" {
            input type="hidden" name="product_id" value=(line.product_id);
            (asked(frame, None))
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
            (asked(frame, None))
            input type="hidden" name="quantity" value=(line.quantity);
            button.quiet type="submit" aria-label=((words.remove_named)(line.name))
                data-cart-action="remove" data-product-id=(line.product_id) { (words.remove) }
        }
    }
}
