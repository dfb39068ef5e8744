//! What is kept in memory, and what several shops share.

use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreError};

impl Store {
    /// Reads from the database what is left of each product.
    pub async fn refresh_stock(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Refreshes the stock every second until `stop`; a failure is told once, and the last known stock stays.
    pub async fn keep_fresh(&self, stop: CancellationToken) {
        todo!()
    }

    /// The key that signs cookies: random, made once, the same for all shops of this database.
    pub async fn signing_key(&self) -> Result<[u8; 64], StoreError> {
        todo!()
    }
}
