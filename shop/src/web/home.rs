//! `/`

use std::cmp::Reverse;

use axum::extract::State;
use axum::response::IntoResponse;
use schemas::ProductId;

use super::caller::By;
use super::error::PageError;
use super::{Site, show};
use crate::domain::calendar::SEOUL;
use crate::domain::{
    Catalogue, Category, Experiment, Filter, Language, ListingQuery, PageNumber, PriceRange, Product, Sort,
    StockLevels, Won,
};
use crate::pages;
use crate::pages::home::HomePage;
use crate::pages::words::Around;

/// How many of the popular the front page shows.
const POPULAR: usize = 12;
/// What is small change.
const SMALL: Won = Won(10_000);

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let catalogue = site.store.catalogue();
    let (stock, advice) = (site.store.stock(), site.crowd.advice());
    let looked = caller.looked();
    let recent = show::products(&catalogue, looked.products(), show::SHELF);
    let mut choice = Choice::new(&catalogue, &stock);
    let featured = choice.of_the_week(caller.occasion.at.day(SEOUL).to_julian_day());
    choice.seen(&recent);
    let known = |ids: &[ProductId]| show::products(&catalogue, ids, usize::MAX);
    let for_you = choice.takes(known(&advice.for_who_looked_at(looked.products())), show::SHELF);
    // Either what people showed interest in, or a mix: never one under the heading of the other.
    let popular_is_known = advice.known * 2 >= POPULAR;
    let popular = if popular_is_known {
        show::products(&catalogue, &advice.popular, advice.known)
    } else {
        choice.one_of_each()
    };
    let popular = choice.takes(popular, POPULAR);
    let gifts = choice.takes(choice.searched(Around::of(caller.language).gifts_query), show::SHELF);
    let small = choice.takes(choice.small(), show::SHELF);
    let newest = choice.takes(choice.newest(), show::SHELF);
    let tiles = |products| show::tiles(&catalogue, &stock, caller.occasion.at, products);
    let shown = HomePage {
        featured: tiles(featured.into_iter().collect()).pop(),
        categories: catalogue.categories(),
        popular: tiles(popular),
        popular_is_known,
        recent: tiles(recent),
        for_you: tiles(for_you),
        gifts: tiles(gifts),
        small: tiles(small),
        newest: tiles(newest),
    };
    let page = pages::home::home(&caller.frame(&site).await?, &shown);
    // Both variants are this page.
    let seen = caller
        .saw(caller.view())
        .and(caller.was_shown(caller.trial(&site, Experiment::HomeAa)));
    Ok((seen, page))
}

/// Chooses for the shelves, so that a product stands on the page once, and what is sold out stands last.
struct Choice<'a> {
    catalogue: &'a Catalogue,
    stock: &'a StockLevels,
    seen: Vec<ProductId>,
}

impl<'a> Choice<'a> {
    const fn new(catalogue: &'a Catalogue, stock: &'a StockLevels) -> Self {
        Self {
            catalogue,
            stock,
            seen: Vec::new(),
        }
    }

    fn seen(&mut self, products: &[&Product]) {
        self.seen.extend(products.iter().map(|product| product.id));
    }

    fn takes(&mut self, candidates: Vec<&'a Product>, most: usize) -> Vec<&'a Product> {
        let mut products = candidates;
        products.retain(|product| !self.seen.contains(&product.id));
        products.sort_by_key(|product| self.stock.left(product.id) == 0);
        products.truncate(most);
        self.seen(&products);
        products
    }

    /// Another one each week, of those that are in stock.
    fn of_the_week(&mut self, julian_day: i32) -> Option<&'a Product> {
        let there = |product: &&Product| self.stock.left(product.id) > 0;
        let products: Vec<&Product> = self.catalogue.products().iter().filter(there).collect();
        // A stride that shares no factor with most counts, so that neighbouring weeks are of different categories.
        let week = usize::try_from(julian_day / 7).unwrap_or(0).wrapping_mul(101);
        let featured = products.get(week % products.len().max(1)).copied();
        self.seen.extend(featured.map(|product| product.id));
        featured
    }

    /// The newest of each category that isn't on the page yet, rather one that is in stock.
    fn one_of_each(&self) -> Vec<&'a Product> {
        let mut newest: Vec<&Product> = self.catalogue.products().iter().collect();
        newest.retain(|product| !self.seen.contains(&product.id));
        newest.sort_by_key(|product| (self.stock.left(product.id) == 0, Reverse(product.added)));
        let categories = self.catalogue.categories().iter();
        let of = |category: &Category| newest.iter().find(|product| product.category == category.id).copied();
        categories.filter_map(of).collect()
    }

    fn searched(&self, query: &str) -> Vec<&'a Product> {
        let everything = (&Filter::default(), None, PageNumber::FIRST);
        let searched = self.catalogue.search(query, everything, (self.stock, Language::Ko));
        searched.listing.products
    }

    fn small(&self) -> Vec<&'a Product> {
        let price = PriceRange::of(None, Some(SMALL));
        self.listed(ListingQuery {
            filter: Filter {
                price,
                ..Filter::default()
            },
            sort: Sort::PriceDesc,
            ..ListingQuery::default()
        })
    }

    fn newest(&self) -> Vec<&'a Product> {
        self.listed(ListingQuery::default())
    }

    fn listed(&self, query: ListingQuery) -> Vec<&'a Product> {
        let language = Language::Ko;
        self.catalogue.listing(&query, self.stock, language).products
    }
}
