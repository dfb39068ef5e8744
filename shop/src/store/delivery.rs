//! Where orders go: personal, so in a table of its own that no rebuild touches.

use schemas::OrderId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::delivery::DeliveryForm;
use crate::domain::{Delivery, PersonName};
use crate::store::{CartOwner, Store, StoreError};

impl Store {
    /// Where an order of the owner goes; none when it isn't the owner's, or when the person has been erased.
    pub async fn delivery_of(&self, owner: CartOwner, id: OrderId) -> Result<Option<Delivery>, StoreError> {
        let row = sqlx::query(
            "SELECT d.order_id, d.recipient, d.phone, d.postcode, d.address, d.address_detail, d.note
             FROM delivery d JOIN orders o ON o.id = d.order_id WHERE o.id = $1 AND o.owner = $2",
        )
        .bind(id.0)
        .bind(owner.key())
        .fetch_optional(&mut *self.0.database.read().await?)
        .await?;
        row.as_ref().map(delivery).transpose()
    }

    /// Where the owner's latest order goes; none before the first.
    pub async fn last_delivery_of(&self, owner: CartOwner) -> Result<Option<Delivery>, StoreError> {
        let row = sqlx::query(
            "SELECT d.order_id, d.recipient, d.phone, d.postcode, d.address, d.address_detail, d.note
             FROM delivery d JOIN orders o ON o.id = d.order_id WHERE o.owner = $1 ORDER BY o.id DESC LIMIT 1",
        )
        .bind(owner.key())
        .fetch_optional(&mut *self.0.database.read().await?)
        .await?;
        row.as_ref().map(delivery).transpose()
    }
}

fn delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let id: i64 = row.try_get("order_id")?;
    let text = |column| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
    let form = DeliveryForm {
        recipient: &text("recipient")?,
        phone: &text("phone")?,
        postcode: &text("postcode")?,
        address: &text("address")?,
        address_detail: &text("address_detail")?,
        note: &text("note")?,
    };
    Delivery::parse(form).map_err(|wrong| StoreError::impossible("delivery", id, format!("{wrong:?}")))
}

pub(super) async fn keep(connection: &mut AnyConnection, id: OrderId, delivery: &Delivery) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO delivery (order_id, recipient, phone, postcode, address, address_detail, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.0)
    .bind(PersonName::as_str(&delivery.recipient))
    .bind(delivery.phone.as_str())
    .bind(delivery.postcode.as_str())
    .bind(delivery.address.as_str())
    .bind(delivery.address_detail.as_deref())
    .bind(delivery.note.as_deref())
    .execute(connection)
    .await?;
    Ok(())
}
