use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EventId, ProductId};

/// Something was put into the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CartAdd {
    /// The product.
    pub product_id: ProductId,
    /// How many were added.
    #[schemars(range(min = 1))]
    pub quantity: u16,
    /// How many the cart holds of it now.
    pub cart_quantity: u16,
    /// What one costs.
    pub unit_price: i64,
    /// The list that the product was chosen from, such as `listing`; absent where it was none, or where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 50))]
    pub list: Option<String>,
    /// Its place in `list`, from 1, over all pages of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub position: Option<u32>,
    /// The event id of the `search` that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_id: Option<EventId>,
}

/// A product left the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CartRemove {
    /// The product.
    pub product_id: ProductId,
    /// How many were taken out.
    pub quantity: u16,
    /// Why, when there is more to it than that it is no longer wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CartRemoval>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CartRemoval {
    /// It went to the wish list: `wish_add` came with it.
    SavedForLater,
}

/// The quantity of a product in the cart was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CartUpdate {
    /// The product.
    pub product_id: ProductId,
    /// How many there were before.
    pub previous_quantity: u16,
    /// How many there are now.
    #[schemars(range(min = 1))]
    pub quantity: u16,
    /// What one costs.
    pub unit_price: i64,
}

/// At sign-in, the visitor's cart went into the account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CartMerge {
    /// What the visitor brought.
    pub merged: Vec<CartLine>,
    /// What the account's cart holds now.
    pub items: Vec<CartLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CartLine {
    /// The product.
    pub product_id: ProductId,
    /// How many.
    #[schemars(range(min = 1))]
    pub quantity: u16,
    /// What one cost when it was put into the cart; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
}
