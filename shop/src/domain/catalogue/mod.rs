//! What the shop sells: 12 categories and their products. It never changes while the shop runs, so it lives in memory.

mod listing;
mod search;

use std::collections::HashMap;

use schemas::{CategoryId, ProductId};
use time::Date;

use crate::domain::{Language, Localized, Won};

pub use listing::{Listing, ListingQuery, PAGE_SIZE, PageNumber, Sort};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    /// Its name in addresses and files: `kitchen`.
    pub slug: String,
    pub name: Localized,
    pub description: Localized,
    /// Of its colour, in degrees of OKLCH.
    pub hue: u16,
    /// A Twemoji file's name: `1f373`.
    pub picture: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub category: CategoryId,
    pub name: Localized,
    pub description: Localized,
    pub price: Won,
    /// A Twemoji file's name: `1fad6`.
    pub picture: String,
    pub added: Date,
}

/// All that is sold, by id, with what a search looks at.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    categories: Vec<Category>,
    products: Vec<Product>,
    by_id: HashMap<ProductId, usize>,
    /// Parallel to `products`.
    folded: Vec<search::Folded>,
}

impl Catalogue {
    /// Products whose category is missing are found by their own words only.
    #[must_use]
    pub fn new(mut categories: Vec<Category>, mut products: Vec<Product>) -> Self {
        categories.sort_by_key(|category| category.id);
        products.sort_by_key(|product| product.id);
        let by_id = products
            .iter()
            .enumerate()
            .map(|(at, product)| (product.id, at))
            .collect();
        let category_of = |id| categories.iter().find(|category| category.id == id);
        let folded = products
            .iter()
            .map(|product| search::Folded::of(product, category_of(product.category)))
            .collect();
        Self {
            categories,
            products,
            by_id,
            folded,
        }
    }

    /// By id.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    #[must_use]
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// By id.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    #[must_use]
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        self.by_id.get(&id).and_then(|&at| self.products.get(at))
    }

    /// One page of all products, or of one category.
    #[must_use]
    pub fn listing(&self, query: &ListingQuery, language: Language) -> Listing<'_> {
        let mut products: Vec<&Product> = self
            .products
            .iter()
            .filter(|product| query.category.is_none_or(|category| product.category == category))
            .collect();
        query.sort.order(&mut products, language);
        Listing::page_of(products, query.page)
    }

    /// One page of the products in which every word of `text` occurs; hits in the name come first.
    #[must_use]
    pub fn search(&self, text: &str, page: PageNumber) -> Listing<'_> {
        let found = search::find(text, &self.folded);
        Listing::page_of(found.into_iter().filter_map(|at| self.products.get(at)).collect(), page)
    }
}

#[cfg(test)]
mod tests;
