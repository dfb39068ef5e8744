//! What is told about a page as a whole, as `static/js/main.js` sends it.

use std::borrow::Cow;

use schemas::Details;
use schemas::events::{FormAbandoned, Impression, LayoutShift, Navigation, PagePerformance, SeenTile, Tab};
use serde::Deserialize;

use super::fields::{bounded, page, read_fields, tab};
use super::times::{ClientTime, Received};
use super::unsure::{LeftOut, Unsure};
use super::{Dated, Refused, What};
use crate::web::recorded_address::recorded_address;

const MOST_TILES: usize = 100;
const LONGEST_LIST: usize = 50;
const MOST_FIELDS: usize = 30;
const LONGEST_FIELD: usize = 50;

#[derive(Deserialize)]
struct Seen<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow, default)]
    page_endpoint: Unsure<'a>,
    #[serde(borrow)]
    list: Cow<'a, str>,
    tiles: Vec<SeenTile>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// Tiles that were really seen.
pub(super) fn impression<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: Seen<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    bounded("list", &sent.list, 1, LONGEST_LIST)?;
    if !(1..=MOST_TILES).contains(&sent.tiles.len()) {
        return Err(Refused::new("tiles", format!("are not 1 to {MOST_TILES}")));
    }
    for (index, tile) in sent.tiles.iter().enumerate() {
        if tile.product_id.0 < 1 {
            return Err(Refused::new(
                &format!("tiles[{index}].product_id"),
                "is not the number of a product",
            ));
        }
        if tile.position == 0 {
            return Err(Refused::new(&format!("tiles[{index}].position"), "counts from 1"));
        }
    }
    tab(&sent.tab)?;
    let mut left_out = LeftOut::default();
    let page_endpoint = left_out.page_endpoint(sent.page_endpoint);
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Activity(Box::new(Details::Impression(Impression {
            page: recorded_address(sent.page),
            page_endpoint,
            list: sent.list,
            tiles: sent.tiles,
            tab: sent.tab,
            client: received.client(sent.at, sent.sent_at),
        }))),
        left_out,
    })
}

#[derive(Deserialize)]
struct Measured<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow, default)]
    page_endpoint: Unsure<'a>,
    navigation: Navigation,
    #[serde(default)]
    ttfb_ms: Option<u32>,
    #[serde(default)]
    fcp_ms: Option<u32>,
    #[serde(default)]
    lcp_ms: Option<u32>,
    #[serde(default)]
    cls: Option<LayoutShift>,
    #[serde(default)]
    inp_ms: Option<u32>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// How fast the page was.
pub(super) fn performance<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: Measured<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    tab(&sent.tab)?;
    let mut left_out = LeftOut::default();
    let page_endpoint = left_out.page_endpoint(sent.page_endpoint);
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Activity(Box::new(Details::PagePerformance(PagePerformance {
            page: recorded_address(sent.page),
            page_endpoint,
            navigation: sent.navigation,
            ttfb_ms: sent.ttfb_ms,
            fcp_ms: sent.fcp_ms,
            lcp_ms: sent.lcp_ms,
            cls: sent.cls,
            inp_ms: sent.inp_ms,
            tab: sent.tab,
            client: received.client(sent.at, sent.sent_at),
        }))),
        left_out,
    })
}

#[derive(Deserialize)]
struct GivenUp<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow, default)]
    page_endpoint: Unsure<'a>,
    #[serde(borrow)]
    form: Cow<'a, str>,
    fields: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    last_field: Cow<'a, str>,
    spent_ms: u64,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// A form that was begun and not sent.
pub(super) fn form_abandoned<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: GivenUp<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    page("form", &sent.form)?;
    if !(1..=MOST_FIELDS).contains(&sent.fields.len()) {
        return Err(Refused::new("fields", format!("are not 1 to {MOST_FIELDS}")));
    }
    for (index, field) in sent.fields.iter().enumerate() {
        bounded(&format!("fields[{index}]"), field, 1, LONGEST_FIELD)?;
    }
    bounded("last_field", &sent.last_field, 1, LONGEST_FIELD)?;
    tab(&sent.tab)?;
    let mut left_out = LeftOut::default();
    let page_endpoint = left_out.page_endpoint(sent.page_endpoint);
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Activity(Box::new(Details::FormAbandoned(FormAbandoned {
            page: recorded_address(sent.page),
            page_endpoint,
            form: recorded_address(sent.form),
            fields: sent.fields,
            last_field: sent.last_field,
            spent_ms: sent.spent_ms,
            tab: sent.tab,
            client: received.client(sent.at, sent.sent_at),
        }))),
        left_out,
    })
}
