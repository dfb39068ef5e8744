//! Wish lists and their lines.

use schemas::events::WishLine;
use schemas::{Details, ProductId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::wishes::Wish;
use crate::domain::{Quantity, Wishes};
use crate::store::StoreError;
use crate::store::fact::{Fact, Stream};

/// Positions of one version: more than there are wishes on a list.
const LINES_A_VERSION: i64 = 1000;

pub(in crate::store) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    let Stream::Wishes(owner) = &fact.stream else {
        return Ok(());
    };
    advance(connection, owner, fact.version).await?;
    let position = fact.version * LINES_A_VERSION;
    match &fact.details {
        Details::WishAdd(added) => {
            let line = WishLine {
                product_id: added.product_id,
                quantity: added.quantity,
            };
            put(connection, owner, position, line).await?;
        }
        Details::WishRemove(removed) => take_out(connection, owner, removed.product_id).await?,
        Details::WishMerge(merge) => {
            take_all_out(connection, owner).await?;
            for (at, item) in (position..).zip(&merge.items) {
                put(connection, owner, at, *item).await?;
            }
        }
        _ => {}
    }
    if let Some(from) = &fact.emptied {
        let emptied = sqlx::query("UPDATE wishes SET version = version + 1 WHERE owner = $1");
        emptied.bind(from).execute(&mut *connection).await?;
        take_all_out(connection, from).await?;
    }
    Ok(())
}

/// Moves the list to `version`, if it is at the one before.
async fn advance(connection: &mut AnyConnection, owner: &str, version: i64) -> Result<(), StoreError> {
    let advanced = sqlx::query(
        "INSERT INTO wishes (owner, version) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET version = excluded.version WHERE wishes.version = excluded.version - 1",
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

async fn put(connection: &mut AnyConnection, owner: &str, position: i64, line: WishLine) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO wish (owner, product_id, position, quantity) VALUES ($1, $2, $3, $4)
         ON CONFLICT (owner, product_id) DO NOTHING",
    )
    .bind(owner)
    .bind(line.product_id.0)
    .bind(position)
    .bind(i64::from(line.quantity))
    .execute(connection)
    .await?;
    Ok(())
}

async fn take_out(connection: &mut AnyConnection, owner: &str, product: ProductId) -> Result<(), StoreError> {
    let taken = sqlx::query("DELETE FROM wish WHERE owner = $1 AND product_id = $2");
    taken.bind(owner).bind(product.0).execute(connection).await?;
    Ok(())
}

async fn take_all_out(connection: &mut AnyConnection, owner: &str) -> Result<(), StoreError> {
    let taken = sqlx::query("DELETE FROM wish WHERE owner = $1");
    taken.bind(owner).execute(connection).await?;
    Ok(())
}

/// Makes everybody else who wants to change this list wait until the transaction ends.
pub(in crate::store) async fn lock(connection: &mut AnyConnection, owner: &str) -> Result<(), StoreError> {
    let locked = sqlx::query("UPDATE wishes SET version = version WHERE owner = $1");
    locked.bind(owner).execute(connection).await?;
    Ok(())
}

/// The list as it is; version 0 and empty when there is none. One query, so that version and lines belong together.
pub(in crate::store) async fn load(connection: &mut AnyConnection, owner: &str) -> Result<Wishes, StoreError> {
    let rows = sqlx::query(
        "SELECT wishes.version, wish.product_id, wish.quantity
         FROM wishes LEFT JOIN wish ON wish.owner = wishes.owner
         WHERE wishes.owner = $1 ORDER BY wish.position",
    )
    .bind(owner)
    .fetch_all(connection)
    .await?;
    let version = rows.first().map_or(Ok(0), |row| row.try_get("version"))?;
    let lines = rows.iter().filter_map(|row| line(row, owner).transpose());
    Ok(Wishes {
        lines: lines.collect::<Result<_, _>>()?,
        version,
    })
}

fn line(row: &AnyRow, owner: &str) -> Result<Option<Wish>, StoreError> {
    let (Some(product), Some(quantity)) = (
        row.try_get::<Option<i64>, _>("product_id")?,
        row.try_get::<Option<i64>, _>("quantity")?,
    ) else {
        return Ok(None);
    };
    let quantity = u16::try_from(quantity)
        .ok()
        .and_then(|quantity| Quantity::try_from(quantity).ok());
    let quantity = quantity.ok_or_else(|| StoreError::impossible("wish", owner, "a quantity outside 1 to 99"))?;
    Ok(Some(Wish {
        product: ProductId(product),
        quantity,
    }))
}
