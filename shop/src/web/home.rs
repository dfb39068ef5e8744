//! `/`

use axum::extract::State;
use axum::response::IntoResponse;

use super::caller::By;
use super::error::PageError;
use super::{Site, show};
use crate::domain::ListingQuery;
use crate::pages;

/// How many new products the front page shows.
const NEWEST: usize = 12;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let catalogue = site.store.catalogue();
    let newest = catalogue.listing(&ListingQuery::default(), caller.language).products;
    let stock = site.store.stock();
    let tiles = show::tiles(&catalogue, &stock, caller.occasion.at, newest.into_iter().take(NEWEST));
    let page = pages::home::home(&caller.frame(&site).await?, catalogue.categories(), &tiles);
    Ok((caller.saw(caller.view()), page))
}
