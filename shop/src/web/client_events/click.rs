//! A click, as `static/js/main.js` sends it.

use std::borrow::Cow;

use schemas::events::{CartAction, Click, Frustration, Percent, Tab};
use schemas::{Details, ProductId};
use serde::Deserialize;

use super::fields::{bounded, page, read_fields, tab};
use super::times::{ClientTime, Received};
use super::unsure::{LeftOut, Unsure};
use super::{Dated, Refused, What};
use crate::domain::placement::{is_list, is_position};
use crate::web::recorded_address::recorded_address;

/// The longest of each text, in characters.
const LONGEST_ELEMENT: usize = 200;
const LONGEST_TEXT: usize = 80;
const LONGEST_HREF: usize = 500;
const LONGEST_NAME: usize = 100;

/// CSS pixels: no page is longer.
const LONGEST_PAGE: u32 = 100_000_000;

fn is_length(pixels: u32) -> bool {
    (1..=LONGEST_PAGE).contains(&pixels)
}

fn is_name(name: &str) -> bool {
    bounded("element_name", name, 1, LONGEST_NAME).is_ok()
}

#[derive(Deserialize)]
struct FromBrowser<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow, default)]
    page_endpoint: Unsure<'a>,
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
    #[serde(borrow, default)]
    list: Unsure<'a>,
    #[serde(borrow, default)]
    position: Unsure<'a>,
    #[serde(borrow, default)]
    search_id: Unsure<'a>,
    #[serde(borrow, default)]
    viewport_width: Unsure<'a>,
    #[serde(borrow, default)]
    viewport_height: Unsure<'a>,
    #[serde(borrow, default)]
    page_height: Unsure<'a>,
    #[serde(borrow, default)]
    element_x_percent: Unsure<'a>,
    #[serde(borrow, default)]
    element_y_percent: Unsure<'a>,
    #[serde(borrow, default)]
    element_name: Unsure<'a>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// Reads, checks and dates a click.
pub(super) fn read<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: FromBrowser<'a> = read_fields(json)?;
    check(&sent)?;
    let mut left_out = LeftOut::default();
    let page_endpoint = left_out.page_endpoint(sent.page_endpoint);
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Activity(Box::new(Details::Click(Click {
            page: recorded_address(sent.page),
            page_endpoint,
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
            list: left_out.text("list", sent.list, is_list),
            position: left_out.take("position", sent.position, |position| is_position(*position)),
            search_id: left_out.event_id("search_id", sent.search_id),
            viewport_width: left_out.take("viewport_width", sent.viewport_width, |pixels| is_length(*pixels)),
            viewport_height: left_out.take("viewport_height", sent.viewport_height, |pixels| is_length(*pixels)),
            page_height: left_out.take("page_height", sent.page_height, |pixels| is_length(*pixels)),
            element_x_percent: left_out.take("element_x_percent", sent.element_x_percent, |_| true),
            element_y_percent: left_out.take("element_y_percent", sent.element_y_percent, |_| true),
            element_name: left_out.text("element_name", sent.element_name, is_name),
            tab: sent.tab,
            client: received.client(sent.at, sent.sent_at),
        }))),
        left_out,
    })
}

fn check(sent: &FromBrowser<'_>) -> Result<(), Refused> {
    page("page", &sent.page)?;
    bounded("element", &sent.element, 1, LONGEST_ELEMENT)?;
    bounded("text", &sent.text, 0, LONGEST_TEXT)?;
    if let Some(href) = &sent.href {
        bounded("href", href, 1, LONGEST_HREF)?;
    }
    if sent.product_id.is_some_and(|product| product.0 < 1) {
        return Err(Refused::new("product_id", "is not the number of a product"));
    }
    tab(&sent.tab)
}
