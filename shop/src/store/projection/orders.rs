//! Orders and their lines.

use schemas::events::{OrderCancelled, OrderLine, OrderPlaced, PaymentMethod};
use schemas::{Details, OrderId, ProductId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::{Order, OrderState, Won};
use crate::store::fact::{Fact, Stream};
use crate::store::projection::cart;
use crate::store::{CartOwner, StoreError};

/// Orders that one sign-in takes along.
const MOST_OF_A_GUEST: i64 = 1000;

pub(in crate::store) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    match &fact.details {
        Details::OrderPlaced(placed) => place(connection, fact, placed).await,
        Details::OrderCancelled(cancelled) => cancel(connection, fact, cancelled).await,
        Details::Login(login) => join(connection, fact, &login.orders).await,
        _ => Ok(()),
    }
}

async fn place(connection: &mut AnyConnection, fact: &Fact<'_>, placed: &OrderPlaced) -> Result<(), StoreError> {
    let owner = fact.emptied.as_deref();
    let owner =
        owner.ok_or_else(|| StoreError::impossible("event", placed.order_id, "an order that emptied no cart"))?;
    sqlx::query(
        "INSERT INTO orders (id, owner, placed_at, delivery_fee, total, payment, version) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(placed.order_id.0)
    .bind(owner)
    .bind(fact.at.unix_micros())
    .bind(placed.delivery_fee)
    .bind(placed.total)
    .bind(payment_name(placed.payment_method))
    .bind(fact.version)
    .execute(&mut *connection)
    .await?;
    for (position, item) in (0_i64..).zip(&placed.items) {
        sqlx::query(
            "INSERT INTO order_line (order_id, position, product_id, quantity, unit_price) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(placed.order_id.0)
        .bind(position)
        .bind(item.product_id.0)
        .bind(i64::from(item.quantity))
        .bind(item.unit_price)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn cancel(connection: &mut AnyConnection, fact: &Fact<'_>, cancelled: &OrderCancelled) -> Result<(), StoreError> {
    let done = sqlx::query("UPDATE orders SET cancelled_at = $1, version = $2 WHERE id = $3 AND version = $2 - 1")
        .bind(fact.at.unix_micros())
        .bind(fact.version)
        .bind(cancelled.order_id.0)
        .execute(connection)
        .await?;
    if done.rows_affected() == 0 {
        Err(StoreError::Conflict)
    } else {
        Ok(())
    }
}

/// What a guest ordered belongs to the account that the guest signed in to.
async fn join(connection: &mut AnyConnection, fact: &Fact<'_>, orders: &[OrderId]) -> Result<(), StoreError> {
    let Stream::Account(user) = fact.stream else {
        return Ok(());
    };
    for order in orders {
        sqlx::query("UPDATE orders SET owner = $1 WHERE id = $2")
            .bind(CartOwner::Account(user).key())
            .bind(order.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The last orders of a guest, who can place no other until the transaction ends: placing one takes the cart first. Those before them wait
/// for the next sign-in: the fact that tells of all must fit into the journal.
pub(in crate::store) async fn guests(connection: &mut AnyConnection, guest: &str) -> Result<Vec<OrderId>, StoreError> {
    cart::lock(connection, guest).await?;
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM orders WHERE owner = $1 ORDER BY id DESC LIMIT $2")
        .bind(guest)
        .bind(MOST_OF_A_GUEST)
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().rev().map(OrderId).collect())
}

/// Makes everybody else who wants to change this order wait until the transaction ends.
pub(in crate::store) async fn lock(connection: &mut AnyConnection, order: OrderId) -> Result<(), StoreError> {
    sqlx::query("UPDATE orders SET version = version WHERE id = $1")
        .bind(order.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The owner's orders, the newest first: all up to `limit`, or the one.
pub(in crate::store) async fn load(
    connection: &mut AnyConnection,
    owner: &str,
    only: Option<OrderId>,
    limit: u32,
) -> Result<Vec<Order>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.id, o.placed_at, o.delivery_fee, o.total, o.payment, o.cancelled_at, l.product_id, l.quantity, l.unit_price
         FROM (SELECT * FROM orders WHERE owner = $1 AND id = COALESCE($2, id) ORDER BY id DESC LIMIT $3) o
         JOIN order_line l ON l.order_id = o.id
         ORDER BY o.id DESC, l.position",
    )
    .bind(owner)
    .bind(only.map(|id| id.0))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    let mut orders: Vec<Order> = Vec::new();
    for row in &rows {
        let id = OrderId(row.try_get("id")?);
        match orders.last_mut() {
            Some(order) if order.id == id => order.lines.push(line(row, id)?),
            _ => orders.push(Order {
                lines: vec![line(row, id)?],
                ..order(row, id)?
            }),
        }
    }
    Ok(orders)
}

fn order(row: &AnyRow, id: OrderId) -> Result<Order, StoreError> {
    let moment = Timestamp::from_unix_micros_saturating;
    let payment: String = row.try_get("payment")?;
    let cancelled_at: Option<i64> = row.try_get("cancelled_at")?;
    Ok(Order {
        id,
        placed_at: moment(row.try_get("placed_at")?),
        lines: Vec::new(),
        delivery_fee: Won(row.try_get("delivery_fee")?),
        total: Won(row.try_get("total")?),
        payment: payment_method(&payment).ok_or_else(|| StoreError::impossible("orders", id, payment))?,
        state: cancelled_at.map_or(OrderState::Placed, |at| OrderState::Cancelled { at: moment(at) }),
    })
}

fn line(row: &AnyRow, id: OrderId) -> Result<OrderLine, StoreError> {
    let quantity: i64 = row.try_get("quantity")?;
    Ok(OrderLine {
        product_id: ProductId(row.try_get("product_id")?),
        quantity: u16::try_from(quantity).map_err(|error| StoreError::impossible("order_line", id, error))?,
        unit_price: row.try_get("unit_price")?,
    })
}

const fn payment_name(payment: PaymentMethod) -> &'static str {
    match payment {
        PaymentMethod::OnDelivery => "on_delivery",
    }
}

fn payment_method(name: &str) -> Option<PaymentMethod> {
    [PaymentMethod::OnDelivery]
        .into_iter()
        .find(|payment| payment_name(*payment) == name)
}
