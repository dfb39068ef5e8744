//! `/`

use axum::extract::State;
use axum::response::IntoResponse;

use super::caller::By;
use super::error::PageError;
use super::{Site, show};
use crate::domain::{Experiment, ListingQuery, Product, StockLevels};
use crate::pages;
use crate::pages::home::HomePage;

/// How many new products the front page shows.
const NEWEST: usize = 12;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let catalogue = site.store.catalogue();
    let (stock, advice) = (site.store.stock(), site.crowd.advice());
    let looked = caller.looked();
    let for_you = advice.for_who_looked_at(looked.products());
    let newest = catalogue.listing(&ListingQuery::default(), &StockLevels::default(), caller.language);
    let tiles = |products| show::tiles(&catalogue, &stock, caller.occasion.at, products);
    let known = |ids| show::products(&catalogue, ids, show::SHELF);
    // Either what people showed interest in, or a mix: never one under the heading of the other.
    let popular_is_known = advice.known * 2 >= NEWEST;
    let popular = if popular_is_known {
        show::products(&catalogue, &advice.popular, advice.known)
    } else {
        show::products(&catalogue, &advice.mix, NEWEST)
    };
    // A product stands on the page once, and what is sold out stands last.
    let popular = there_first(popular, &stock);
    let fresh = newest
        .products
        .into_iter()
        .filter(|product| !popular.iter().any(|shown| shown.id == product.id));
    let newest: Vec<&Product> = there_first(fresh.take(NEWEST).collect(), &stock);
    let shown = HomePage {
        categories: catalogue.categories(),
        popular: tiles(popular),
        popular_is_known,
        recent: tiles(known(looked.products())),
        for_you: tiles(known(&for_you)),
        newest: tiles(newest),
    };
    let page = pages::home::home(&caller.frame(&site).await?, &shown);
    // Both variants are this page.
    let seen = caller
        .saw(caller.view())
        .and(caller.was_shown(caller.trial(&site, Experiment::HomeAa)));
    Ok((seen, page))
}

fn there_first<'a>(mut products: Vec<&'a Product>, stock: &StockLevels) -> Vec<&'a Product> {
    products.sort_by_key(|product| stock.left(product.id) == 0);
    products
}
