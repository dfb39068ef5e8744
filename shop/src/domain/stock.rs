//! How many of each product are left.

use std::collections::HashMap;

use schemas::ProductId;

/// What is left of every product, at one moment. Placing an order checks again, against the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockLevels(HashMap<ProductId, u32>);

impl StockLevels {
    /// Whether the shop has, or once had, this product.
    #[must_use]
    pub fn knows(&self, product: ProductId) -> bool {
        self.0.contains_key(&product)
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
