//! What the browser tells about a page as a whole: what was seen of its lists, how fast it was, which form was given up.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::client::{ClientTimes, Tab};
use crate::ProductId;

/// Tiles of a list that were really seen: half of each for a second. A tile is told once for each time the page is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impression<'a> {
    /// The page's path. (`page_endpoint` is what other types call the page; the path keeps this name for older readers.)
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The page's endpoint, such as `products.detail`: what `page` is in a `view`. Absent where it is not known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub page_endpoint: Option<Cow<'a, str>>,
    /// The list's name, such as `listing` or `popular`.
    #[serde(borrow)]
    pub list: Cow<'a, str>,
    /// Which, in the order in which they were seen.
    pub tiles: Vec<SeenTile>,
    /// Which tab, and the event's number in it.
    #[serde(borrow)]
    pub tab: Tab<'a>,
    /// The client's own clock.
    pub client: ClientTimes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SeenTile {
    /// The product.
    pub product_id: ProductId,
    /// From 1, over all pages of the list.
    pub position: u32,
}

/// How fast a page was for its visitor: Web Vitals, as <https://web.dev/articles/vitals> defines them. Null is what the browser
/// doesn't measure, or what didn't happen (nobody interacted).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PagePerformance<'a> {
    /// The page's path. (`page_endpoint` is what other types call the page; the path keeps this name for older readers.)
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The page's endpoint, such as `products.detail`: what `page` is in a `view`. Absent where it is not known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub page_endpoint: Option<Cow<'a, str>>,
    /// How the browser came to the page.
    pub navigation: Navigation,
    /// Time to first byte.
    pub ttfb_ms: Option<u32>,
    /// First contentful paint.
    pub fcp_ms: Option<u32>,
    /// Largest contentful paint.
    pub lcp_ms: Option<u32>,
    /// Cumulative layout shift, without a unit.
    pub cls: Option<LayoutShift>,
    /// Interaction to next paint.
    pub inp_ms: Option<u32>,
    /// Which tab, and the event's number in it.
    #[serde(borrow)]
    pub tab: Tab<'a>,
    /// The client's own clock.
    pub client: ClientTimes,
}

/// How the browser came to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Navigation {
    Navigate,
    Reload,
    BackForward,
    Prerender,
}

/// A form was begun and left without being sent. Names of fields only, never what stood in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormAbandoned<'a> {
    /// The page's path. (`page_endpoint` is what other types call the page; the path keeps this name for older readers.)
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The page's endpoint, such as `products.detail`: what `page` is in a `view`. Absent where it is not known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub page_endpoint: Option<Cow<'a, str>>,
    /// The path that the form would have been sent to.
    #[serde(borrow)]
    pub form: Cow<'a, str>,
    /// The fields that were changed, in the order of the first change.
    #[serde(borrow)]
    pub fields: Vec<Cow<'a, str>>,
    /// The one that was changed last.
    #[serde(borrow)]
    pub last_field: Cow<'a, str>,
    /// From the first change to leaving.
    pub spent_ms: u64,
    /// Which tab, and the event's number in it.
    #[serde(borrow)]
    pub tab: Tab<'a>,
    /// The client's own clock.
    pub client: ClientTimes,
}

/// A layout shift score: 0 to 1000, with four decimals.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64")]
pub struct LayoutShift(f64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a layout shift score from 0 to 1000")]
pub struct LayoutShiftError;

impl TryFrom<f64> for LayoutShift {
    type Error = LayoutShiftError;

    /// Rounds to four decimals.
    fn try_from(value: f64) -> Result<Self, LayoutShiftError> {
        if (0.0..=1000.0).contains(&value) {
            Ok(Self((value * 10_000.0).round() / 10_000.0))
        } else {
            Err(LayoutShiftError)
        }
    }
}

impl JsonSchema for LayoutShift {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "LayoutShift".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1000 })
    }
}
