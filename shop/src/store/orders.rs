//! Orders as they stand.

use schemas::OrderId;

use crate::domain::Order;
use crate::store::projection::orders;
use crate::store::{CartOwner, Store, StoreError};

/// As many as a page shows.
const LATEST: u32 = 100;

impl Store {
    /// The owner's orders, the newest first, at most 100.
    pub async fn orders_of(&self, owner: CartOwner) -> Result<Vec<Order>, StoreError> {
        orders::load(&mut *self.0.database.read().await?, &owner.key(), None, LATEST).await
    }

    /// An order, if it is the owner's.
    pub async fn order(&self, owner: CartOwner, id: OrderId) -> Result<Option<Order>, StoreError> {
        let orders = orders::load(&mut *self.0.database.read().await?, &owner.key(), Some(id), 1).await?;
        Ok(orders.into_iter().next())
    }
}
