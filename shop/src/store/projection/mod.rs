//! What pages read, derived from facts: one `apply` a projection, used when a fact is recorded and when all is rebuilt.
//!
//! A fact is applied before it is appended: so rows are locked before the fact has its id, and the order of ids is one in which
//! the facts can be applied again.

pub(super) mod account;
pub(super) mod cart;
pub(super) mod orders;
pub(super) mod stock;
pub(super) mod wishes;

use sqlx::AnyConnection;

use crate::store::StoreError;
use crate::store::fact::Fact;

pub(super) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    cart::apply(connection, fact).await?;
    wishes::apply(connection, fact).await?;
    stock::apply(connection, fact).await?;
    orders::apply(connection, fact).await?;
    account::apply(connection, fact).await
}

/// Everything as it was before the first fact.
pub(super) async fn empty(connection: &mut AnyConnection) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM cart",
        "DELETE FROM cart_line",
        "DELETE FROM wishes",
        "DELETE FROM wish",
        "DELETE FROM stock",
        "DELETE FROM orders",
        "DELETE FROM order_line",
        "DELETE FROM account",
        "INSERT INTO stock (product_id, units) SELECT id, first_stock FROM product",
    ] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}
