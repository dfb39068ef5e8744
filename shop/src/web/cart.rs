//! `/cart` and the forms that change it. Each form is a command; what comes of it is decided by [`Command::decide`] and is an event.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::caller::{By, Caller};
use super::cart_page::{Just, Refusal, drawer_with, page, refused};
use super::error::PageError;
use super::form::{Wanted, WantedForm, filled, kept};
use super::{Site, products, quantities};
use crate::domain::{CartError, Command, Experiment, Quantity};
use crate::store::NotDone;

type Typed = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Tells `view`.
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

/// Records `cart_add`.
pub(super) async fn add(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    caller.stands_on(&wanted.asked);
    let product = wanted.product(&site)?;
    let problems = &caller.words().problems;
    let Some(quantity) = wanted.quantity() else {
        return not_added(&site, &caller, &wanted, problems.quantity).await;
    };
    let command = Command::AddToCart {
        product,
        quantity,
        from: wanted.asked.placement(&caller),
    };
    // Another quantity is another wish.
    let token = wanted.token(format_args!("{product}/{quantity}"));
    let occasion = wanted.occasion(&caller);
    match caller.carry_out(&site, &occasion, &command, token).await {
        Ok(now) => Ok((filled(&caller, &now.cart), Redirect::to("/cart")).into_response()),
        Err(NotDone::Refused(why)) => not_added(&site, &caller, &wanted, &problems.about_cart(why)).await,
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

/// The page on which the product was to be added, with the reason.
async fn not_added(site: &Site, caller: &Caller, wanted: &Wanted, said: &str) -> Result<Response, PageError> {
    let page = if caller.wants_part {
        drawer_with(site, caller, said).await?.into_response()
    } else {
        let catalogue = site.store.catalogue();
        let product = catalogue.product(wanted.named()?).ok_or(PageError::NoSuchProduct)?;
        let shown = (caller.trial(site, Experiment::AddLabel), wanted.asked.placement(caller));
        let page = products::page(site, caller, product, shown, Some((&wanted.quantity, said))).await?;
        page.into_response()
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The quantities of a cart's page, or of one line. Records `cart_update`.
pub(super) async fn update(By(caller): By, State(site): State<Site>, form: Typed) -> Result<Response, PageError> {
    quantities::set(&site, &caller, form, "/cart").await
}

/// The way to the checkout takes along what was typed. Records `cart_update`.
pub(super) async fn checkout(By(caller): By, State(site): State<Site>, form: Typed) -> Result<Response, PageError> {
    quantities::set(&site, &caller, form, "/checkout").await
}

/// Records `cart_remove`.
pub(super) async fn remove(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    caller.stands_on(&wanted.asked);
    let product = wanted.named()?;
    let command = Command::RemoveFromCart(product);
    let occasion = wanted.occasion(&caller);
    match caller.carry_out(&site, &occasion, &command, None).await {
        Ok(now) => {
            let quantity = wanted.quantity().unwrap_or(Quantity::ONE);
            let next = Redirect::to(&format!("/cart?removed={product}&quantity={quantity}"));
            Ok((filled(&caller, &now.cart), next).into_response())
        }
        // It is out already, which is what was wanted: a second click.
        Err(NotDone::Refused(_)) => Ok(Redirect::to("/cart").into_response()),
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

/// Moves a product to the wish list. Records `cart_remove` and `wish_add`.
pub(super) async fn later(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    caller.stands_on(&wanted.asked);
    let product = wanted.product(&site)?;
    let command = Command::SaveForLater(product);
    let occasion = wanted.occasion(&caller);
    match caller.carry_out(&site, &occasion, &command, None).await {
        Ok(now) => {
            let next = Redirect::to(&format!("/cart?later={product}"));
            Ok((kept(&caller, &now), next).into_response())
        }
        Err(NotDone::Refused(CartError::NotInCart)) => Ok(Redirect::to("/cart").into_response()),
        Err(NotDone::Refused(why)) => {
            let said = caller.words().problems.about_cart(why);
            refused(&site, &caller, &wanted.quantity, (product, &said)).await
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}
