//! What is sold at this moment: the catalogue, and how much of it is left.

use schemas::ProductId;

use crate::domain::{CartError, Catalogue, Product, StockLevels};

#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    pub catalogue: &'a Catalogue,
    pub stock: &'a StockLevels,
}

impl<'a> Offer<'a> {
    /// The product, and how many are left of it.
    pub fn of(self, product: ProductId) -> Result<(&'a Product, u32), CartError> {
        let product = self.catalogue.product(product);
        let product = product.ok_or(CartError::OutOfStock { left: 0 })?;
        Ok((product, self.stock.left(product.id)))
    }
}
