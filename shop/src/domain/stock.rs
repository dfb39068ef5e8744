//! How many of each product are left.

use std::collections::HashMap;

use schemas::ProductId;
use schemas::events::StockClass;

/// From how few on a shopper is told how many are left.
pub const FEW: u32 = 5;

/// What a shopper is told of how many are `left`.
#[must_use]
pub const fn class(left: u32) -> StockClass {
    match left {
        0 => StockClass::SoldOut,
        1..=FEW => StockClass::Low,
        _ => StockClass::InStock,
    }
}

/// What is left of every product, at one moment. Placing an order checks again, against the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockLevels(HashMap<ProductId, u32>);

impl StockLevels {
    /// Whether the shop has, or once had, this product.
    #[must_use]
    pub fn knows(&self, product: ProductId) -> bool {
        self.0.contains_key(&product)
    }

    /// All that the shop has, or once had.
    pub fn products(&self) -> impl Iterator<Item = ProductId> + '_ {
        self.0.keys().copied()
    }

    /// 0 for a product the shop doesn't have.
    #[must_use]
    pub fn left(&self, product: ProductId) -> u32 {
        self.0.get(&product).copied().unwrap_or(0)
    }
}

impl FromIterator<(ProductId, u32)> for StockLevels {
    fn from_iter<I: IntoIterator<Item = (ProductId, u32)>>(levels: I) -> Self {
        Self(levels.into_iter().collect())
    }
}
