//! What is kept in memory, and what several shops share.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::store::database::transaction_always;
use crate::store::projection::stock;
use crate::store::{Store, StoreError};

/// How old the stock in memory may be.
const FRESH: Duration = Duration::from_secs(1);
const SIGNING_KEY: &str = "signing_key";

impl Store {
    /// Reads from the database what is left of each product.
    pub async fn refresh_stock(&self) -> Result<(), StoreError> {
        let levels = stock::levels(&mut *self.0.database.read().await?).await?;
        self.0.stock.send_if_modified(|known| {
            let changed = **known != levels;
            if changed {
                *known = Arc::new(levels);
            }
            changed
        });
        Ok(())
    }

    /// Refreshes the stock every second until `stop`; a failure is told once, and the last known stock stays.
    pub async fn keep_fresh(&self, stop: CancellationToken) {
        let mut second = tokio::time::interval(FRESH);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        while stop.run_until_cancelled(second.tick()).await.is_some() {
            match self.refresh_stock().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(error = &error as &dyn std::error::Error, "the stock can't be refreshed");
                }
                Err(_still_failing) => {}
            }
        }
    }

    /// After an own write, which stands whatever happens here.
    pub(super) async fn stock_changed(&self) {
        if let Err(error) = self.refresh_stock().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the stock is a second late");
        }
    }

    /// The key that signs cookies: random, made once, the same for all shops of this database.
    pub async fn signing_key(&self) -> Result<[u8; 64], StoreError> {
        let key = transaction_always!(self.0.database, |connection| {
            sqlx::query("INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
                .bind(SIGNING_KEY)
                .bind(rand::random::<[u8; 64]>().to_vec())
                .execute(&mut *connection)
                .await?;
            let key: Vec<u8> = sqlx::query_scalar("SELECT value FROM secret WHERE name = $1")
                .bind(SIGNING_KEY)
                .fetch_one(connection)
                .await?;
            Ok(key)
        })?;
        key.try_into()
            .map_err(|_| StoreError::impossible("secret", SIGNING_KEY, "a key that isn't 64 bytes long"))
    }
}
