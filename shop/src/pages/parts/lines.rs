//! Products with quantities, as an order and a checkout show them, and the sums below.

use maud::{Markup, html};

use super::super::Frame;
use super::tile::picture;
use crate::domain::Won;

/// One product of a cart or an order.
#[derive(Debug, Clone)]
pub struct LineView<'a> {
    pub product_id: i64,
    pub name: &'a str,
    pub picture: &'a str,
    pub hue: u16,
    pub quantity: u32,
    pub unit_price: Won,
    pub sum: Won,
}

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    pub goods: Won,
    pub delivery: Won,
    pub total: Won,
}

#[must_use]
pub fn lines(frame: &Frame<'_>, lines: &[LineView<'_>]) -> Markup {
    html! {
        ul.lines {
            @for line in lines {
                li.line {
                    (picture(line.picture, line.hue))
                    div.line-facts {
                        a href={ "/products/" (line.product_id) } data-product-id=(line.product_id) { (line.name) }
                        p.quiet-text { (line.unit_price.text(frame.language)) " × " (line.quantity) }
                    }
                    p.line-sum { (line.sum.text(frame.language)) }
                }
            }
        }
    }
}

#[must_use]
pub fn sums(frame: &Frame<'_>, sums: &Sums) -> Markup {
    let words = &frame.words().cart;
    html! {
        dl.sums {
            div { dt { (words.goods) } dd { (sums.goods.text(frame.language)) } }
            div {
                dt { (words.delivery) }
                dd { @if sums.delivery == Won(0) { (words.free) } @else { (sums.delivery.text(frame.language)) } }
            }
            div.total { dt { (words.total) } dd { (sums.total.text(frame.language)) } }
        }
    }
}
