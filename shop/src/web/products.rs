//! `/products/` and `/products/{id}`

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use schemas::CategoryId;
use schemas::events::View;
use serde::Deserialize;

use super::caller::{By, Caller};
use super::error::PageError;
use super::{Site, show};
use crate::domain::{Catalogue, Category, Listing, ListingQuery, PageNumber, Product, Sort};
use crate::pages;
use crate::pages::listing::ListingPage;
use crate::pages::product::ProductPage;

/// How many others of its category a product's page shows.
const MORE: usize = 6;

/// What stands in the address; what makes no sense counts as not said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    category: Option<String>,
    sort: Option<String>,
    page: Option<String>,
}

pub(super) fn page_number(text: Option<&str>) -> PageNumber {
    text.and_then(|page| page.trim().parse().ok())
        .map_or(PageNumber::FIRST, PageNumber::new)
}

pub(super) async fn without_slash() -> Redirect {
    Redirect::permanent("/products/")
}

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(wanted) = wanted.unwrap_or_default();
    let catalogue = site.store.catalogue();
    let category = category(&catalogue, wanted.category.as_deref())?;
    let query = ListingQuery {
        category: category.map(|category| category.id),
        sort: wanted.sort.as_deref().and_then(Sort::from_name).unwrap_or_default(),
        page: page_number(wanted.page.as_deref()),
    };
    let listing = catalogue.listing(&query, caller.language);
    let view = View {
        category_id: query.category,
        sort: Some(Cow::Borrowed(query.sort.name())),
        page_number: Some(listing.page.get()),
        ..caller.view()
    };
    let shown = listing_page(&site, &caller, &catalogue, (category, query.sort), listing);
    let page = pages::listing::listing(&caller.frame(&site).await?, &shown);
    Ok((caller.saw(view), page))
}

/// None when none was asked for; a category that doesn't exist is an address that doesn't exist.
fn category<'a>(catalogue: &'a Catalogue, wanted: Option<&str>) -> Result<Option<&'a Category>, PageError> {
    let Some(wanted) = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()) else {
        return Ok(None);
    };
    let id = wanted.parse().map(CategoryId);
    let found = id.ok().and_then(|id| catalogue.category(id));
    found.map(Some).ok_or(PageError::NotFound)
}

fn listing_page<'a>(
    site: &Site,
    caller: &Caller,
    catalogue: &'a Catalogue,
    (category, sort): (Option<&'a Category>, Sort),
    listing: Listing<'a>,
) -> ListingPage<'a> {
    ListingPage {
        categories: catalogue.categories(),
        category,
        sort,
        page: listing.page.get(),
        pages: listing.pages.get(),
        total: listing.total,
        tiles: show::tiles(catalogue, &site.store.stock(), caller.occasion.at, listing.products),
    }
}

pub(super) async fn detail(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, PageError> {
    let catalogue = site.store.catalogue();
    let id = show::product_id(&id).ok_or(PageError::NoSuchProduct)?;
    let gone = || match site.store.stock().knows(id) {
        true => PageError::NoLongerSold,
        false => PageError::NoSuchProduct,
    };
    let product = catalogue.product(id).ok_or_else(gone)?;
    let view = View {
        product_id: Some(product.id),
        category_id: Some(product.category),
        ..caller.view()
    };
    Ok((caller.saw(view), page(&site, &caller, product, None).await?))
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
    let query = ListingQuery {
        category: Some(category.id),
        ..ListingQuery::default()
    };
    let others = catalogue.listing(&query, caller.language).products.into_iter();
    let others = others.filter(|other| other.id != product.id).take(MORE);
    let shown = ProductPage {
        product,
        category,
        left: stock.left(product.id),
        more: show::tiles(&catalogue, &stock, caller.occasion.at, others),
        quantity: refused.map_or("1", |(typed, _)| typed),
        error: refused.map(|(_, error)| error),
        wished: caller.wishes(&site.store).await?.of(product.id).is_some(),
    };
    Ok(pages::product::product(&caller.frame(site).await?, &shown))
}
