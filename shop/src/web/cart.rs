//! `/cart` and the forms that change it.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::{Details, ProductId};
use serde::Deserialize;

use super::caller::{By, Caller};
use super::error::PageError;
use super::record::Changed;
use super::{Site, products, show};
use crate::domain::order::{FREE_DELIVERY_FROM, Totals};
use crate::domain::{Cart, CartError, Catalogue, Quantity, StockLevels, Won, cart};
use crate::pages;
use crate::pages::cart::{CartLineView, CartPage};
use crate::pages::parts::lines::Sums;

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    product_id: String,
    quantity: String,
}

type Wished = Result<Form<Wish>, FormRejection>;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let cart = if caller.may_have_cart() {
        caller.cart(&site.store).await?
    } else {
        Cart::default()
    };
    let page = page(&site, &caller, &cart, &Refusal::None);
    Ok((caller.saw(caller.view()), page).into_response())
}

pub(super) async fn add(By(caller): By, State(site): State<Site>, wish: Wished) -> Result<Response, PageError> {
    let Form(wish) = wish?;
    let product = known(&site, &wish)?;
    let Ok(wanted) = wish.quantity.parse::<Quantity>() else {
        return not_added(&site, &caller, &wish, product, caller.words().problems.quantity).await;
    };
    let decide = move |cart: &Cart, catalogue: &Catalogue, stock: &StockLevels| {
        let product = catalogue.product(product).ok_or(CartError::OutOfStock { left: 0 })?;
        cart::add(cart, product, stock.left(product.id), wanted).map(|added| Some(Details::from(added)))
    };
    match change(&site, &caller, &wish, decide).await? {
        Ok(redirect) => Ok(redirect),
        Err(error) => {
            not_added(
                &site,
                &caller,
                &wish,
                product,
                &caller.words().problems.about_cart(error),
            )
            .await
        }
    }
}

pub(super) async fn update(By(caller): By, State(site): State<Site>, wish: Wished) -> Result<Response, PageError> {
    let Form(wish) = wish?;
    let product = known(&site, &wish)?;
    let Ok(wanted) = wish.quantity.parse::<Quantity>() else {
        return not_changed(&site, &caller, &wish, product, caller.words().problems.quantity).await;
    };
    let decide = move |cart: &Cart, catalogue: &Catalogue, stock: &StockLevels| {
        let product = catalogue.product(product).ok_or(CartError::OutOfStock { left: 0 })?;
        let updated = cart::update(cart, product, stock.left(product.id), wanted)?;
        Ok(updated.map(Details::from))
    };
    match change(&site, &caller, &wish, decide).await? {
        Ok(redirect) => Ok(redirect),
        Err(error) => {
            not_changed(
                &site,
                &caller,
                &wish,
                product,
                &caller.words().problems.about_cart(error),
            )
            .await
        }
    }
}

pub(super) async fn remove(By(caller): By, State(site): State<Site>, wish: Wished) -> Result<Response, PageError> {
    let Form(wish) = wish?;
    let product = show::product_id(&wish.product_id).ok_or(PageError::NoSuchProduct)?;
    let decide = move |cart: &Cart, _: &Catalogue, _: &StockLevels| {
        cart::remove(cart, product).map(|it| Some(Details::from(it)))
    };
    match change(&site, &caller, &wish, decide).await? {
        Ok(redirect) => Ok(redirect),
        // It is out already, which is what was wanted: a second click.
        Err(_) => Ok(Redirect::to("/cart").into_response()),
    }
}

fn known(site: &Site, wish: &Wish) -> Result<ProductId, PageError> {
    let id = show::product_id(&wish.product_id).ok_or(PageError::NoSuchProduct)?;
    site.store
        .catalogue()
        .product(id)
        .map(|product| product.id)
        .ok_or(PageError::NoSuchProduct)
}

async fn change<D>(
    site: &Site,
    caller: &Caller,
    wish: &Wish,
    decide: D,
) -> Result<Result<Response, CartError>, PageError>
where
    D: Fn(&Cart, &Catalogue, &StockLevels) -> Result<Option<Details<'static>>, CartError> + Send + Sync,
{
    let form = [
        ("product_id", wish.product_id.as_str()),
        ("quantity", wish.quantity.as_str()),
    ];
    let occasion = caller.occasion_with(form);
    let status = StatusCode::SEE_OTHER.as_u16();
    let changed = site
        .store
        .change_cart(&occasion, caller.owner(), status, decide)
        .await?;
    Ok(changed.map(|cart| (filled(caller, &cart), Redirect::to("/cart")).into_response()))
}

/// The visitor's cookie says whether there is a visitor's cart; an account's cart is the account's.
fn filled(caller: &Caller, cart: &Cart) -> Changed {
    Changed {
        has_cart: caller.signed_in.is_none().then(|| !cart.is_empty()),
        cookies: Vec::new(),
    }
}

async fn not_added(
    site: &Site,
    caller: &Caller,
    wish: &Wish,
    product: ProductId,
    error: &str,
) -> Result<Response, PageError> {
    let catalogue = site.store.catalogue();
    let product = catalogue.product(product).ok_or(PageError::NoSuchProduct)?;
    let page = products::page(site, caller, product, Some((&wish.quantity, error))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn not_changed(
    site: &Site,
    caller: &Caller,
    wish: &Wish,
    product: ProductId,
    error: &str,
) -> Result<Response, PageError> {
    let cart = caller.cart(&site.store).await?;
    let refusal = Refusal::Line {
        product,
        typed: &wish.quantity,
        error,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(site, caller, &cart, &refusal)).into_response())
}

/// What could not be done to the cart.
enum Refusal<'a> {
    None,
    Line {
        product: ProductId,
        typed: &'a str,
        error: &'a str,
    },
}

fn page(site: &Site, caller: &Caller, cart: &Cart, refusal: &Refusal<'_>) -> maud::Markup {
    let catalogue = site.store.catalogue();
    let stock = site.store.stock();
    let totals = Totals::of(cart, &catalogue);
    let line = |line| {
        let line = show::line(&catalogue, caller, line);
        let id = ProductId(line.product_id);
        CartLineView {
            left: stock.left(id),
            refused: match *refusal {
                Refusal::Line { product, typed, error } if product == id => Some((typed, error)),
                _ => None,
            },
            line,
        }
    };
    let priced = show::priced(&catalogue, cart);
    let alert = match *refusal {
        Refusal::Line { product, error, .. } if cart.quantity_of(product).is_none() => Some(error),
        _ => None,
    };
    let shown = CartPage {
        lines: priced.iter().map(line).collect(),
        sums: sums(&totals),
        until_free: (totals.delivery_fee > Won(0)).then(|| Won(FREE_DELIVERY_FROM.0 - totals.goods.0)),
        alert,
    };
    pages::cart::cart(&caller.frame_with(site, cart.count()), &shown)
}

pub(super) fn sums(totals: &Totals) -> Sums {
    Sums {
        goods: totals.goods,
        delivery: totals.delivery_fee,
        total: totals.total,
    }
}
