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

/// In the order in which transactions write them.
pub(super) const TABLES: [&str; 8] = [
    "cart",
    "cart_line",
    "wishes",
    "wish",
    "stock",
    "orders",
    "order_line",
    "account",
];

pub(super) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    cart::apply(connection, fact).await?;
    wishes::apply(connection, fact).await?;
    stock::apply(connection, fact).await?;
    orders::apply(connection, fact).await?;
    account::apply(connection, fact).await
}
