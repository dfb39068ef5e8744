//! Cart and wish list together: loaded, decided on, recorded.

use schemas::Details;
use sqlx::AnyConnection;

use crate::domain::belongings::is_about_wishes;
use crate::domain::wishes::merge;
use crate::domain::{Belongings, CartError, Catalogue, StockLevels, Wishes};
use crate::observe::Occasion;
use crate::store::event_store::{Fact, Recorder, Stream};
use crate::store::projection::{cart, wishes};
use crate::store::recording;
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// What the owner wishes for; empty for an owner who never did.
    pub async fn wishes_of(&self, owner: CartOwner) -> Result<Wishes, StoreError> {
        wishes::load(&mut *self.0.database.read().await?, &owner.key()).await
    }

    /// Cart and wish list.
    pub async fn belongings_of(&self, owner: CartOwner) -> Result<Belongings, StoreError> {
        load(&mut *self.0.database.read().await?, &owner.key()).await
    }

    /// Loads cart and wish list, lets `decide` say what happens to them, and records all of it in one transaction, as answered with
    /// `status`; returns them as they are then.
    ///
    /// `decide` is asked again when somebody else was faster.
    pub async fn change_belongings<D>(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        status: u16,
        decide: D,
    ) -> Result<Result<Belongings, CartError>, StoreError>
    where
        D: Fn(&Belongings, &Catalogue, &StockLevels) -> Result<Vec<Details<'static>>, CartError> + Send + Sync,
    {
        let owner = owner.key();
        let recorder = self.recorder(occasion, status);
        recording!(self, |connection| {
            cart::lock(connection, &owner).await?;
            wishes::lock(connection, &owner).await?;
            let mut belongings = load(connection, &owner).await?;
            let facts = match decide(&belongings, &self.catalogue(), &self.stock()) {
                Ok(facts) => facts,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for details in facts {
                let (stream, version) = if is_about_wishes(&details) {
                    (Stream::Wishes(owner.clone()), belongings.wishes.version)
                } else {
                    (Stream::Cart(owner.clone()), belongings.cart.version)
                };
                let fact = Fact::new(stream, version + 1, occasion.at, details);
                recorder.record(connection, &fact).await?;
                belongings = belongings.after(&fact.details);
            }
            Ok(Ok(belongings))
        })
    }
}

async fn load(connection: &mut AnyConnection, owner: &str) -> Result<Belongings, StoreError> {
    Ok(Belongings {
        cart: cart::load(&mut *connection, owner).await?,
        wishes: wishes::load(connection, owner).await?,
    })
}

/// Puts what is on one wish list on another, within a transaction.
pub(super) async fn pour_wishes(
    connection: &mut AnyConnection,
    recorder: Recorder<'_>,
    from: CartOwner,
    into: CartOwner,
) -> Result<(), StoreError> {
    let (from, into) = (from.key(), into.key());
    wishes::lock(connection, &from).await?;
    wishes::lock(connection, &into).await?;
    let brought = wishes::load(connection, &from).await?;
    let own = wishes::load(connection, &into).await?;
    let Some(merged) = merge(&brought, &own) else {
        return Ok(());
    };
    let fact = Fact::new(Stream::Wishes(into), own.version + 1, recorder.occasion.at, merged);
    let fact = Fact {
        emptied: Some(from),
        ..fact
    };
    recorder.record(connection, &fact).await
}
