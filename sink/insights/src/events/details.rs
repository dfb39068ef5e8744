//! What is special to some event types, read from their `details`; a field that is absent is none.

use std::borrow::Cow;

use schemas::EventType;
use serde::Deserialize;

use super::{Entity, Symbol};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    pub element: Symbol,
    pub text: Symbol,
    pub list: Symbol,
    /// From 1 within the list; 0 outside of one.
    pub position: u16,
    pub frustration: Symbol,
    /// CSS pixels; 0 where the browser did not tell.
    pub viewport_width: u16,
    /// Of the whole page, in percent.
    pub x: f32,
    pub y: f32,
    /// Within the element, in percent; NaN where the browser did not tell.
    pub element_x: f32,
    pub element_y: f32,
    /// The page's path.
    pub path: Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dwell {
    pub active_ms: u32,
    pub total_ms: u32,
    pub scroll_percent: f32,
}

/// Milliseconds, and a score for the shift; NaN where the browser did not measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Performance {
    pub ttfb: f32,
    pub fcp: f32,
    pub lcp: f32,
    pub cls: f32,
    pub inp: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    pub experiment: Symbol,
    pub variant: Symbol,
    pub forced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub form: Symbol,
    pub last_field: Symbol,
}

/// The tiles of a list that were seen: a stretch of the log's tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impression {
    pub list: Symbol,
    pub first: u32,
    pub count: u32,
    /// The page's path.
    pub path: Symbol,
}

/// A line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub product: Entity,
    pub quantity: i64,
    /// KRW for one.
    pub unit_price: i64,
}

/// Every field that an analysis reads, of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub page: Option<Cow<'a, str>>,
    pub page_endpoint: Option<Cow<'a, str>>,
    pub language: Option<Cow<'a, str>>,
    pub product_id: Option<i64>,
    pub category_id: Option<i64>,
    pub campaign: Option<Campaign<'a>>,
    pub query: Option<Cow<'a, str>>,
    pub result_count: Option<i64>,
    pub quantity: Option<i64>,
    pub unit_price: Option<i64>,
    pub total: Option<i64>,
    pub items: Option<Vec<Item>>,
    pub list: Option<Cow<'a, str>>,
    pub position: Option<u16>,
    pub tiles: Option<Vec<Tile>>,
    pub element: Option<Cow<'a, str>>,
    pub element_name: Option<Cow<'a, str>>,
    pub text: Option<Cow<'a, str>>,
    pub frustration: Option<Cow<'a, str>>,
    pub viewport_width: Option<u16>,
    pub page_x_percent: Option<f32>,
    pub page_y_percent: Option<f32>,
    pub element_x_percent: Option<f32>,
    pub element_y_percent: Option<f32>,
    pub active_ms: Option<u64>,
    pub total_ms: Option<u64>,
    pub scroll_depth_percent: Option<f32>,
    pub ttfb_ms: Option<f32>,
    pub fcp_ms: Option<f32>,
    pub lcp_ms: Option<f32>,
    pub cls: Option<f32>,
    pub inp_ms: Option<f32>,
    pub experiment: Option<Cow<'a, str>>,
    pub variant: Option<Cow<'a, str>>,
    pub forced: Option<bool>,
    pub form: Option<Cow<'a, str>>,
    pub last_field: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Campaign<'a> {
    #[serde(borrow)]
    pub source: Option<Cow<'a, str>>,
    pub medium: Option<Cow<'a, str>>,
    #[serde(rename = "campaign")]
    pub name: Option<Cow<'a, str>>,
}

impl Campaign<'_> {
    /// `source / medium / campaign`, without what is unknown.
    pub(super) fn written(&self) -> String {
        let parts = [&self.source, &self.medium, &self.name];
        let known: Vec<&str> = parts
            .into_iter()
            .filter_map(|part| part.as_deref())
            .filter(|part| !part.is_empty())
            .collect();
        known.join(" / ")
    }
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    pub product_id: i64,
    pub quantity: i64,
    pub unit_price: Option<i64>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct Tile {
    pub product_id: i64,
    pub position: u16,
}

/// Whether an analysis reads the details of this type at all.
pub(super) const fn are_read(kind: EventType) -> bool {
    !matches!(
        kind,
        EventType::Login | EventType::LoginFailed | EventType::Logout | EventType::WishMerge | EventType::CartMerge
    )
}

/// The number that an event is about: money, results, pieces.
pub(super) fn amount(kind: EventType, fields: &Fields<'_>) -> i64 {
    match kind {
        EventType::OrderPlaced | EventType::OrderCancelled => fields.total.unwrap_or(0),
        EventType::Search => fields.result_count.unwrap_or(0),
        EventType::CartAdd | EventType::CartRemove => fields.quantity.unwrap_or(0),
        _ => 0,
    }
}
