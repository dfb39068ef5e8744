use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, ProductId};

/// The cart became an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// What was ordered.
    pub items: Vec<OrderLine>,
    /// What the delivery costs.
    pub delivery_fee: i64,
    /// What all of it costs, delivery included.
    pub total: i64,
    /// How it is paid.
    pub payment_method: PaymentMethod,
}

/// An order was called off, and its goods went back into stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
    /// What was ordered.
    pub items: Vec<OrderLine>,
    /// What all of it costs, delivery included.
    pub total: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct OrderLine {
    /// The product.
    pub product_id: ProductId,
    /// How many.
    #[schemars(range(min = 1))]
    pub quantity: u16,
    /// What one cost at the time of the order.
    pub unit_price: i64,
}

/// How it is paid; no card is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PaymentMethod {
    OnDelivery,
}
