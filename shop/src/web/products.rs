//! `/products/` and `/products/{id}`

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use schemas::events::View;

use super::caller::{By, Caller};
use super::error::PageError;
use super::wanted::Wanted;
use super::{Site, show};
use crate::domain::trends::Related;
use crate::domain::{ListingQuery, Product, Sort};
use crate::pages;
use crate::pages::listing::ListingPage;
use crate::pages::parts::narrow::Spot;
use crate::pages::product::ProductPage;

/// From how many ways on a product's page shows where people went, rather than what is similar.
const KNOWN: usize = 3;

pub(super) async fn without_slash() -> Redirect {
    Redirect::permanent("/products/")
}

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(wanted) = wanted.unwrap_or_default();
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    let query = ListingQuery {
        filter: wanted.filter(),
        sort: wanted.sort().unwrap_or_default(),
        page: wanted.page(),
    };
    let category = query.filter.category.and_then(|id| catalogue.category(id));
    // A category that doesn't exist is an address that doesn't exist.
    if category.is_none() && wanted.asks_for_category() {
        return Err(PageError::NotFound);
    }
    let listing = catalogue.listing(&query, &stock, caller.language);
    let view = View {
        category_id: query.filter.category,
        sort: Some(Cow::Borrowed(query.sort.name())),
        page_number: Some(listing.page.get()),
        ..caller.view()
    };
    let shown = ListingPage {
        spot: Spot {
            query: None,
            filter: query.filter,
            sort: wanted.sort().filter(|sort| *sort != Sort::default()),
            page: listing.page.get(),
        },
        categories: catalogue.categories(),
        category,
        facets: &listing.facets,
        pages: listing.pages.get(),
        total: listing.total,
        tiles: show::tiles(&catalogue, &stock, caller.occasion.at, listing.products.iter().copied()),
    };
    let page = pages::listing::listing(&caller.frame(&site).await?, &shown);
    Ok((caller.saw(view), page))
}

pub(super) async fn detail(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, PageError> {
    let catalogue = site.store.catalogue();
    let id = show::product_id(&id).ok_or(PageError::NoSuchProduct)?;
    let gone = || {
        if site.store.stock().knows(id) {
            PageError::NoLongerSold
        } else {
            PageError::NoSuchProduct
        }
    };
    let product = catalogue.product(id).ok_or_else(gone)?;
    let view = View {
        product_id: Some(product.id),
        category_id: Some(product.category),
        ..caller.view()
    };
    let page = page(&site, &caller, product, None).await?;
    Ok((caller.saw(view), caller.looks_at(&site, product), page))
}

/// A product's page; with what was typed and why it was refused after a failed try to add it.
pub(super) async fn page(
    site: &Site,
    caller: &Caller,
    product: &Product,
    refused: Option<(&str, &str)>,
) -> Result<maud::Markup, PageError> {
    let catalogue = site.store.catalogue();
    let stock = site.store.stock();
    let category = catalogue.category(product.category).ok_or(PageError::NoSuchProduct)?;
    let advice = site.crowd.advice();
    let nothing = Related::default();
    let related = advice.related(product.id).unwrap_or(&nothing);
    let next_is_known = related.next.len() >= KNOWN;
    let next = if next_is_known { &related.next } else { &related.similar };
    let tiles = |ids, most| {
        let products = show::products(&catalogue, ids, most);
        show::tiles(&catalogue, &stock, caller.occasion.at, products)
    };
    let shown = ProductPage {
        product,
        category,
        left: stock.left(product.id),
        next: tiles(next, show::SHELF),
        next_is_known,
        together: tiles(&related.together, show::SHELF),
        quantity: refused.map_or("1", |(typed, _)| typed),
        error: refused.map(|(_, error)| error),
        wished: caller.wishes(&site.store).await?.of(product.id).is_some(),
    };
    Ok(pages::product::product(&caller.frame(site).await?, &shown))
}
