//! The cart: change it, and see what it costs.

use maud::{Markup, html};

use super::parts::field::alert;
use super::parts::lines::{LineView, Sums, sums};
use super::parts::tile::picture;
use super::{Frame, layout};
use crate::domain::{Quantity, Won};

pub struct CartPage<'a> {
    pub lines: Vec<CartLineView<'a>>,
    pub sums: Sums,
    /// How much is missing until delivery is free; none when it is.
    pub until_free: Option<Won>,
    /// What went wrong, when it is not about one line.
    pub alert: Option<&'a str>,
}

pub struct CartLineView<'a> {
    pub line: LineView<'a>,
    /// In stock.
    pub left: u32,
    /// What stands in the quantity field when it could not be taken, and why.
    pub refused: Option<(&'a str, &'a str)>,
}

#[must_use]
pub fn cart(frame: &Frame<'_>, shown: &CartPage<'_>) -> Markup {
    let words = &frame.words().cart;
    let content = if shown.lines.is_empty() {
        html! {
            div.empty {
                h1 { (words.empty) }
                (alert(shown.alert))
                p.lead { (words.empty_hint) }
                a.button.primary href="/products/" { (words.go_on) }
            }
        }
    } else {
        html! {
            h1 { (words.title) }
            (alert(shown.alert))
            div.with-summary {
                ul.lines { @for line in &shown.lines { li.line { (one(frame, line)) } } }
                aside.summary aria-labelledby="summary" {
                    h2 #summary { (words.summary) }
                    (sums(frame, &shown.sums))
                    @if let Some(missing) = shown.until_free {
                        p.quiet-text { ((words.until_free)(&missing.text(frame.language))) }
                    }
                    a.button.primary.wide href="/checkout" data-cart-action="checkout" { (words.to_checkout) }
                }
            }
        }
    };
    layout::page(frame, words.title, &content)
}

fn one(frame: &Frame<'_>, shown: &CartLineView<'_>) -> Markup {
    let words = &frame.words().cart;
    let line = &shown.line;
    let too_few = (shown.left < line.quantity).then(|| (words.only_left)(shown.left));
    let error = shown.refused.map(|(_, error)| error).or(too_few.as_deref());
    html! {
        (picture(line.picture, line.hue))
        div.line-facts {
            a href={ "/products/" (line.product_id) } data-product-id=(line.product_id) { (line.name) }
            p.quiet-text { ((words.each)(&line.unit_price.text(frame.language))) }
            div.line-forms {
                (change_form(frame, shown, error))
                form action="/cart/remove" method="post" {
                    input type="hidden" name="product_id" value=(line.product_id);
                    button.quiet type="submit" aria-label=((words.remove_named)(line.name))
                        data-cart-action="remove" data-product-id=(line.product_id) { (words.remove) }
                }
            }
            @if let Some(error) = error { p.error id={ "quantity-" (line.product_id) "-error" } { (error) } }
        }
        p.line-sum { (line.sum.text(frame.language)) }
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
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{id}-error"))];
            button type="submit" aria-label=((words.change_named)(line.name))
                data-cart-action="update" data-product-id=(line.product_id) { (words.change) }
        }
    }
}
