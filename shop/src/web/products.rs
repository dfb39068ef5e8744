//! `/products/` and `/products/{id}`

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use schemas::ProductId;
use schemas::events::View;

use super::asked::Asked;
use super::caller::{By, Caller};
use super::error::PageError;
use super::page::Page;
use super::page_cache::Content;
use super::wanted::Wanted;
use super::{Site, show};
use crate::crowd;
use crate::domain::calendar::{self, SEOUL};
use crate::domain::trends::Related;
use crate::domain::{Catalogue, Experiment, ListingQuery, Measure, Placement, Product, Sort, Trial, Variant};
use crate::pages::listing::{ListingKey, ListingPage};
use crate::pages::parts::books::BooksView;
use crate::pages::parts::narrow::Spot;
use crate::pages::product::{ProductKey, ProductPage};
use crate::pages::words::Service;
use crate::pages::{self, Frame};

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
    let (catalogue, stock) = (caller.catalogue(&site), site.store.stock());
    let order = caller.trial(&site, Experiment::ListingOrder);
    let usual = usual_sort(order);
    let query = ListingQuery {
        filter: wanted.filter(),
        sort: wanted.sort().unwrap_or(usual),
        page: wanted.page(),
    };
    let category = query.filter.category.and_then(|id| catalogue.category(id));
    // A category that doesn't exist is an address that doesn't exist.
    if category.is_none() && wanted.asks_for_category() {
        return Err(PageError::NotFound);
    }
    let crowd::Order { made_at, advice } = site.crowd.order(wanted.order());
    let measure = Measure {
        language: caller.language,
        ranking: Some(&advice.ranking),
    };
    let listing = catalogue.listing(&query, &stock, measure);
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
            sort: wanted.sort().filter(|sort| *sort != usual),
            page: listing.page.get(),
            order: (query.sort == Sort::Popular).then_some(made_at),
        },
        usual,
        categories: catalogue.categories(),
        category,
        facets: &listing.facets,
        pages: listing.pages.get(),
        total: listing.total,
        tiles: show::tiles(catalogue, &stock, caller.occasion.at, listing.products.iter().copied()),
    };
    let frame = caller.frame(&site).await?;
    let content = Content::Listing(ListingKey::of(&shown));
    let draw = |frame: &Frame<'_>| pages::listing::listing(frame, &shown);
    let page = site.page_cache.page(catalogue, (&frame, content), draw);
    // An order shows when nobody has chosen another one, when there are products to order, and when it differs from the others'.
    let shows_order = wanted.sort().is_none() && listing.total > 1 && !advice.ranking.is_empty();
    let shown = shows_order.then(|| caller.was_shown(order));
    Ok((caller.saw(view).and(shown.unwrap_or_default()), page))
}

/// The order of a listing for which none was chosen.
fn usual_sort(order: Option<Trial>) -> Sort {
    match order.map(|trial| trial.variant) {
        Some(Variant::PopularFirst) => Sort::Popular,
        _ => Sort::default(),
    }
}

pub(super) async fn detail(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
    chosen: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let catalogue = caller.catalogue(&site);
    let id = show::product_id(&id).ok_or(PageError::NoSuchProduct)?;
    let gone = || {
        if site.store.stock().knows(id) {
            PageError::NoLongerSold
        } else {
            PageError::NoSuchProduct
        }
    };
    let Some(product) = catalogue.product(id) else {
        let known = numbered(catalogue, id).ok_or_else(gone)?;
        return Ok(Redirect::temporary(&format!("/products/{known}")).into_response());
    };
    let view = View {
        product_id: Some(product.id),
        category_id: Some(product.category),
        ..caller.view()
    };
    let label = caller.trial(&site, Experiment::AddLabel);
    let from = chosen.ok().and_then(|Query(chosen)| chosen.placement(&caller));
    let page = page(&site, &caller, product, (label, from), None).await?;
    // What is sold out has no button.
    let has_button = site.store.stock().left(product.id) > 0;
    let shown = has_button.then(|| caller.was_shown(label));
    let seen = caller.saw(view).and(shown.unwrap_or_default());
    Ok((seen, caller.looks_at(&site, product), page).into_response())
}

/// The shop that this one is made after numbered its products from 1; addresses of those days lead to the product in that place of the
/// first category.
fn numbered(catalogue: &Catalogue, id: ProductId) -> Option<ProductId> {
    let first = ProductId(id.0.checked_add(100)?);
    (1..=99).contains(&id.0).then_some(())?;
    catalogue.product(first).map(|product| product.id)
}

/// A product's page, `label` the trial of its button and `from` where it was chosen; with what was typed and why it was refused after a failed try to add it.
pub(super) async fn page(
    site: &Site,
    caller: &Caller,
    product: &Product,
    (label, from): (Option<Trial>, Option<Placement>),
    refused: Option<(&str, &str)>,
) -> Result<Page, PageError> {
    let catalogue = caller.catalogue(site);
    let stock = site.store.stock();
    let category = catalogue.category(product.category).ok_or(PageError::NoSuchProduct)?;
    let advice = site.crowd.advice();
    let nothing = Related::default();
    let related = advice.related(product.id).unwrap_or(&nothing);
    let next_is_known = related.next.len() >= KNOWN;
    let next = if next_is_known { &related.next } else { &related.similar };
    let tiles = |ids, most| {
        let products = show::products(catalogue, ids, most);
        show::tiles(catalogue, &stock, caller.occasion.at, products)
    };
    let here = format!("/products/{}", product.id);
    let now = caller.occasion.at;
    let arrives = (Service::of(caller.language).day)(calendar::arrives(now));
    let frame = caller.frame(site).await?;
    let shown = ProductPage {
        product,
        category,
        left: stock.left(product.id),
        next: tiles(next, show::SHELF),
        next_is_known,
        together: tiles(&related.together, show::SHELF),
        add: add_label(caller, label),
        quantity: refused.map_or("1", |(typed, _)| typed),
        error: refused.map(|(_, error)| error),
        wished: frame.wished.contains(&product.id),
        arrives: &arrives,
        books: BooksView {
            days: advice.books.of(product.id, now.day(SEOUL)),
            since: show::moment(advice.books.since.unwrap_or(now)),
            hue: category.hue,
        },
        from,
    };
    // A refused form stands on this page.
    let frame = if frame.answers_a_form {
        Frame { here: &here, ..frame }
    } else {
        frame
    };
    let content = Content::Product(ProductKey::of(&shown));
    let draw = |frame: &Frame<'_>| pages::product::product(frame, &shown);
    Ok(site.page_cache.page(catalogue, (&frame, content), draw))
}

fn add_label(caller: &Caller, label: Option<Trial>) -> &'static str {
    let browse = &caller.words().browse;
    match label.map(|trial| trial.variant) {
        Some(Variant::FirstPerson) => browse.add_to_mine,
        _ => browse.add,
    }
}
