//! The two shapes of a message: a line of user activity and a line about the application, in the seed's field names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::EntityType;
use crate::events::Product;
pub use crate::pairs::Fields;
use crate::{EventId, EventType, SessionId, Source, Timestamp, UserId, VisitorId};

// `D` is what is special to the event type: `Details` when it is made, raw JSON when it is read.
/// What somebody did: a message of an activity topic, a line of `user_activity-DATE.log`, a row of `user_activity_log`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity<'a, D> {
    /// When it happened, by the shop's clock: RFC 3339 in UTC, microseconds.
    pub timestamp: Timestamp,
    /// The visit: 32 hex digits, another one after 30 minutes of silence. The message's key.
    pub session_id: SessionId,
    /// The browser, over all its visits; null when that must not be known (Global Privacy Control, only what is necessary).
    /// Absent in messages of older shops.
    #[serde(default)]
    pub visitor_id: Option<VisitorId>,
    /// What happened; one of a closed set.
    pub event_type: EventType,
    /// The account, once signed in.
    pub user_id: Option<UserId>,
    /// What it was about.
    pub entity_type: Option<EntityType>,
    /// Its number: of the product, category, order or account that `entity_type` names.
    pub entity_id: Option<i64>,
    /// The handler, such as `products.detail`.
    #[serde(borrow)]
    pub endpoint: Cow<'a, str>,
    /// The request's HTTP method.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The request's path, without its query string.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// The query string.
    #[serde(borrow)]
    pub args: Fields<'a>,
    /// The form's fields that are allowed into events; never a password, a token or an address.
    #[serde(borrow)]
    pub form: Fields<'a>,
    /// Where the request came from; only the network when no more may be kept.
    #[serde(borrow)]
    pub ip_address: Option<Cow<'a, str>>,
    /// `Unknown` when the client sent none; null when it must not be kept.
    #[serde(borrow)]
    pub user_agent: Option<Cow<'a, str>>,
    /// True when the user agent says that it is a crawler; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
    /// The browser fetched the page on a guess, and nobody may have seen it; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The page that the browser came from, without parameters that could hold anything; null when none was sent or it must not be kept.
    #[serde(borrow)]
    pub referrer: Option<Cow<'a, str>>,
    /// The HTTP status of the answer.
    pub response_status: Option<u16>,
    /// Unique to the event.
    pub event_id: EventId,
    /// The request during which it happened; the same as in `shop.request`.
    pub request_id: Option<Uuid>,
    /// The event id of the page's `view`: the page on which it happened, or whose form asked for it. Absent on the view itself and where
    /// it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_view_id: Option<EventId>,
    /// What is special to the event type.
    pub details: D,
    /// The version of the contract; it rises only when a reader must know.
    pub schema_version: u16,
    /// Added by the journal; a message always has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub source: Option<Source>,
}

/// Why a browser asked for a page that nobody asked it for: `Sec-Purpose` or `Purpose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Purpose {
    /// Fetched ahead of a click that may never come.
    Prefetch,
    /// Fetched and drawn ahead; the page's own events (`dwell`) tell whether it was shown.
    Prerender,
}

/// What something is from a moment on, not what somebody did: a message of `shop.product`, a line of `product-DATE.log`, a row of `product`.
/// Its key is `entity_id`, and the last message of each key says what holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueEntry<'a> {
    /// When it happened, by the shop's clock: RFC 3339 in UTC, microseconds.
    pub timestamp: Timestamp,
    /// What happened; one of a closed set.
    pub event_type: EventType,
    /// What it is about: always a product.
    pub entity_type: EntityType,
    /// The product's number, the message's key.
    pub entity_id: i64,
    /// Unique to the event.
    pub event_id: EventId,
    /// What is special to the event type.
    #[serde(borrow)]
    pub details: Product<'a>,
    /// The version of the contract; it rises only when a reader must know.
    pub schema_version: u16,
    /// Added by the journal; a message always has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub source: Option<Source>,
}

/// What the shop did: a message of `shop.request` or `shop.app`, a line of `app-DATE.log`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppLine<'a> {
    /// When it happened, by the shop's clock: RFC 3339 in UTC, microseconds.
    pub timestamp: Timestamp,
    pub level: Level,
    /// What is said, in plain words.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// The part of the program that speaks.
    #[serde(borrow)]
    pub module: Cow<'a, str>,
    /// What happened; one of a closed set.
    pub event_type: EventType,
    /// Requests: `started` before the handler, `finished` after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The request during which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
    /// The visit: 32 hex digits, another one after 30 minutes of silence. The message's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The account, once signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http<'a>>,
    /// How long it took, once it has finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<Performance>,
    /// What failed, outermost first, down to the cause.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub error: Vec<Cow<'a, str>>,
    /// The structured fields of an application line.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: Fields<'a>,
    /// Unique to the event.
    pub event_id: EventId,
    /// The version of the contract; it rises only when a reader must know.
    pub schema_version: u16,
    /// Added by the journal; a message always has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub source: Option<Source>,
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
}

/// Before or after the handler (the seed's `before_request` and `after_request`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Phase {
    Started,
    Finished,
}

/// The request that a line is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Http<'a> {
    /// The request's HTTP method.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The request's path, without its query string.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Where the request came from.
    #[serde(borrow)]
    pub ip: Cow<'a, str>,
    /// The handler, such as `products.detail`; absent when no route matched.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Cow<'a, str>>,
    /// The route's pattern, such as `/products/{id}`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Cow<'a, str>>,
    /// The HTTP status of the answer, once the request has finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Performance {
    /// From the request's arrival to its answer, with microseconds as fraction.
    #[schemars(range(min = 0.0))]
    pub processing_time_ms: f64,
}
