//! A stay on a page, as `static/js/main.js` sends it.

use std::borrow::Cow;

use schemas::Details;
use schemas::events::{Dwell, EndReason, Percent, Tab};
use serde::Deserialize;

use super::fields::{page, read_fields, tab};
use super::times::{ClientTime, Received};
use super::unsure::{LeftOut, Unsure};
use super::{Dated, Refused, What};
use crate::web::recorded_address::recorded_address;

/// The longest stay that is believed, in milliseconds: 7 days.
const LONGEST_STAY: u64 = 7 * 24 * 3600 * 1000;

#[derive(Deserialize)]
struct FromBrowser<'a> {
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow, default)]
    page_endpoint: Unsure<'a>,
    entered_at: ClientTime,
    left_at: ClientTime,
    active_ms: u64,
    visible_ms: u64,
    total_ms: u64,
    scroll_depth_percent: Percent,
    end_reason: EndReason,
    #[serde(borrow, default)]
    next_page: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// Reads, checks and dates a stay; it happened when it ended.
pub(super) fn read<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let sent: FromBrowser<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    if let Some(next) = &sent.next_page {
        page("next_page", next)?;
    }
    tab(&sent.tab)?;
    if sent.total_ms > LONGEST_STAY {
        return Err(Refused::new("total_ms", "is longer than 7 days"));
    }
    for (field, part) in [("active_ms", sent.active_ms), ("visible_ms", sent.visible_ms)] {
        if part > sent.total_ms {
            return Err(Refused::new(field, "is longer than total_ms"));
        }
    }
    let left_at = received.corrected("left_at", sent.left_at, sent.sent_at)?;
    let entered_at = received.corrected("entered_at", sent.entered_at, sent.sent_at)?;
    let mut left_out = LeftOut::default();
    let page_endpoint = left_out.page_endpoint(sent.page_endpoint);
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: left_at,
        what: What::Activity(Box::new(Details::Dwell(Dwell {
            page: recorded_address(sent.page),
            page_endpoint,
            // The wall clock may have been set in between; the durations come from the one that never is.
            entered_at: entered_at.min(left_at),
            left_at,
            active_ms: sent.active_ms,
            visible_ms: sent.visible_ms,
            total_ms: sent.total_ms,
            scroll_depth_percent: sent.scroll_depth_percent,
            end_reason: sent.end_reason,
            next_page: sent.next_page.map(recorded_address),
            tab: sent.tab,
            client: received.client(sent.left_at, sent.sent_at),
        }))),
        left_out,
    })
}
