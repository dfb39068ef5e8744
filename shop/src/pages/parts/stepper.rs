//! A quantity with a button to either side. The buttons need `cart.js` and show only where scripts run: without them there is the field.

use maud::{Markup, html};

use super::super::Frame;

/// Around the field of a product's quantity.
#[must_use]
pub fn stepper(frame: &Frame<'_>, name: &str, field: &Markup) -> Markup {
    let words = &frame.words().cart;
    html! {
        span.stepper {
            button type="button" data-step="-1" aria-label=((words.one_less)(name)) { "−" }
            (field)
            button type="button" data-step="1" aria-label=((words.one_more)(name)) { "+" }
        }
    }
}
