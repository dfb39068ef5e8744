//! What only the shop knows, for pages that run in one process with it: how experiments are split, and how its pages look.
//!
//! A sink of its own has no shop beside it: then shares of experiments come from the address, and pages are outlines.

use std::collections::HashMap;

use crate::source::ProductThen;

/// The shop beside these pages.
pub trait Shop: Send + Sync {
    /// How often each variant of an experiment is shown, compared with the others; empty when the shop doesn't run it.
    fn planned(&self, experiment: &str) -> Vec<(String, f64)>;

    /// The page by today's templates, as a document without scripts; none when it can't be made from what events tell.
    fn draw(&self, page: &PageThen) -> Option<String>;
}

/// A page as far as events and the table `product` tell of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageThen {
    /// Such as `products.detail`.
    pub endpoint: String,
    /// The path of its address.
    pub path: String,
    /// `ko` or `en`; another text is an unknown one.
    pub language: String,
    /// What it was about, or what a listing was narrowed to.
    pub product: Option<i64>,
    pub category: Option<i64>,
    /// The products of each list that were seen on it, by place.
    pub lists: Vec<(String, Vec<i64>)>,
    /// What these products were called and cost at that moment.
    pub then: HashMap<i64, ProductThen>,
}

impl PageThen {
    /// Every product on it, each once.
    #[must_use]
    pub fn products(&self) -> Vec<i64> {
        let listed = self.lists.iter().flat_map(|(_, products)| products.iter().copied());
        let mut all: Vec<i64> = self.product.into_iter().chain(listed).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
