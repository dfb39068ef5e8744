//! A fact, and the stream that it belongs to.

use std::str::FromStr;

use schemas::{Activity, Details, OrderId, ProductId, Timestamp, UserId};
use serde_json::value::RawValue;

use crate::store::StoreError;

/// What a fact is about; facts of one stream have rising versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stream {
    /// Whose, by its key.
    Cart(String),
    /// Whose, by its key.
    Wishes(String),
    Order(OrderId),
    Account(UserId),
    /// What it is called and costs.
    Product(ProductId),
    /// A sign-in that failed is about nobody.
    Nobody,
}

impl Stream {
    pub(super) fn key(&self) -> Option<String> {
        match self {
            Self::Cart(owner) => Some(format!("cart/{owner}")),
            Self::Wishes(owner) => Some(format!("wishes/{owner}")),
            Self::Order(order) => Some(format!("order/{order}")),
            Self::Account(user) => Some(format!("account/{user}")),
            Self::Product(product) => Some(format!("product/{product}")),
            Self::Nobody => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a stream")]
pub(super) struct StreamError;

impl FromStr for Stream {
    type Err = StreamError;

    fn from_str(key: &str) -> Result<Self, StreamError> {
        let (kind, name) = key.split_once('/').ok_or(StreamError)?;
        let number = || name.parse().map_err(|_| StreamError);
        match kind {
            "cart" => Ok(Self::Cart(name.to_owned())),
            "wishes" => Ok(Self::Wishes(name.to_owned())),
            "order" => Ok(Self::Order(OrderId(number()?))),
            "account" => Ok(Self::Account(UserId(number()?))),
            "product" => Ok(Self::Product(ProductId(number()?))),
            _ => Err(StreamError),
        }
    }
}

/// A fact as the projections need it, new or read back.
#[derive(Debug, Clone)]
pub(super) struct Fact<'a> {
    pub(super) stream: Stream,
    /// Of the stream, after this fact.
    pub(super) version: i64,
    pub(super) at: Timestamp,
    pub(super) details: Details<'a>,
    /// The owner whose cart went into this order or this other cart, or whose wish list went into this other list.
    pub(super) emptied: Option<String>,
    /// Owner and token of the checkout page, or of another form that is done once.
    pub(super) checkout: Option<String>,
}

impl<'a> Fact<'a> {
    pub(super) fn new(stream: Stream, version: i64, at: Timestamp, details: impl Into<Details<'a>>) -> Self {
        Self {
            stream,
            version,
            at,
            details: details.into(),
            emptied: None,
            checkout: None,
        }
    }
}

/// What the recorded event `id` says that happened.
pub(super) fn details(id: i64, data: &str) -> Result<Details<'_>, StoreError> {
    let activity: Activity<'_, &RawValue> =
        serde_json::from_str(data).map_err(|error| StoreError::impossible("event", id, error))?;
    Details::parse(activity.event_type, activity.details.get())
        .ok_or_else(|| StoreError::impossible("event", id, "no details"))?
        .map_err(|error| StoreError::impossible("event", id, error))
}
