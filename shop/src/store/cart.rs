//! Carts: loaded, decided on, recorded.

use schemas::Details;

use crate::domain::{Cart, CartError, Catalogue, StockLevels};
use crate::observe::Occasion;
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// What the owner has in the cart; empty for an owner who never had one.
    pub async fn cart_of(&self, owner: CartOwner) -> Result<Cart, StoreError> {
        todo!()
    }

    /// Loads the cart, lets `decide` say what happens, and records that as answered with `status`; returns the cart as it is then.
    ///
    /// `decide` returns none when nothing has to change; it is asked again when somebody else was faster.
    pub async fn change_cart<D>(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        status: u16,
        decide: D,
    ) -> Result<Result<Cart, CartError>, StoreError>
    where
        D: Fn(&Cart, &Catalogue, &StockLevels) -> Result<Option<Details<'static>>, CartError> + Send + Sync,
    {
        todo!()
    }
}
