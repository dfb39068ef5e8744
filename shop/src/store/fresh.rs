//! What is kept in memory, and what several shops share.

use std::error::Error as _;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use schemas::Timestamp;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::domain::StockLevels;
use crate::store::database::{in_time, transaction_always};
use crate::store::projection::stock;
use crate::store::{Store, StoreError};

/// How old the stock in memory may be.
const FRESH: Duration = Duration::from_secs(1);
const SIGNING_KEY: &str = "signing_key";

impl Store {
    /// Reads from the database what is left of each product. A database that doesn't answer is said when that begins and when it ends.
    pub async fn refresh_stock(&self) -> Result<(), StoreError> {
        let levels = self.levels().await;
        self.note(levels.as_ref().err());
        let levels = levels?;
        self.0.stock.send_if_modified(|known| {
            let changed = **known != levels;
            if changed {
                *known = Arc::new(levels);
            }
            changed
        });
        Ok(())
    }

    /// Since when the database doesn't answer, or can't be written (its disk is full, for instance), and what it says.
    #[must_use]
    pub fn trouble(&self) -> Option<(Timestamp, String)> {
        let reading = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        reading.or_else(|| {
            let (since, what) = self.0.database.write_trouble()?;
            let ago = i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX);
            Some((
                self.0.clock.now().plus_micros(-ago),
                format!("can't be written: {what}"),
            ))
        })
    }

    async fn levels(&self) -> Result<StockLevels, StoreError> {
        in_time(async { stock::levels(&mut *self.0.database.read().await?).await }).await
    }

    fn note(&self, failure: Option<&StoreError>) {
        let now = self.0.clock.now();
        let said = failure.map(|failure| {
            let cause = failure.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{failure}{cause}")
        });
        let mut trouble = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let known = trouble.take();
        let since = known.as_ref().map_or(now, |(since, _)| *since);
        *trouble = said.clone().map(|said| (since, said));
        drop(trouble);
        match (known, said) {
            (None, Some(error)) => tracing::error!(
                error,
                "The database doesn't answer; pages that need it fail until it does, which is tried every second. Look after it (--database)"
            ),
            (Some((since, _)), None) => {
                let seconds = (now.unix_micros() - since.unix_micros()) / 1_000_000;
                tracing::info!(seconds, "The database answers again");
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Refreshes stock and catalogue every second until `stop`; after a failure the last known stock stays.
    pub async fn keep_fresh(&self, stop: CancellationToken) {
        let mut second = tokio::time::interval(FRESH);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(second.tick()).await.is_some() {
            // Said where it began, and tried again in a second.
            stop.run_until_cancelled(async {
                if self.refresh_stock().await.is_ok() {
                    in_time(self.refresh_catalogue()).await.ok();
                }
            })
            .await;
        }
    }

    /// After an own write, which stands whatever happens here.
    pub(super) async fn stock_changed(&self) {
        // Said where it began; the stock is a second late.
        self.refresh_stock().await.ok();
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
