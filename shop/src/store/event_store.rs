//! The facts themselves: appended once, never changed.

use std::str::FromStr;

use schemas::{Details, InstanceId, OrderId, ProductId, Timestamp, UserId};
use sqlx::AnyConnection;

use crate::observe::Occasion;
use crate::store::{StoreError, projection};

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

/// Where and how a fact is recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorder<'a> {
    pub(super) instance: &'a InstanceId,
    pub(super) occasion: &'a Occasion,
    pub(super) status: u16,
}

impl Recorder<'_> {
    /// Applies the fact to the projections, then appends it.
    pub(super) async fn record(&self, connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
        projection::apply(connection, fact).await?;
        let event = self
            .occasion
            .event(fact.details.clone(), self.status)
            .map_err(StoreError::Encode)?;
        let data =
            String::from_utf8(event.json).map_err(|error| StoreError::impossible("event", event.event_id, error))?;
        let stream = fact.stream.key();
        sqlx::query(
            "INSERT INTO event (instance, stream, version, event_type, event_id, session_id, happened_at, trace_parent, data,
                                cart_emptied, checkout)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(self.instance.as_str())
        .bind(stream.clone())
        .bind(stream.map(|_| fact.version))
        .bind(event.event_type.name())
        .bind(event.event_id.to_string())
        .bind(event.session_id.map(|session| session.to_string()))
        .bind(event.timestamp.unix_micros())
        .bind(self.occasion.trace_parent.clone())
        .bind(data)
        .bind(fact.emptied.clone())
        .bind(fact.checkout.clone())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Numbers that people read: short, and without a gap.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counter {
    Order,
    Account,
    /// Changes of the catalogue since it was filled: shops that run look for them.
    Catalogue,
}

impl Counter {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Account => "account",
            Self::Catalogue => "catalogue",
        }
    }

    /// Begins to count; whether nobody did before.
    pub(super) async fn begin(self, connection: &mut AnyConnection, before_the_first: i64) -> Result<bool, StoreError> {
        let counter = sqlx::query("INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        let begun = counter
            .bind(self.name())
            .bind(before_the_first)
            .execute(connection)
            .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// The next number; it is given back when the transaction is rolled back. Until it ends, everybody else waits for theirs.
    pub(super) async fn next(self, connection: &mut AnyConnection) -> Result<i64, StoreError> {
        let next = sqlx::query_scalar("UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value");
        Ok(next.bind(self.name()).fetch_one(connection).await?)
    }
}
