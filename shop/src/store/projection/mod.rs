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

/// A table that is derived from facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns of its primary key. Whatever a fact does to a row depends on the fact and on that row alone.
    pub(super) key: &'static str,
}

/// In the order in which transactions write them.
pub(super) const TABLES: [Table; 8] = [
    table("cart", "owner"),
    table("cart_line", "owner, product_id"),
    table("wishes", "owner"),
    table("wish", "owner, product_id"),
    table("stock", "product_id"),
    table("orders", "id"),
    table("order_line", "order_id, position"),
    table("account", "id"),
];

const fn table(name: &'static str, key: &'static str) -> Table {
    Table { name, key }
}

pub(super) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    cart::apply(connection, fact).await?;
    wishes::apply(connection, fact).await?;
    stock::apply(connection, fact).await?;
    orders::apply(connection, fact).await?;
    account::apply(connection, fact).await
}
