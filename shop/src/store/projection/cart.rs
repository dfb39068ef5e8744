//! Carts and their lines.

use schemas::events::CartLine;
use schemas::{Details, ProductId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::cart::Line;
use crate::domain::{Cart, Quantity, Won};
use crate::store::StoreError;
use crate::store::fact::{Fact, Stream};

/// Positions of one version: more than there are lines in a cart.
const LINES_A_VERSION: i64 = 1000;

pub(in crate::store) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    if let Stream::Cart(owner) = &fact.stream {
        advance(connection, owner, fact.version).await?;
        let position = fact.version * LINES_A_VERSION;
        match &fact.details {
            Details::CartAdd(added) => {
                let line = CartLine {
                    product_id: added.product_id,
                    quantity: added.cart_quantity,
                    unit_price: Some(added.unit_price),
                };
                put(connection, owner, position, line).await?;
            }
            Details::CartUpdate(new) => {
                let line = CartLine {
                    product_id: new.product_id,
                    quantity: new.quantity,
                    unit_price: Some(new.unit_price),
                };
                put(connection, owner, position, line).await?;
            }
            Details::CartRemove(removed) => take_out(connection, owner, removed.product_id).await?,
            Details::CartMerge(merge) => put_all(connection, owner, position, &merge.items).await?,
            _ => {}
        }
    }
    if let Some(owner) = &fact.emptied
        && !matches!(fact.stream, Stream::Wishes(_))
    {
        sqlx::query("UPDATE cart SET version = version + 1 WHERE owner = $1")
            .bind(owner)
            .execute(&mut *connection)
            .await?;
        take_all_out(connection, owner).await?;
    }
    Ok(())
}

/// Moves the cart to `version`, if it is at the one before.
async fn advance(connection: &mut AnyConnection, owner: &str, version: i64) -> Result<(), StoreError> {
    let advanced = sqlx::query(
        "INSERT INTO cart (owner, version) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET version = excluded.version WHERE cart.version = excluded.version - 1",
    )
    .bind(owner)
    .bind(version)
    .execute(connection)
    .await?;
    if advanced.rows_affected() == 0 {
        Err(StoreError::Conflict)
    } else {
        Ok(())
    }
}

/// A product that is in the cart already keeps its position.
async fn put(connection: &mut AnyConnection, owner: &str, position: i64, line: CartLine) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cart_line (owner, product_id, position, quantity, unit_price) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner, product_id) DO UPDATE SET quantity = excluded.quantity, unit_price = excluded.unit_price",
    )
    .bind(owner)
    .bind(line.product_id.0)
    .bind(position)
    .bind(i64::from(line.quantity))
    .bind(line.unit_price)
    .execute(connection)
    .await?;
    Ok(())
}

/// In the place of whatever was in the cart.
async fn put_all(
    connection: &mut AnyConnection,
    owner: &str,
    position: i64,
    items: &[CartLine],
) -> Result<(), StoreError> {
    take_all_out(connection, owner).await?;
    for (at, item) in (position..).zip(items) {
        put(connection, owner, at, *item).await?;
    }
    Ok(())
}

async fn take_out(connection: &mut AnyConnection, owner: &str, product: ProductId) -> Result<(), StoreError> {
    let taken = sqlx::query("DELETE FROM cart_line WHERE owner = $1 AND product_id = $2");
    taken.bind(owner).bind(product.0).execute(connection).await?;
    Ok(())
}

async fn take_all_out(connection: &mut AnyConnection, owner: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM cart_line WHERE owner = $1")
        .bind(owner)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes everybody else who wants to change this cart wait until the transaction ends.
pub(in crate::store) async fn lock(connection: &mut AnyConnection, owner: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE cart SET version = version WHERE owner = $1")
        .bind(owner)
        .execute(connection)
        .await?;
    Ok(())
}

/// The cart as it is; version 0 and empty when there is none. One query, so that version and lines belong together.
pub(in crate::store) async fn load(connection: &mut AnyConnection, owner: &str) -> Result<Cart, StoreError> {
    let rows = sqlx::query(
        "SELECT cart.version, cart_line.product_id, cart_line.quantity, cart_line.unit_price
         FROM cart LEFT JOIN cart_line ON cart_line.owner = cart.owner
         WHERE cart.owner = $1 ORDER BY cart_line.position",
    )
    .bind(owner)
    .fetch_all(connection)
    .await?;
    let version = rows.first().map_or(Ok(0), |row| row.try_get("version"))?;
    let lines = rows
        .iter()
        .filter_map(|row| line(row, owner).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Cart { lines, version })
}

fn line(row: &AnyRow, owner: &str) -> Result<Option<Line>, StoreError> {
    let (Some(product), Some(quantity)) = (
        row.try_get::<Option<i64>, _>("product_id")?,
        row.try_get::<Option<i64>, _>("quantity")?,
    ) else {
        return Ok(None);
    };
    let quantity = u16::try_from(quantity)
        .ok()
        .and_then(|quantity| Quantity::try_from(quantity).ok());
    let quantity = quantity.ok_or_else(|| StoreError::impossible("cart_line", owner, "a quantity outside 1 to 99"))?;
    Ok(Some(Line {
        product: ProductId(product),
        quantity,
        unit_price: row.try_get::<Option<i64>, _>("unit_price")?.map(Won),
    }))
}
