//! What the browser tells by itself: `static/js/main.js` sends it, the shop checks and dates it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use crate::{EventId, ProductId, Timestamp};

/// How long and how a page was looked at. Times are milliseconds of the browser's monotonic clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dwell<'a> {
    /// The page's path. (`page_endpoint` is what other types call the page; the path keeps this name for older readers.)
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The page's endpoint, such as `products.detail`: what `page` is in a `view`. Absent where it is not known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub page_endpoint: Option<Cow<'a, str>>,
    /// When the stay began, corrected by what the client's clock is off.
    pub entered_at: Timestamp,
    /// When the stay ended; corrected as `entered_at`.
    pub left_at: Timestamp,
    /// How long it was visible, focused and not idle.
    pub active_ms: u64,
    /// How long the tab was in front.
    pub visible_ms: u64,
    /// From entering to leaving.
    pub total_ms: u64,
    /// How far down the page was seen at most.
    pub scroll_depth_percent: Percent,
    /// Why it ended.
    pub end_reason: EndReason,
    /// Where the visitor went within the shop, if known.
    #[serde(borrow)]
    pub next_page: Option<Cow<'a, str>>,
    /// Which tab, and the event's number in it.
    #[serde(borrow)]
    pub tab: Tab<'a>,
    /// The client's own clock.
    pub client: ClientTimes,
}

/// Something was clicked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Click<'a> {
    /// The page's path. (`page_endpoint` is what other types call the page; the path keeps this name for older readers.)
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The page's endpoint, such as `products.detail`: what `page` is in a `view`. Absent where it is not known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub page_endpoint: Option<Cow<'a, str>>,
    /// The nearest thing that can be clicked, such as `button#add` or `a.tile`.
    #[serde(borrow)]
    pub element: Cow<'a, str>,
    /// What stands on it, shortened; never what somebody typed.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Where in the viewport, from the left.
    pub x_percent: Percent,
    /// Where in the viewport, from above.
    pub y_percent: Percent,
    /// Where on the whole page, from the left.
    pub page_x_percent: Percent,
    /// Where on the whole page, from above.
    pub page_y_percent: Percent,
    /// What it meant to do with the cart.
    pub cart_action: Option<CartAction>,
    /// The product that it is about.
    pub product_id: Option<ProductId>,
    /// Where a link leads.
    #[serde(borrow)]
    pub href: Option<Cow<'a, str>>,
    /// Why it looks as if it didn't help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frustration: Option<Frustration>,
    /// The list that the product was chosen from, such as `listing`; absent where it stands in none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 50))]
    pub list: Option<Cow<'a, str>>,
    /// Its place in `list`, from 1, over all pages of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub position: Option<u32>,
    /// The event id of the `search` that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_id: Option<EventId>,
    /// How wide the window is within, without scroll bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewport_width: Option<u32>,
    /// How high the window is within, without scroll bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewport_height: Option<u32>,
    /// How high the whole page is, as far as it can be scrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_height: Option<u32>,
    /// Where within the element, from its left edge: so the click can be drawn on the page again at any width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element_x_percent: Option<Percent>,
    /// Where within the element, from its upper edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element_y_percent: Option<Percent>,
    /// What the element is called in every language and at every width, such as `add-to-cart` or `tile:211`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub element_name: Option<Cow<'a, str>>,
    /// Which tab, and the event's number in it.
    #[serde(borrow)]
    pub tab: Tab<'a>,
    /// The client's own clock.
    pub client: ClientTimes,
}

/// The browser tab and the order of events in it: a number that is missing was lost on the way to the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Tab<'a> {
    /// The tab's name, drawn by the browser.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// From 1 in each tab.
    pub sequence: u64,
}

/// The client's own clock, kept beside the corrected `timestamp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ClientTimes {
    /// When it happened, by the client's clock.
    pub at: Timestamp,
    /// When the batch was sent, by the client's clock.
    pub sent_at: Timestamp,
    /// The shop's clock less the client's, when the batch came in.
    pub skew_ms: i64,
}

/// Why the stay on a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EndReason {
    /// Went on to another page of the shop.
    Navigated,
    /// Left the shop or closed the tab.
    Left,
    /// The tab went into the background.
    Hidden,
    /// Nothing happened for too long.
    Idle,
    /// The browser froze the tab.
    Frozen,
    /// Left, and the browser keeps the page for a way back.
    BackForwardCache,
}

/// Why a click looks as if it didn't help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Frustration {
    /// The third click or a later one within a second in one spot.
    Rage,
    /// Nothing happened for a second after it, though it looked as if something would.
    Dead,
}

/// What a click meant to do with the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CartAction {
    Add,
    Remove,
    Update,
    View,
    Checkout,
}

/// 0 to 100, with two decimals.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "f64")]
pub struct Percent(f64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a percentage from 0 to 100")]
pub struct PercentError;

impl Percent {
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Percent {
    type Error = PercentError;

    /// Rounds to two decimals.
    fn try_from(value: f64) -> Result<Self, PercentError> {
        if (0.0..=100.0).contains(&value) {
            Ok(Self((value * 100.0).round() / 100.0))
        } else {
            Err(PercentError)
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl JsonSchema for Percent {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 100 })
    }
}
