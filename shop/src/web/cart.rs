//! `/cart` and the forms that change it.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::{Details, ProductId};
use serde::Deserialize;

use super::asked::Asked;
use super::caller::{By, Caller};
use super::cart_page::{Just, Refusal, drawer_with, page};
use super::cookies::Change;
use super::error::PageError;
use super::record::Changed;
use super::{Site, products, quantities, show};
use crate::domain::{Belongings, Cart, CartError, Catalogue, Experiment, Quantity, StockLevels, belongings, cart};
use crate::store::FormToken;

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub product_id: String,
    pub quantity: String,
    /// Where to go on.
    pub next: String,
    /// The form's token.
    pub once: String,
    #[serde(flatten)]
    pub asked: Asked,
}

pub(super) type WantedForm = Result<Form<Wanted>, FormRejection>;
type Typed = Result<Form<Vec<(String, String)>>, FormRejection>;

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    just: Result<Query<Just>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(just) = just.unwrap_or_default();
    let belongings = caller.belongings(&site.store).await?;
    let page = page(&site, &caller, &belongings, (&Refusal::None, &just));
    Ok((caller.saw(caller.view()), page).into_response())
}

pub(super) async fn add(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = known(&site, &wanted)?;
    let from = wanted.asked.placement(&caller);
    let chosen = from.clone();
    let decide = move |cart: &Cart, sold: (&Catalogue, &StockLevels), quantity| {
        let (product, left) = sold_now(sold, product)?;
        let added = cart::add(cart, product, left, quantity)?;
        let added = match chosen.clone() {
            Some(placement) => placement.of(added),
            None => added,
        };
        Ok(Some(added.into()))
    };
    match put(&site, &caller, &wanted, (product, decide)).await? {
        Ok(redirect) => Ok(redirect),
        Err(said) if caller.wants_part => {
            let page = drawer_with(&site, &caller, &said).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(said) => {
            let catalogue = site.store.catalogue();
            let product = catalogue.product(product).ok_or(PageError::NoSuchProduct)?;
            let label = caller.trial(&site, Experiment::AddLabel);
            let page = products::page(&site, &caller, product, (label, from), Some((&wanted.quantity, &said))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// The quantities of a cart's page, or of one line.
pub(super) async fn update(By(caller): By, State(site): State<Site>, form: Typed) -> Result<Response, PageError> {
    quantities::set(&site, &caller, form, "/cart").await
}

/// The way to the checkout takes along what was typed.
pub(super) async fn checkout(By(caller): By, State(site): State<Site>, form: Typed) -> Result<Response, PageError> {
    quantities::set(&site, &caller, form, "/checkout").await
}

/// Puts the quantity that was typed where `decide` says; what keeps it from going there, in the visitor's words.
async fn put<D>(
    site: &Site,
    caller: &Caller,
    wanted: &Wanted,
    (product, decide): (ProductId, D),
) -> Result<Result<Response, String>, PageError>
where
    D: Fn(&Cart, (&Catalogue, &StockLevels), Quantity) -> Result<Option<Details<'static>>, CartError> + Send + Sync,
{
    let problems = &caller.words().problems;
    let Ok(quantity) = wanted.quantity.parse::<Quantity>() else {
        return Ok(Err(problems.quantity.to_owned()));
    };
    let decide = |cart: &Cart, catalogue: &Catalogue, stock: &StockLevels| decide(cart, (catalogue, stock), quantity);
    // Another quantity is another wish.
    let once = FormToken::of(&wanted.once, format_args!("{product}/{quantity}"));
    let changed = change(site, caller, (wanted, once), decide).await?;
    let answered = changed.map(|cart| (filled(caller, &cart), Redirect::to("/cart")).into_response());
    Ok(answered.map_err(|error| problems.about_cart(error)))
}

pub(super) async fn remove(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = show::product_id(&wanted.product_id).ok_or(PageError::NoSuchProduct)?;
    let decide = move |cart: &Cart, _: &Catalogue, _: &StockLevels| {
        cart::remove(cart, product).map(|it| Some(Details::from(it)))
    };
    match change(&site, &caller, (&wanted, None), decide).await? {
        Ok(cart) => {
            let quantity = wanted.quantity.parse::<Quantity>().unwrap_or(Quantity::ONE);
            let next = Redirect::to(&format!("/cart?removed={product}&quantity={quantity}"));
            Ok((filled(&caller, &cart), next).into_response())
        }
        // It is out already, which is what was wanted: a second click.
        Err(_) => Ok(Redirect::to("/cart").into_response()),
    }
}

/// Moves a product to the wish list.
pub(super) async fn later(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = known(&site, &wanted)?;
    let decide = move |before: &Belongings, catalogue: &Catalogue, _: &StockLevels| {
        let product = catalogue.product(product).ok_or(CartError::NotInCart)?;
        belongings::save_for_later(before, product)
    };
    let occasion = caller.occasion_with([("product_id", product.to_string())], &wanted.asked);
    let status = StatusCode::SEE_OTHER.as_u16();
    let changed = site.store.change_belongings(&occasion, caller.owner(), status, decide);
    match changed.await? {
        Ok(now) => {
            let next = Redirect::to(&format!("/cart?later={product}"));
            Ok((kept(&caller, &now), next).into_response())
        }
        Err(CartError::NotInCart) => Ok(Redirect::to("/cart").into_response()),
        Err(error) => {
            let said = caller.words().problems.about_cart(error);
            refused(&site, &caller, &wanted.quantity, (product, &said)).await
        }
    }
}

pub(super) fn known(site: &Site, wanted: &Wanted) -> Result<ProductId, PageError> {
    let id = show::product_id(&wanted.product_id).ok_or(PageError::NoSuchProduct)?;
    site.store
        .catalogue()
        .product(id)
        .map(|product| product.id)
        .ok_or(PageError::NoSuchProduct)
}

pub(super) fn sold_now<'a>(
    (catalogue, stock): (&'a Catalogue, &StockLevels),
    product: ProductId,
) -> Result<(&'a crate::domain::Product, u32), CartError> {
    let product = catalogue.product(product).ok_or(CartError::OutOfStock { left: 0 })?;
    Ok((product, stock.left(product.id)))
}

async fn change<D>(
    site: &Site,
    caller: &Caller,
    (wanted, once): (&Wanted, Option<FormToken>),
    decide: D,
) -> Result<Result<Cart, CartError>, PageError>
where
    D: Fn(&Cart, &Catalogue, &StockLevels) -> Result<Option<Details<'static>>, CartError> + Send + Sync,
{
    let quantity = wanted.quantity.parse::<Quantity>().ok();
    let form = show::product_id(&wanted.product_id).map(|product| ("product_id", product.to_string()));
    let form = form
        .into_iter()
        .chain(quantity.map(|quantity| ("quantity", quantity.to_string())));
    let occasion = caller.occasion_with(form, &wanted.asked);
    let status = StatusCode::SEE_OTHER.as_u16();
    let decide = |before: &Belongings, catalogue: &Catalogue, stock: &StockLevels| {
        decide(&before.cart, catalogue, stock).map(|fact| fact.into_iter().collect())
    };
    let changed = site
        .store
        .change_belongings_once(&occasion, caller.owner(), (status, once), decide);
    Ok(changed.await?.map(|belongings| belongings.cart))
}

/// The visitor's cookie says whether there is a visitor's cart; an account's cart is the account's.
pub(super) fn filled(caller: &Caller, cart: &Cart) -> Changed {
    let is_visitors = caller.signed_in.is_none() && !cart.is_empty();
    Changed {
        cookies: is_visitors.then_some(Change::HasCart).into_iter().collect(),
    }
}

/// The same for cart and wish list.
pub(super) fn kept(caller: &Caller, belongings: &Belongings) -> Changed {
    let mut changed = filled(caller, &belongings.cart);
    if caller.signed_in.is_none() && !belongings.wishes.is_empty() {
        changed.cookies.push(Change::HasWishes);
    }
    changed
}

pub(super) async fn refused(
    site: &Site,
    caller: &Caller,
    typed: &str,
    (product, error): (ProductId, &str),
) -> Result<Response, PageError> {
    let belongings = caller.belongings(&site.store).await?;
    let refusal = Refusal::Line { product, typed, error };
    let page = page(site, caller, &belongings, (&refusal, &Just::default()));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
