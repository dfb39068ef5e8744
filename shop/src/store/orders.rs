//! Orders as they stand.

use schemas::OrderId;

use crate::domain::{Delivery, Order};
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// The owner's orders, the newest first, at most 100.
    pub async fn orders_of(&self, owner: CartOwner) -> Result<Vec<Order>, StoreError> {
        todo!()
    }

    /// An order, if it is the owner's.
    pub async fn order(&self, owner: CartOwner, id: OrderId) -> Result<Option<Order>, StoreError> {
        todo!()
    }

    /// Where an order of the owner goes.
    pub async fn delivery_of(&self, owner: CartOwner, id: OrderId) -> Result<Option<Delivery>, StoreError> {
        todo!()
    }
}
