//! `/checkout`

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::OrderId;
use serde::Deserialize;

use super::asked::Asked;
use super::caller::{By, Caller};
use super::cart_page::sums;
use super::error::PageError;
use super::{Site, show};
use crate::domain::calendar;
use crate::domain::order::{self, Totals};
use crate::domain::{Cart, Delivery, OrderError, Won};
use crate::pages;
use crate::pages::checkout::{CheckoutPage, DeliveryTyped};
use crate::pages::parts::field::Errors;
use crate::pages::words::Service;
use crate::store::{self, CheckoutToken, NotDone};

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
    let member = || {
        let who = caller.signed_in.as_ref();
        who.map(|who| DeliveryTyped::of_member(who.name.as_str()))
            .unwrap_or_default()
    };
    let alert = cannot_be_ordered(&site, &caller, &cart);
    let said = Said {
        token: CheckoutToken(rand::random()),
        typed: &before.as_ref().map_or_else(member, DeliveryTyped::again),
        errors: &Errors::default(),
        alert: alert.as_deref(),
    };
    Ok((caller.saw(caller.view()), page(&site, &caller, &cart, &said)).into_response())
}

pub(super) async fn place(
    By(caller): By,
    State(site): State<Site>,
    form: Result<Form<Submitted>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(submitted) = form?;
    caller.stands_on(&submitted.asked);
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
    let occasion = caller.occasion_with(payment);
    let status = StatusCode::SEE_OTHER.as_u16();
    match site.store.place_order(&occasion, caller.owner(), wanted, status).await {
        Ok(order) => Ok(Redirect::to(&format!("/orders/{}?placed=1", order.id)).into_response()),
        Err(NotDone::Refused(OrderError::EmptyCart)) => Ok(Redirect::to("/cart").into_response()),
        Err(NotDone::Failed(error)) => Err(error.into()),
        Err(NotDone::Refused(why)) => {
            let said = said_of(&site, &caller, why);
            again(&site, &caller, token, &submitted, (&Errors::default(), &said)).await
        }
    }
}

/// What keeps the cart from being ordered as it is, before an address is typed for nothing.
fn cannot_be_ordered(site: &Site, caller: &Caller, cart: &Cart) -> Option<String> {
    // Only whether it could be is asked: the order's number is nobody's.
    let tried = order::place(cart, &site.store.catalogue(), &site.store.stock(), (OrderId(0), None));
    tried.err().map(|why| said_of(site, caller, why))
}

fn said_of(site: &Site, caller: &Caller, why: OrderError) -> String {
    let words = caller.words();
    match why {
        OrderError::OutOfStock { product, left } => {
            let catalogue = site.store.catalogue();
            let product = catalogue.product(product);
            let name = product.map_or("", |product| product.name.text(caller.language));
            (words.checkout.nothing_ordered)(name, &(words.problems.out_of_stock)(left))
        }
        OrderError::TotalChanged { total } => (words.checkout.total_changed)(&total.text(caller.language)),
        OrderError::Gone { .. } => words.problems.product_gone.to_owned(),
        OrderError::EmptyCart => words.cart.empty.to_owned(),
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
        arrives: (Service::of(caller.language).day)(calendar::arrives(site.clock.now())),
        alert: said.alert,
    };
    pages::checkout::checkout(&caller.frame_with(site, cart.count()), &shown)
}
