//! Everything that the shop keeps about one account, for the person whose account it is.

use schemas::{OrderId, Timestamp, UserId};
use serde_json::value::RawValue;
use sqlx::Row;

use crate::domain::{Belongings, Delivery, Email, Order};
use crate::store::projection::orders;
use crate::store::{CartOwner, Store, StoreError};

/// More orders than anybody places.
const ALL: u32 = u32::MAX;

/// What is known about an account.
#[derive(Debug)]
pub struct OwnData {
    pub email: Option<Email>,
    /// When each sign-in began and was last used.
    pub sign_ins: Vec<(Timestamp, Timestamp)>,
    /// With where each goes.
    pub orders: Vec<(Order, Option<Delivery>)>,
    pub belongings: Belongings,
    /// Every fact about the account, its cart, wish list and orders, as it was recorded, the oldest first.
    pub facts: Vec<Box<RawValue>>,
}

impl Store {
    pub async fn own_data(&self, user: UserId) -> Result<OwnData, StoreError> {
        let owner = CartOwner::Account(user);
        let orders = orders::load(&mut *self.0.database.read().await?, &owner.key(), None, ALL).await?;
        let mut with_deliveries = Vec::with_capacity(orders.len());
        for order in orders {
            let delivery = self.delivery_of(owner, order.id).await?;
            with_deliveries.push((order, delivery));
        }
        let ids: Vec<OrderId> = with_deliveries.iter().map(|(order, _)| order.id).collect();
        Ok(OwnData {
            email: self.email_of(user).await?,
            sign_ins: self.sign_ins_of(user).await?,
            belongings: self.belongings_of(owner).await?,
            facts: self.facts_of_account(user, &ids).await?,
            orders: with_deliveries,
        })
    }

    async fn sign_ins_of(&self, user: UserId) -> Result<Vec<(Timestamp, Timestamp)>, StoreError> {
        let rows = sqlx::query("SELECT begun_at, last_used_at FROM sign_in WHERE account_id = $1 ORDER BY begun_at")
            .bind(user.0)
            .fetch_all(&mut *self.0.database.read().await?)
            .await?;
        let moment = Timestamp::from_unix_micros_saturating;
        let times = |row: &sqlx::any::AnyRow| {
            let (begun, last): (i64, i64) = (row.try_get("begun_at")?, row.try_get("last_used_at")?);
            Ok((moment(begun), moment(last)))
        };
        rows.iter().map(times).collect()
    }

    async fn facts_of_account(&self, user: UserId, orders: &[OrderId]) -> Result<Vec<Box<RawValue>>, StoreError> {
        let owner = CartOwner::Account(user).key();
        let own = [
            format!("account/{user}"),
            format!("cart/{owner}"),
            format!("wishes/{owner}"),
        ];
        let streams = own
            .into_iter()
            .chain(orders.iter().map(|order| format!("order/{order}")));
        let mut facts: Vec<(i64, Box<RawValue>)> = Vec::new();
        let mut connection = self.0.database.read().await?;
        for stream in streams {
            let rows = sqlx::query("SELECT id, data FROM event WHERE stream = $1")
                .bind(stream.as_str())
                .fetch_all(&mut *connection)
                .await?;
            for row in rows {
                let (id, data): (i64, String) = (row.try_get("id")?, row.try_get("data")?);
                let data = RawValue::from_string(data).map_err(|error| StoreError::impossible("event", id, error))?;
                facts.push((id, data));
            }
        }
        facts.sort_by_key(|(id, _)| *id);
        Ok(facts.into_iter().map(|(_, data)| data).collect())
    }
}
