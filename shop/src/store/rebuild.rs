//! The projections, derived afresh from the facts.

use std::fmt;

use schemas::{Activity, Details, EventType, Timestamp};
use serde_json::value::RawValue;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::store::fact::{Fact, Stream};
use crate::store::recording_always;
use crate::store::{Store, StoreError, projection};

/// Facts that are read at a time.
const PAGE: i64 = 500;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// Facts read.
    pub facts: u64,
    /// Carts, orders and accounts there are now.
    pub carts: i64,
    pub orders: i64,
    pub accounts: i64,
}

impl fmt::Display for RebuildReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            facts,
            carts,
            orders,
            accounts,
        } = self;
        write!(
            f,
            "{carts} carts, {orders} orders and {accounts} accounts from {facts} facts"
        )
    }
}

impl Store {
    /// Empties the projections and derives them from the facts, in one transaction: the outcome is identical. Shops that run wait.
    /// `progress` hears the id of the last fact that was applied, and the highest there is; from the beginning when others came between.
    pub async fn rebuild(&self, progress: impl Fn(u64, u64)) -> Result<RebuildReport, StoreError> {
        let report = recording_always!(self, |connection| self.derive_afresh(connection, &progress).await)?;
        self.refresh_stock().await?;
        Ok(report)
    }

    async fn derive_afresh(
        &self,
        connection: &mut AnyConnection,
        progress: impl Fn(u64, u64),
    ) -> Result<RebuildReport, StoreError> {
        self.0.database.prepare_rebuild(connection).await?;
        projection::empty(connection).await?;
        let highest: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM event")
            .fetch_one(&mut *connection)
            .await?;
        let (mut facts, mut after) = (0, 0);
        loop {
            let rows = facts_after(connection, after).await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get("id")?;
            facts += rows.len() as u64;
            for row in &rows {
                apply_again(connection, row).await?;
            }
            progress(after.unsigned_abs(), highest.unsigned_abs());
        }
        Ok(RebuildReport {
            facts,
            carts: sqlx::query_scalar("SELECT COUNT(*) FROM cart")
                .fetch_one(&mut *connection)
                .await?,
            orders: sqlx::query_scalar("SELECT COUNT(*) FROM orders")
                .fetch_one(&mut *connection)
                .await?,
            accounts: sqlx::query_scalar("SELECT COUNT(*) FROM account")
                .fetch_one(&mut *connection)
                .await?,
        })
    }
}

async fn facts_after(connection: &mut AnyConnection, id: i64) -> Result<Vec<AnyRow>, StoreError> {
    let facts = sqlx::query(
        "SELECT id, event_type, stream, version, happened_at, data, cart_emptied, checkout FROM event WHERE id > $1 ORDER BY id LIMIT $2",
    );
    Ok(facts.bind(id).bind(PAGE).fetch_all(connection).await?)
}

async fn apply_again(connection: &mut AnyConnection, row: &AnyRow) -> Result<(), StoreError> {
    let id: i64 = row.try_get("id")?;
    // What is sold is no projection: the tables of the catalogue have it.
    if row.try_get::<String, _>("event_type")? == EventType::Product.name() {
        return Ok(());
    }
    let data: String = row.try_get("data")?;
    let activity: Activity<'_, &RawValue> =
        serde_json::from_str(&data).map_err(|error| StoreError::impossible("event", id, error))?;
    let details = Details::parse(activity.event_type, activity.details.get())
        .ok_or_else(|| StoreError::impossible("event", id, "no details"))?
        .map_err(|error| StoreError::impossible("event", id, error))?;
    let stream: Option<String> = row.try_get("stream")?;
    let stream = stream.map_or(Ok(Stream::Nobody), |stream| stream.parse());
    let fact = Fact {
        stream: stream.map_err(|error| StoreError::impossible("event", id, error))?,
        version: row.try_get::<Option<i64>, _>("version")?.unwrap_or(0),
        at: Timestamp::from_unix_micros_saturating(row.try_get("happened_at")?),
        details,
        emptied: row.try_get("cart_emptied")?,
        checkout: row.try_get("checkout")?,
    };
    projection::apply(connection, &fact).await.map_err(|error| match error {
        StoreError::Conflict => StoreError::impossible("event", id, "it doesn't follow from the facts before it"),
        error => error,
    })
}
