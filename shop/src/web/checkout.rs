//! `/checkout`

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::asked::Asked;
use super::caller::{By, Caller};
use super::cart_page::sums;
use super::error::PageError;
use super::{Site, show};
use crate::domain::order::Totals;
use crate::domain::{Cart, Delivery, OrderError, Won};
use crate::pages;
use crate::pages::checkout::{CheckoutPage, DeliveryTyped};
use crate::pages::parts::field::Errors;
use crate::store::{self, CheckoutToken};

/// The way to pay, as the form names it.
const ON_DELIVERY: &str = "on_delivery";

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Submitted {
    token: String,
    /// The sum that the page showed, in KRW.
    agreed: Option<String>,
    payment: String,
    #[serde(flatten)]
    asked: Asked,
    #[serde(flatten)]
    delivery: DeliveryTyped,
}

/// What the page says besides the cart.
struct Said<'a> {
    token: CheckoutToken,
    typed: &'a DeliveryTyped,
    errors: &'a Errors,
    alert: Option<&'a str>,
}

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let cart = caller.cart_if_any(&site.store).await?;
    if cart.is_empty() {
        return Ok(Redirect::to("/cart").into_response());
    }
    let before = site.store.last_delivery_of(caller.owner()).await?;
    let said = Said {
        token: CheckoutToken(rand::random()),
        typed: &before.as_ref().map(DeliveryTyped::again).unwrap_or_default(),
        errors: &Errors::default(),
        alert: None,
    };
    Ok((caller.saw(caller.view()), page(&site, &caller, &cart, &said)).into_response())
}

pub(super) async fn place(
    By(caller): By,
    State(site): State<Site>,
    form: Result<Form<Submitted>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(submitted) = form?;
    let broken = || PageError::BadRequest("the form's token is missing or mangled".to_owned());
    let token = CheckoutToken::from_hex(&submitted.token).ok_or_else(broken)?;
    let words = caller.words();
    let delivery = match Delivery::parse(submitted.delivery.form()) {
        Ok(delivery) => delivery,
        Err(errors) => {
            let errors = Errors::of_fields(words, &errors);
            return again(&site, &caller, token, &submitted, (&errors, words.problems.form)).await;
        }
    };
    let wanted = store::Submitted {
        token,
        delivery: &delivery,
        agreed: submitted.agreed.as_deref().and_then(|sum| sum.parse().ok()).map(Won),
    };
    // Whatever else stands in the field was not chosen on the page.
    let payment = (submitted.payment == ON_DELIVERY).then(|| ("payment", ON_DELIVERY.to_owned()));
    let occasion = caller.occasion_with(payment, &submitted.asked);
    let status = StatusCode::SEE_OTHER.as_u16();
    let placed = site
        .store
        .place_order(&occasion, caller.owner(), wanted, status)
        .await?;
    match placed {
        Ok(order) => Ok(Redirect::to(&format!("/orders/{}?placed=1", order.id)).into_response()),
        Err(OrderError::EmptyCart) => Ok(Redirect::to("/cart").into_response()),
        Err(OrderError::OutOfStock { product, left }) => {
            let catalogue = site.store.catalogue();
            let name = catalogue
                .product(product)
                .map_or("", |product| product.name.text(caller.language));
            let said = (words.checkout.nothing_ordered)(name, &(words.problems.out_of_stock)(left));
            again(&site, &caller, token, &submitted, (&Errors::default(), &said)).await
        }
        Err(OrderError::TotalChanged { total }) => {
            let said = (words.checkout.total_changed)(&total.text(caller.language));
            again(&site, &caller, token, &submitted, (&Errors::default(), &said)).await
        }
        Err(OrderError::Gone { .. }) => {
            let said = words.problems.product_gone;
            again(&site, &caller, token, &submitted, (&Errors::default(), said)).await
        }
    }
}

async fn again(
    site: &Site,
    caller: &Caller,
    token: CheckoutToken,
    submitted: &Submitted,
    (errors, alert): (&Errors, &str),
) -> Result<Response, PageError> {
    let cart = caller.cart(&site.store).await?;
    if cart.is_empty() {
        return Ok(Redirect::to("/cart").into_response());
    }
    let said = Said {
        token,
        typed: &submitted.delivery,
        errors,
        alert: Some(alert),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(site, caller, &cart, &said)).into_response())
}

fn page(site: &Site, caller: &Caller, cart: &Cart, said: &Said<'_>) -> maud::Markup {
    let catalogue = site.store.catalogue();
    let priced = show::priced(&catalogue, cart);
    let shown = CheckoutPage {
        lines: priced.iter().map(|line| show::line(&catalogue, caller, line)).collect(),
        sums: sums(&Totals::of(cart, &catalogue)),
        token: &said.token.hex(),
        typed: said.typed,
        errors: said.errors,
        alert: said.alert,
    };
    pages::checkout::checkout(&caller.frame_with(site, cart.count()), &shown)
}
