//! The projections, derived afresh from the facts: first in a scratch database, while the shops go on, then put in the place of what
//! pages read, in one transaction.

mod scratch;

use std::fmt;

use sqlx::AnyConnection;

use crate::store::database::transaction_always;
use crate::store::{Store, StoreError};
use scratch::Scratch;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// Facts read.
    pub facts: u64,
    /// Carts, orders and accounts there are now.
    pub carts: u64,
    pub orders: u64,
    pub accounts: u64,
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
    /// Derives the projections from the facts: the outcome is identical. Shops that run wait only while the rows are put in their place,
    /// and for the facts that they recorded meanwhile.
    /// `progress` hears the id of the last fact that was applied, and the highest there is.
    pub async fn rebuild(&self, progress: impl Fn(u64, u64)) -> Result<RebuildReport, StoreError> {
        let database = &self.0.database;
        let mut facts = database.read().await?;
        let mut scratch = Scratch::open(&mut facts).await?;
        // Ids are given before transactions end. While nobody records, every fact up to the highest id is there, or never will be.
        let settled = transaction_always!(database, |connection| {
            database.keep_others_out(connection).await?;
            highest_id(connection).await
        })?;
        scratch.follow(&mut facts, settled, &progress).await?;
        drop(facts);
        let report = transaction_always!(database, |connection| {
            database.keep_others_out(connection).await?;
            let settled = highest_id(connection).await?;
            scratch.follow(connection, settled, &progress).await?;
            scratch.replace(connection).await
        })?;
        self.refresh_stock().await?;
        Ok(report)
    }
}

async fn highest_id(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let highest = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM event");
    Ok(highest.fetch_one(connection).await?)
}
