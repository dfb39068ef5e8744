//! The facts that say what people want, in the order in which they were recorded.

use schemas::{Details, ProductId, Timestamp};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::store::database::in_time;
use crate::store::{Store, StoreError, fact};

/// Facts that are read at a time.
const PAGE: i64 = 500;

/// A fact about products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its place among the facts.
    pub id: i64,
    pub at: Timestamp,
    pub products: Vec<ProductId>,
    pub how: Want,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Added,
    Bought,
}

impl Store {
    /// The place before the last `count` facts.
    pub async fn facts_back(&self, count: i64) -> Result<i64, StoreError> {
        let last = in_time(async {
            let last = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM event");
            Ok(last.fetch_one(&mut *self.0.database.read().await?).await?)
        });
        let last: i64 = last.await?;
        Ok((last - count).max(0))
    }

    /// What was added to carts and ordered after the fact `id`, at most 500; with several shops one that is written late may be
    /// passed over, which does for advice and for nothing else.
    pub async fn wanted_after(&self, id: i64) -> Result<Vec<Wanted>, StoreError> {
        let facts = sqlx::query(
            "SELECT id, happened_at, data FROM event
             WHERE id > $1 AND event_type IN ('cart_add', 'order_placed') ORDER BY id LIMIT $2",
        );
        let facts = facts.bind(id).bind(PAGE);
        let rows = in_time(async { Ok(facts.fetch_all(&mut *self.0.database.read().await?).await?) }).await?;
        rows.iter().filter_map(|row| wanted(row).transpose()).collect()
    }
}

fn wanted(row: &AnyRow) -> Result<Option<Wanted>, StoreError> {
    let id: i64 = row.try_get("id")?;
    let data: String = row.try_get("data")?;
    let details = fact::details(id, &data)?;
    let (products, how) = match details {
        Details::CartAdd(added) => (vec![added.product_id], Want::Added),
        Details::OrderPlaced(placed) => (placed.items.iter().map(|item| item.product_id).collect(), Want::Bought),
        _ => return Ok(None),
    };
    let at = Timestamp::from_unix_micros_saturating(row.try_get("happened_at")?);
    Ok(Some(Wanted { id, at, products, how }))
}
