//! How facts are recorded: appended once, never changed.

use journal::MAX_EVENT_BYTES;
use schemas::InstanceId;
use sqlx::AnyConnection;

use crate::observe::Occasion;
use crate::store::fact::Fact;
use crate::store::{StoreError, projection};

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
        // The journal would refuse it for ever.
        let bytes = event.json.len();
        if bytes > MAX_EVENT_BYTES {
            return Err(StoreError::TooLarge { bytes });
        }
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
