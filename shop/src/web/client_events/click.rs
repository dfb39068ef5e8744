//! A click, as `static/js/main.js` sends it.

use std::borrow::Cow;

use schemas::events::{CartAction, Click, Frustration, Percent, Tab};
use schemas::{Details, ProductId};
use serde::Deserialize;

use super::fields::{bounded, page, read_fields, tab};
use super::times::{ClientTime, Received};
use super::{Dated, Refused, What};
use crate::web::recorded_address::recorded_address;

/// The longest of each text, in characters.
const LONGEST_ELEMENT: usize = 200;
const LONGEST_TEXT: usize = 80;
const LONGEST_HREF: usize = 500;

#[derive(Deserialize)]
struct FromBrowser<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow)]
    element: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    x_percent: Percent,
    y_percent: Percent,
    page_x_percent: Percent,
    page_y_percent: Percent,
    #[serde(default)]
    cart_action: Option<CartAction>,
    #[serde(default)]
    product_id: Option<ProductId>,
    #[serde(borrow, default)]
    href: Option<Cow<'a, str>>,
    #[serde(default)]
    frustration: Option<Frustration>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// Reads, checks and dates a click.
pub(super) fn read<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: FromBrowser<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    bounded("element", &sent.element, 1, LONGEST_ELEMENT)?;
    bounded("text", &sent.text, 0, LONGEST_TEXT)?;
    if let Some(href) = &sent.href {
        bounded("href", href, 1, LONGEST_HREF)?;
    }
    if sent.product_id.is_some_and(|product| product.0 < 1) {
        return Err(Refused::new("product_id", "is not the number of a product"));
    }
    tab(&sent.tab)?;
    Ok(Dated {
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Activity(Box::new(Details::Click(Click {
            page: recorded_address(sent.page),
            page_endpoint: None,
            element: sent.element,
            text: sent.text,
            x_percent: sent.x_percent,
            y_percent: sent.y_percent,
            page_x_percent: sent.page_x_percent,
            page_y_percent: sent.page_y_percent,
            cart_action: sent.cart_action,
            product_id: sent.product_id,
            href: sent.href.map(recorded_address),
            frustration: sent.frustration,
            list: None,
            position: None,
            search_id: None,
            viewport_width: None,
            viewport_height: None,
            page_height: None,
            element_x_percent: None,
            element_y_percent: None,
            element_name: None,
            tab: sent.tab,
            client: received.client(sent.at, sent.sent_at),
        }))),
    })
}
