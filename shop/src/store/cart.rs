//! Carts: loaded, and poured into each other.

use sqlx::AnyConnection;

use crate::domain::Cart;
use crate::domain::cart::merge;
use crate::store::event_store::Recorder;
use crate::store::fact::{Fact, Stream};
use crate::store::projection::cart;
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// What the owner has in the cart; empty for an owner who never had one.
    pub async fn cart_of(&self, owner: CartOwner) -> Result<Cart, StoreError> {
        cart::load(&mut *self.0.database.read().await?, &owner.key()).await
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
