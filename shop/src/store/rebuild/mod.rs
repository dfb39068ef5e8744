//! The projections, derived afresh from the facts in a scratch database, and compared with what pages read: only the rows that differ are
//! written. Shops go on meanwhile.

mod report;
mod scratch;

use sqlx::AnyConnection;

use crate::store::database::transaction_always;
use crate::store::{Store, StoreError};
pub use report::RebuildReport;
use scratch::Scratch;

impl Store {
    /// Brings the projections to what follows from the facts; where nothing is wrong, no row changes. Shops that run wait only at two
    /// moments: while a snapshot is taken, and for the facts that were recorded since and the rows that differ.
    /// `progress` hears the id of the last fact that was applied, and the highest there is.
    pub async fn rebuild(&self, progress: impl Fn(u64, u64)) -> Result<RebuildReport, StoreError> {
        let database = &self.0.database;
        // Ids are given before transactions end: while nobody records, every fact up to the highest id is there, or never will be.
        let mut snapshot = transaction_always!(database, |connection| {
            database.keep_others_out(connection).await?;
            database.snapshot().await
        })?;
        let mut scratch = Scratch::open(&mut snapshot).await?;
        let settled = highest_id(&mut snapshot).await?;
        scratch.follow(&mut snapshot, settled, &progress).await?;
        scratch.find(&mut snapshot).await?;
        snapshot.rollback().await?;
        scratch.compare().await?;
        // What was right in the snapshot stayed right; what was wrong is known by its keys, whatever happened to it since.
        let report = transaction_always!(database, |connection| {
            database.keep_others_out(connection).await?;
            let settled = highest_id(connection).await?;
            scratch.follow(connection, settled, &progress).await?;
            scratch.mend(connection).await
        })?;
        self.refresh_stock().await?;
        Ok(report)
    }
}

async fn highest_id(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let highest = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM event");
    Ok(highest.fetch_one(connection).await?)
}
