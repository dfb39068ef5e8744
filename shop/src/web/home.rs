//! `/`

use axum::extract::State;
use axum::response::IntoResponse;
use schemas::ProductId;

use super::caller::By;
use super::error::PageError;
use super::page_cache::Content;
use super::{Site, show};
use crate::domain::calendar::SEOUL;
use crate::domain::{Catalogue, Experiment, Product, StockLevels};
use crate::pages::home::{HomeKey, HomePage};
use crate::pages::{self, Frame};

/// How many of the popular the front page shows.
const POPULAR: usize = 12;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let catalogue = caller.catalogue(&site);
    let (stock, advice) = (site.store.stock(), site.crowd.advice());
    let shelves = site.shelves.of(catalogue, &stock);
    let looked = caller.looked();
    let recent = show::products(catalogue, looked.products(), show::SHELF);
    let mut choice = Choice::new(catalogue, &stock);
    let featured = choice.of_the_week(&shelves.in_stock, caller.occasion.at.day(SEOUL).to_julian_day());
    choice.seen(&recent);
    let for_you = choice.there_first(&advice.for_who_looked_at(looked.products()), show::SHELF);
    // Either what people showed interest in, or a mix: never one under the heading of the other.
    let popular_is_known = advice.known * 2 >= POPULAR;
    let popular = if popular_is_known {
        choice.there_first(advice.popular.get(..advice.known).unwrap_or(&advice.popular), POPULAR)
    } else {
        let new_here = shelves.one_of_each(|id| !choice.seen.contains(&id));
        choice.there_first(&new_here, POPULAR)
    };
    let gifts = choice.takes(shelves.gifts(caller.language), show::SHELF);
    let small = choice.takes(&shelves.small, show::SHELF);
    let newest = choice.takes(&shelves.newest, show::SHELF);
    let tiles = |products| show::tiles(catalogue, &stock, caller.occasion.at, products);
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
    let frame = caller.frame(&site).await?;
    let content = Content::Home(HomeKey::of(&shown));
    let draw = |frame: &Frame<'_>| pages::home::home(frame, &shown);
    let page = site.page_cache.page(catalogue, (&frame, content), draw);
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

    /// The first that are not on the page yet.
    fn takes(&mut self, candidates: &[ProductId], most: usize) -> Vec<&'a Product> {
        let new_here = candidates.iter().filter(|id| !self.seen.contains(id));
        let products: Vec<&Product> = new_here
            .filter_map(|id| self.catalogue.product(*id))
            .take(most)
            .collect();
        self.seen(&products);
        products
    }

    /// The same, of those that are in stock before the others.
    fn there_first(&mut self, candidates: &[ProductId], most: usize) -> Vec<&'a Product> {
        let mut candidates = candidates.to_vec();
        candidates.sort_by_cached_key(|id| self.stock.left(*id) == 0);
        self.takes(&candidates, most)
    }

    /// Another one each week.
    fn of_the_week(&mut self, in_stock: &[ProductId], julian_day: i32) -> Option<&'a Product> {
        // A stride that shares no factor with most counts, so that neighbouring weeks are of different categories.
        let week = usize::try_from(julian_day / 7).unwrap_or(0).wrapping_mul(101);
        let featured = self.catalogue.product(*in_stock.get(week % in_stock.len().max(1))?);
        self.seen.extend(featured.map(|product| product.id));
        featured
    }
}
