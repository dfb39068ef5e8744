//! From cart to order, and back.

use schemas::OrderId;

use crate::domain::{CancelError, Delivery, Order, OrderError};
use crate::observe::Occasion;
use crate::store::{CartOwner, CheckoutToken, Store, StoreError};

impl Store {
    /// Makes an order of the owner's cart and empties it. The same owner with the same token gets the same order again.
    pub async fn place_order(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        token: CheckoutToken,
        delivery: &Delivery,
        status: u16,
    ) -> Result<Result<Order, OrderError>, StoreError> {
        todo!()
    }

    /// Calls an order of the owner off and puts its goods back into stock.
    pub async fn cancel_order(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        order: OrderId,
        status: u16,
    ) -> Result<Result<Order, CancelError>, StoreError> {
        todo!()
    }
}
