//! What is left of each product: what there was at first, less what was ordered, plus what was called off.

use schemas::events::OrderLine;
use schemas::{Details, ProductId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::StockLevels;
use crate::store::StoreError;
use crate::store::fact::Fact;

pub(in crate::store) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    match &fact.details {
        Details::OrderPlaced(placed) => take(connection, &placed.items).await,
        Details::OrderCancelled(cancelled) => put_back(connection, &cancelled.items).await,
        _ => Ok(()),
    }
}

/// Always in the order of the products, so that two orders never wait for each other.
fn in_order(items: &[OrderLine]) -> Vec<OrderLine> {
    let mut items = items.to_vec();
    items.sort_by_key(|item| item.product_id);
    items
}

async fn take(connection: &mut AnyConnection, items: &[OrderLine]) -> Result<(), StoreError> {
    for item in in_order(items) {
        let taken = sqlx::query("UPDATE stock SET units = units - $1 WHERE product_id = $2 AND units >= $1")
            .bind(i64::from(item.quantity))
            .bind(item.product_id.0)
            .execute(&mut *connection)
            .await?;
        if taken.rows_affected() == 0 {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

async fn put_back(connection: &mut AnyConnection, items: &[OrderLine]) -> Result<(), StoreError> {
    for item in in_order(items) {
        sqlx::query("UPDATE stock SET units = units + $1 WHERE product_id = $2")
            .bind(i64::from(item.quantity))
            .bind(item.product_id.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// What is left of every product.
pub(in crate::store) async fn levels(connection: &mut AnyConnection) -> Result<StockLevels, StoreError> {
    let rows = sqlx::query("SELECT product_id, units FROM stock")
        .fetch_all(connection)
        .await?;
    rows.iter().map(level).collect()
}

/// What is left of the products in the owner's cart.
pub(in crate::store) async fn levels_of_cart(
    connection: &mut AnyConnection,
    owner: &str,
) -> Result<StockLevels, StoreError> {
    let rows = sqlx::query(
        "SELECT s.product_id, s.units FROM stock s JOIN cart_line l ON l.product_id = s.product_id WHERE l.owner = $1",
    );
    rows.bind(owner)
        .fetch_all(connection)
        .await?
        .iter()
        .map(level)
        .collect()
}

fn level(row: &AnyRow) -> Result<(ProductId, u32), StoreError> {
    let product: i64 = row.try_get("product_id")?;
    let units: i64 = row.try_get("units")?;
    let units = u32::try_from(units).map_err(|error| StoreError::impossible("stock", product, error))?;
    Ok((ProductId(product), units))
}
