//! From cart to order, and back.

use std::time::Duration;

use schemas::{OrderId, UserId};
use sqlx::{AnyConnection, Row};

use crate::domain::order::{self, CancelError, OrderError, OrderState};
use crate::domain::{Delivery, Order, Won};
use crate::observe::Occasion;
use crate::store::event_store::{Counter, Recorder};
use crate::store::fact::{Fact, Stream};
use crate::store::projection::{cart, orders, stock};
use crate::store::recording;
use crate::store::{CartOwner, CheckoutToken, NotDone, Store, StoreError, delivery, people};

/// What a checkout page sends.
#[derive(Debug, Clone, Copy)]
pub struct Submitted<'a> {
    pub token: CheckoutToken,
    pub delivery: &'a Delivery,
    /// The sum on the page, if it was sent: the order is placed at no other.
    pub agreed: Option<Won>,
}

/// What happened instead of a new order; nothing is written.
enum Instead {
    Refused(OrderError),
    /// The token had made this order before.
    Already(Box<Order>),
}

impl Store {
    /// Makes an order of the owner's cart and empties it. The same owner with the same token gets the same order again.
    pub async fn place_order(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        submitted: Submitted<'_>,
        status: u16,
    ) -> Result<Order, NotDone<OrderError>> {
        let checkout = Checkout {
            store: self,
            recorder: self.recorder(occasion, status),
            owner: owner.key(),
            user: match owner {
                CartOwner::Account(user) => Some(user),
                CartOwner::Visitor(_) => None,
            },
            key: format!("{}/{}", owner.key(), submitted.token.hex()),
            submitted,
        };
        match recording!(self, |connection| checkout.place(connection).await) {
            Ok(order) => {
                self.stock_changed().await;
                Ok(order)
            }
            Err(NotDone::Refused(Instead::Already(order))) => Ok(*order),
            Err(NotDone::Refused(Instead::Refused(why))) => Err(NotDone::Refused(why)),
            Err(NotDone::Failed(error)) => Err(error.into()),
        }
    }

    /// Calls an order of the owner off, for `window` after it was placed, and puts its goods back into stock.
    pub async fn cancel_order(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        order: (OrderId, Duration),
        status: u16,
    ) -> Result<Order, NotDone<CancelError>> {
        let owner = owner.key();
        let recorder = self.recorder(occasion, status);
        let cancelled = recording!(self, |connection| cancel(connection, recorder, &owner, order).await)?;
        self.stock_changed().await;
        Ok(cancelled)
    }
}

/// One checkout, on its way to be an order.
struct Checkout<'a> {
    store: &'a Store,
    recorder: Recorder<'a>,
    owner: String,
    user: Option<UserId>,
    key: String,
    submitted: Submitted<'a>,
}

impl Checkout<'_> {
    async fn place(&self, connection: &mut AnyConnection) -> Result<Order, NotDone<Instead>> {
        // From here on one order is placed at a time: what is read below is what is sold.
        let id = OrderId(Counter::Order.next(connection).await?);
        if let Some(order) = self.placed_before(connection).await? {
            return Err(NotDone::Refused(Instead::Already(Box::new(order))));
        }
        // An account that was deleted meanwhile has nothing left to order, and no address is to be kept for it.
        if let Some(user) = self.user
            && !people::is_somebodys(connection, user).await?
        {
            return Err(NotDone::Refused(Instead::Refused(OrderError::EmptyCart)));
        }
        cart::lock(connection, &self.owner).await?;
        let cart = cart::load(connection, &self.owner).await?;
        let left = stock::levels_of_cart(connection, &self.owner).await?;
        let placed = order::place(&cart, &self.store.catalogue(), &left, (id, self.submitted.agreed));
        let placed = placed.map_err(|why| NotDone::Refused(Instead::Refused(why)))?;
        let fact = Fact {
            emptied: Some(self.owner.clone()),
            checkout: Some(self.key.clone()),
            ..Fact::new(Stream::Order(id), 1, self.recorder.occasion.at, placed)
        };
        self.recorder.record(connection, &fact).await?;
        delivery::keep(connection, id, self.submitted.delivery).await?;
        let order = orders::load(connection, &self.owner, Some(id), 1).await?.pop();
        Ok(order.ok_or(StoreError::OrderMissing(id))?)
    }

    /// None also when the order has gone to the account that its guest signed in to: the form is then sent for an empty cart.
    async fn placed_before(&self, connection: &mut AnyConnection) -> Result<Option<Order>, StoreError> {
        let row = sqlx::query("SELECT stream FROM event WHERE checkout = $1")
            .bind(self.key.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let stream: String = row.try_get("stream")?;
        let Ok(Stream::Order(id)) = stream.parse() else {
            return Err(StoreError::impossible("event", stream, "a checkout that made no order"));
        };
        Ok(orders::load(connection, &self.owner, Some(id), 1).await?.pop())
    }
}

async fn cancel(
    connection: &mut AnyConnection,
    recorder: Recorder<'_>,
    owner: &str,
    (id, window): (OrderId, Duration),
) -> Result<Order, NotDone<CancelError>> {
    orders::lock(connection, id).await?;
    let Some(order) = orders::load(connection, owner, Some(id), 1).await?.pop() else {
        return Err(NotDone::Refused(CancelError::Unknown));
    };
    let at = recorder.occasion.at;
    let cancelled = order::cancel(&order, at, window).map_err(NotDone::Refused)?;
    // An order is placed (1) and perhaps cancelled (2).
    recorder
        .record(connection, &Fact::new(Stream::Order(id), 2, at, cancelled))
        .await?;
    Ok(Order {
        state: OrderState::Cancelled { at },
        ..order
    })
}
