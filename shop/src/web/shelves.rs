//! The front page's shelves that are the same for everybody: sorted once for each state of catalogue and stock, not for each visitor.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use schemas::ProductId;

use crate::domain::{
    Catalogue, Category, Filter, Language, ListingQuery, PageNumber, PriceRange, Product, Sort, StockLevels, Won,
};
use crate::pages::words::Around;

/// What is small change.
const SMALL: Won = Won(10_000);

/// The shelves as they were asked for last.
#[derive(Debug, Default)]
pub(super) struct Shelves(Mutex<Option<Arc<Sorted>>>);

/// Products in the order of each shelf, what is sold out last.
#[derive(Debug)]
pub(super) struct Sorted {
    catalogue: Arc<Catalogue>,
    stock: Arc<StockLevels>,
    pub in_stock: Vec<ProductId>,
    pub newest: Vec<ProductId>,
    pub small: Vec<ProductId>,
    /// For each language.
    gifts: [Vec<ProductId>; 2],
}

impl Shelves {
    pub(super) fn of(&self, catalogue: &Arc<Catalogue>, stock: &Arc<StockLevels>) -> Arc<Sorted> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sorted) = last.as_ref().filter(|sorted| sorted.holds_for(catalogue, stock)) {
            return Arc::clone(sorted);
        }
        let sorted = Arc::new(Sorted::of(catalogue, stock));
        *last = Some(Arc::clone(&sorted));
        sorted
    }
}

impl Sorted {
    fn of(catalogue: &Arc<Catalogue>, stock: &Arc<StockLevels>) -> Self {
        let is_there = |product: &Product| stock.left(product.id) > 0;
        let there_first = |mut products: Vec<&Product>| -> Vec<ProductId> {
            products.sort_by_cached_key(|product| !is_there(product));
            products.into_iter().map(|product| product.id).collect()
        };
        let listed = |query: &ListingQuery| there_first(catalogue.listing(query, stock, Language::Ko).products);
        let gifts = |language: Language| {
            let everything = (&Filter::default(), None, PageNumber::FIRST);
            let query = Around::of(language).gifts_query;
            there_first(
                catalogue
                    .search(query, everything, (stock, Language::Ko))
                    .listing
                    .products,
            )
        };
        let small = ListingQuery {
            filter: Filter {
                price: PriceRange::of(None, Some(SMALL)),
                ..Filter::default()
            },
            sort: Sort::PriceDesc,
            ..ListingQuery::default()
        };
        let mut newest: Vec<&Product> = catalogue.products().iter().collect();
        newest.sort_by_key(|product| Reverse(product.added));
        let there = catalogue.products().iter().filter(|product| is_there(product));
        Self {
            in_stock: there.map(|product| product.id).collect(),
            newest: there_first(newest),
            small: listed(&small),
            gifts: Language::ALL.map(gifts),
            catalogue: Arc::clone(catalogue),
            stock: Arc::clone(stock),
        }
    }

    fn holds_for(&self, catalogue: &Arc<Catalogue>, stock: &Arc<StockLevels>) -> bool {
        Arc::ptr_eq(&self.catalogue, catalogue) && Arc::ptr_eq(&self.stock, stock)
    }

    pub(super) fn gifts(&self, language: Language) -> &[ProductId] {
        &self.gifts[language as usize]
    }

    /// The newest of each category of which `wanted` says yes, rather one that is in stock.
    pub(super) fn one_of_each(&self, wanted: impl Fn(ProductId) -> bool) -> Vec<ProductId> {
        let newest = self.newest.iter().filter_map(|id| self.catalogue.product(*id));
        let newest: Vec<&Product> = newest.filter(|product| wanted(product.id)).collect();
        let of = |category: &Category| newest.iter().find(|product| product.category == category.id);
        let categories = self.catalogue.categories().iter();
        categories.filter_map(of).map(|product| product.id).collect()
    }
}
