use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ProductId;

/// A product was put on the wish list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WishAdd {
    /// The product.
    pub product_id: ProductId,
    /// How many are wished for: as many as were in the cart, otherwise 1.
    #[schemars(range(min = 1))]
    pub quantity: u16,
    /// Where it came from.
    pub origin: WishOrigin,
    /// What one costs.
    pub unit_price: i64,
}

/// A product left the wish list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WishRemove {
    /// The product.
    pub product_id: ProductId,
    /// Why it left.
    pub reason: WishRemoval,
}

/// At sign-in, the visitor's wish list went into the account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WishMerge {
    /// What the visitor brought.
    pub merged: Vec<WishLine>,
    /// What the account's wish list holds now.
    pub items: Vec<WishLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct WishLine {
    /// The product.
    pub product_id: ProductId,
    /// How many.
    #[schemars(range(min = 1))]
    pub quantity: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum WishOrigin {
    /// From a page of the shop.
    Page,
    /// Out of the cart, saved for later: `cart_remove` came with it.
    Cart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum WishRemoval {
    /// It is no longer wished for.
    Unwished,
    /// It went into the cart: `cart_add` came with it.
    ToCart,
}
