//! What narrows a listing, and how many products each narrowing would leave.

use std::collections::BTreeMap;

use schemas::CategoryId;

use crate::domain::{Product, StockLevels, Won};

/// What products must be to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Filter {
    pub category: Option<CategoryId>,
    pub price: PriceRange,
    /// Only what can be sent now.
    pub in_stock: bool,
}

/// Prices from one to another, both included; none is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PriceRange {
    pub from: Option<Won>,
    pub to: Option<Won>,
}

/// How many price ranges a listing offers. A constant of its own: rustc goes in circles when a field's type asks for `PriceRange::BANDS.len()`.
const BANDS: usize = 5;

/// How many products there are under each choice, all other choices staying as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Facets {
    /// Whatever is chosen.
    pub all: usize,
    pub categories: BTreeMap<CategoryId, usize>,
    /// Of [`PriceRange::BANDS`], in that order.
    pub prices: [usize; BANDS],
    /// Whatever their category.
    pub any_category: usize,
    /// Whatever they cost.
    pub any_price: usize,
    pub in_stock: usize,
}

impl PriceRange {
    /// The ranges that a listing offers: every price ends in 00, so none falls between them.
    pub const BANDS: [Self; BANDS] = [
        Self::between(None, Some(9_900)),
        Self::between(Some(10_000), Some(29_900)),
        Self::between(Some(30_000), Some(49_900)),
        Self::between(Some(50_000), Some(99_900)),
        Self::between(Some(100_000), None),
    ];

    const fn between(from: Option<i64>, to: Option<i64>) -> Self {
        const fn won(amount: Option<i64>) -> Option<Won> {
            match amount {
                Some(amount) => Some(Won(amount)),
                None => None,
            }
        }
        Self {
            from: won(from),
            to: won(to),
        }
    }

    /// Two ends in the order in which they make sense.
    #[must_use]
    pub fn of(from: Option<Won>, to: Option<Won>) -> Self {
        match (from, to) {
            (Some(from), Some(to)) if from > to => Self {
                from: Some(to),
                to: Some(from),
            },
            _ => Self { from, to },
        }
    }

    #[must_use]
    pub fn holds(self, price: Won) -> bool {
        self.from.is_none_or(|from| price >= from) && self.to.is_none_or(|to| price <= to)
    }

    #[must_use]
    pub fn is_any(self) -> bool {
        self == Self::default()
    }
}

impl Filter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The products that pass, in their order, and the counts of all choices.
    pub(super) fn sift<'a>(
        &self,
        products: impl Iterator<Item = &'a Product>,
        stock: &StockLevels,
    ) -> (Vec<&'a Product>, Facets) {
        let mut facets = Facets::default();
        let mut passing = Vec::new();
        for product in products {
            facets.all += 1;
            let category = self.category.is_none_or(|category| product.category == category);
            let price = self.price.holds(product.price);
            let left = stock.left(product.id) > 0;
            let stocked = left || !self.in_stock;
            if price && stocked {
                *facets.categories.entry(product.category).or_default() += 1;
                facets.any_category += 1;
            }
            if category && stocked {
                facets.any_price += 1;
                for (band, count) in PriceRange::BANDS.iter().zip(&mut facets.prices) {
                    *count += usize::from(band.holds(product.price));
                }
            }
            facets.in_stock += usize::from(category && price && left);
            if category && price && stocked {
                passing.push(product);
            }
        }
        (passing, facets)
    }
}
