//! Orders: a cart becomes one, for a while it can be called off.

use std::time::Duration;

use schemas::events::{OrderCancelled, OrderLine, OrderPlaced, PaymentMethod};
use schemas::{OrderId, ProductId, Timestamp};

use crate::domain::{Cart, Catalogue, Quantity, StockLevels, Won};

/// What delivery costs below [`FREE_DELIVERY_FROM`].
pub const DELIVERY_FEE: Won = Won(3_000);
/// From this price of the goods on, delivery is free.
pub const FREE_DELIVERY_FROM: Won = Won(50_000);

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub placed_at: Timestamp,
    pub lines: Vec<OrderLine>,
    pub delivery_fee: Won,
    /// Delivery included.
    pub total: Won,
    pub payment: PaymentMethod,
    pub state: OrderState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    Placed,
    Cancelled { at: Timestamp },
}

impl OrderState {
    /// The name in the database and in the page's markup.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// Why a cart doesn't become an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("the cart is empty")]
    EmptyCart,
    #[error("only {left} of product {product} are left")]
    OutOfStock { product: ProductId, left: u32 },
    #[error("product {product} is no longer sold")]
    Gone { product: ProductId },
    /// A price changed, or the cart in another tab, after the page with the sum was shown.
    #[error("it costs {} now, which is not what was agreed to", .total.0)]
    TotalChanged { total: Won },
}

/// Why an order stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    #[error("there is no such order")]
    Unknown,
    #[error("it has been cancelled already")]
    AlreadyCancelled,
    #[error("it is on its way: the time for cancelling is over")]
    TooLate,
}

/// What a cart costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub goods: Won,
    pub delivery_fee: Won,
    pub total: Won,
}

impl Totals {
    #[must_use]
    pub fn of_goods(goods: Won) -> Self {
        let delivery_fee = if goods >= FREE_DELIVERY_FROM {
            Won(0)
        } else {
            DELIVERY_FEE
        };
        Self {
            goods,
            delivery_fee,
            total: goods + delivery_fee,
        }
    }

    /// At today's prices; products that are no longer sold count nothing.
    #[must_use]
    pub fn of(cart: &Cart, catalogue: &Catalogue) -> Self {
        let price = |line: &super::cart::Line| {
            catalogue
                .product(line.product)
                .map(|product| product.price.times(line.quantity))
        };
        Self::of_goods(cart.lines.iter().filter_map(price).sum())
    }
}

/// Makes an order of everything in the cart, at today's prices; if the buyer saw a sum and `agreed` to it, at no other.
pub fn place(
    cart: &Cart,
    catalogue: &Catalogue,
    stock: &StockLevels,
    (order, agreed): (OrderId, Option<Won>),
) -> Result<OrderPlaced, OrderError> {
    if cart.is_empty() {
        return Err(OrderError::EmptyCart);
    }
    let mut items = Vec::with_capacity(cart.lines.len());
    for line in &cart.lines {
        let product = catalogue
            .product(line.product)
            .ok_or(OrderError::Gone { product: line.product })?;
        let left = stock.left(product.id);
        if u32::from(line.quantity.get()) > left {
            return Err(OrderError::OutOfStock {
                product: product.id,
                left,
            });
        }
        items.push(OrderLine {
            product_id: product.id,
            quantity: line.quantity.get(),
            unit_price: product.price.0,
        });
    }
    let totals = Totals::of(cart, catalogue);
    if agreed.is_some_and(|agreed| agreed != totals.total) {
        return Err(OrderError::TotalChanged { total: totals.total });
    }
    Ok(OrderPlaced {
        order_id: order,
        items,
        delivery_fee: totals.delivery_fee.0,
        total: totals.total.0,
        payment_method: PaymentMethod::OnDelivery,
    })
}

/// Until when an order that was placed at `placed_at` can be cancelled, when that is possible for `window`.
#[must_use]
pub fn cancellable_until(placed_at: Timestamp, window: Duration) -> Timestamp {
    placed_at.plus_micros(i64::try_from(window.as_micros()).unwrap_or(i64::MAX))
}

/// Calls the order off; its goods go back into stock.
pub fn cancel(order: &Order, now: Timestamp, window: Duration) -> Result<OrderCancelled, CancelError> {
    if let OrderState::Cancelled { .. } = order.state {
        return Err(CancelError::AlreadyCancelled);
    }
    if now >= cancellable_until(order.placed_at, window) {
        return Err(CancelError::TooLate);
    }
    Ok(OrderCancelled {
        order_id: order.id,
        items: order.lines.clone(),
        total: order.total.0,
    })
}

/// The price of a line of an order.
#[must_use]
pub fn line_total(line: &OrderLine) -> Won {
    Quantity::try_from(line.quantity).map_or(Won(0), |quantity| Won(line.unit_price).times(quantity))
}

#[cfg(test)]
mod tests;
