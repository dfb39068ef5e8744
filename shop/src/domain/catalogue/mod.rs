//! What the shop sells: 12 categories and their products. It never changes while the shop runs, so it lives in memory.

mod filter;
mod listing;

use std::collections::HashMap;

use schemas::{CategoryId, ProductId};
use time::Date;

use crate::domain::search::{Found, Index, Marks, Synonyms, Texts};
use crate::domain::{Localized, StockLevels, Won};

pub use filter::{Facets, Filter, PriceRange};
pub use listing::{Listing, ListingQuery, Measure, PAGE_SIZE, PageNumber, Ranking, Sort};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    /// Its name in addresses and files: `kitchen`.
    pub slug: String,
    pub name: Localized,
    pub description: Localized,
    /// Of its colour, in degrees of OKLCH.
    pub hue: u16,
    /// Its picture's name: `1f373`.
    pub picture: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub category: CategoryId,
    pub name: Localized,
    pub description: Localized,
    pub price: Won,
    /// Its picture's name: `1fad6`, `coffee-bag`.
    pub picture: String,
    pub added: Date,
}

/// All that is sold, by id, with what a search looks at.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    categories: Vec<Category>,
    products: Vec<Product>,
    by_id: HashMap<ProductId, usize>,
    index: Index,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched<'a> {
    pub listing: Listing<'a>,
    /// Whether every word of the query fits each product; otherwise they are those that most words fit.
    pub every_word: bool,
    /// The query as it was understood, when that is not as it was typed.
    pub mended: Option<String>,
    /// What may have been meant instead.
    pub rather: Option<String>,
    pub marks: Marks,
}

impl Catalogue {
    /// Products whose category is missing are found by their own words only.
    #[must_use]
    pub fn new(categories: Vec<Category>, products: Vec<Product>) -> Self {
        Self::with_synonyms(categories, products, &Synonyms::default())
    }

    /// As [`Catalogue::new`], with other words for what is sold.
    #[must_use]
    pub fn with_synonyms(mut categories: Vec<Category>, mut products: Vec<Product>, synonyms: &Synonyms) -> Self {
        categories.sort_by_key(|category| category.id);
        products.sort_by_key(|product| product.id);
        let by_id = products
            .iter()
            .enumerate()
            .map(|(at, product)| (product.id, at))
            .collect();
        let category_of = |id| categories.iter().find(|category| category.id == id);
        let texts = products.iter().map(|product| Texts {
            names: both(&product.name),
            categories: category_of(product.category).map_or([""; 2], |category| both(&category.name)),
            descriptions: both(&product.description),
        });
        let index = Index::of(texts, synonyms);
        Self {
            categories,
            products,
            by_id,
            index,
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

    /// One page of the products that the filter lets through.
    #[must_use]
    pub fn listing<'a>(
        &self,
        query: &ListingQuery,
        stock: &StockLevels,
        measure: impl Into<Measure<'a>>,
    ) -> Listing<'_> {
        let (mut products, facets) = query.filter.sift(self.products.iter(), stock);
        query.sort.order(&mut products, measure.into());
        Listing::page_of(products, query.page, facets)
    }

    /// One page of what `text` means, as far as the filter lets it through; the best first unless `sort` says otherwise.
    #[must_use]
    pub fn search<'a>(
        &self,
        text: &str,
        query: (&Filter, Option<Sort>, PageNumber),
        (stock, measure): (&StockLevels, impl Into<Measure<'a>>),
    ) -> Searched<'_> {
        let Found {
            products,
            every_word,
            mended,
            rather,
            marks,
        } = self.index.find(text);
        let (filter, sort, page) = query;
        let found = products.into_iter().filter_map(|at| self.products.get(at));
        let (mut products, facets) = filter.sift(found, stock);
        if let Some(sort) = sort {
            products.sort_by_key(|product| product.id);
            sort.order(&mut products, measure.into());
        }
        Searched {
            listing: Listing::page_of(products, page, facets),
            every_word,
            mended,
            rather,
            marks,
        }
    }
}

fn both(text: &Localized) -> [&str; 2] {
    [&text.ko, &text.en]
}

#[cfg(test)]
mod tests;
