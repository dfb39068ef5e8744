//! Carts: loaded, decided on, recorded.

use schemas::Details;
use sqlx::AnyConnection;

use crate::domain::cart::merge;
use crate::domain::{Belongings, Cart, CartError, Catalogue, StockLevels};
use crate::observe::Occasion;
use crate::store::event_store::Recorder;
use crate::store::fact::{Fact, Stream};
use crate::store::projection::cart;
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// What the owner has in the cart; empty for an owner who never had one.
    pub async fn cart_of(&self, owner: CartOwner) -> Result<Cart, StoreError> {
        cart::load(&mut *self.0.database.read().await?, &owner.key()).await
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
        let decide = |before: &Belongings, catalogue: &Catalogue, stock: &StockLevels| {
            decide(&before.cart, catalogue, stock).map(|fact| fact.into_iter().collect())
        };
        let changed = self.change_belongings(occasion, owner, status, decide).await?;
        Ok(changed.map(|belongings| belongings.cart))
    }
}

/// Puts what is in one cart into another, within a transaction.
pub(super) async fn pour(
    connection: &mut AnyConnection,
    recorder: Recorder<'_>,
    from: CartOwner,
    into: CartOwner,
) -> Result<(), StoreError> {
    let (from, into) = (from.key(), into.key());
    cart::lock(connection, &from).await?;
    cart::lock(connection, &into).await?;
    let brought = cart::load(connection, &from).await?;
    let own = cart::load(connection, &into).await?;
    let Some(merged) = merge(&brought, &own) else {
        return Ok(());
    };
    let fact = Fact::new(Stream::Cart(into), own.version + 1, recorder.occasion.at, merged);
    recorder
        .record(
            connection,
            &Fact {
                emptied: Some(from),
                ..fact
            },
        )
        .await
}
