//! Lists of products, sorted and cut into pages.

use std::cmp::Reverse;
use std::collections::HashMap;

use schemas::ProductId;

use super::Facets;
use crate::domain::{Filter, Language, Product};

/// Products on one page.
pub const PAGE_SIZE: usize = 24;

/// Which products, in which order, which page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListingQuery {
    pub filter: Filter,
    pub sort: Sort,
    pub page: PageNumber,
}

/// The place of each product among all that interest anybody, the first being 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking(HashMap<ProductId, usize>);

impl Ranking {
    /// Nobody has shown interest in anything yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, product: ProductId) -> usize {
        self.0.get(&product).copied().unwrap_or(usize::MAX)
    }
}

/// The most interesting first.
impl FromIterator<ProductId> for Ranking {
    fn from_iter<I: IntoIterator<Item = ProductId>>(products: I) -> Self {
        let places = products.into_iter().enumerate();
        Self(places.map(|(place, product)| (product, place)).collect())
    }
}

/// What products are compared by, besides themselves.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// Of the names.
    pub language: Language,
    /// None: what interests people is not known.
    pub ranking: Option<&'a Ranking>,
}

impl From<Language> for Measure<'_> {
    fn from(language: Language) -> Self {
        Self {
            language,
            ranking: None,
        }
    }
}

/// How a listing is ordered; equals stand by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    #[default]
    Newest,
    /// What interests people most; then, what nobody has looked at, the newest.
    Popular,
    PriceAsc,
    PriceDesc,
    Name,
}

impl Sort {
    pub const ALL: [Self; 5] = [Self::Newest, Self::Popular, Self::PriceAsc, Self::PriceDesc, Self::Name];

    /// The name in addresses and events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Popular => "popular",
            Self::PriceAsc => "price_asc",
            Self::PriceDesc => "price_desc",
            Self::Name => "name",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }

    /// Expects the products by id.
    pub(super) fn order(self, products: &mut [&Product], measure: Measure<'_>) {
        match self {
            Self::Newest => products.sort_by_key(|product| Reverse(product.added)),
            Self::Popular => {
                let place = |product: ProductId| measure.ranking.map_or(usize::MAX, |ranking| ranking.place(product));
                products.sort_by_cached_key(|product| (place(product.id), Reverse(product.added)));
            }
            Self::PriceAsc => products.sort_by_key(|product| product.price),
            Self::PriceDesc => products.sort_by_key(|product| Reverse(product.price)),
            Self::Name => products.sort_by_cached_key(|product| product.name.text(measure.language).to_lowercase()),
        }
    }
}

/// A page of a listing, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageNumber(u32);

impl PageNumber {
    pub const FIRST: Self = Self(1);

    /// 0 is the first page too.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self(number.max(1))
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageNumber {
    fn default() -> Self {
        Self::FIRST
    }
}

/// One page of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<'a> {
    pub products: Vec<&'a Product>,
    /// On all pages together.
    pub total: usize,
    /// The page shown: the last one when a later one was asked for.
    pub page: PageNumber,
    /// At least 1.
    pub pages: PageNumber,
    pub facets: Facets,
}

impl<'a> Listing<'a> {
    pub(super) fn page_of(products: Vec<&'a Product>, wanted: PageNumber, facets: Facets) -> Self {
        let total = products.len();
        let pages = PageNumber::new(u32::try_from(total.div_ceil(PAGE_SIZE)).unwrap_or(u32::MAX));
        let page = wanted.min(pages);
        let before = (page.get() as usize - 1) * PAGE_SIZE;
        Self {
            products: products.into_iter().skip(before).take(PAGE_SIZE).collect(),
            total,
            page,
            pages,
            facets,
        }
    }
}
