//! `/wishlist` and the forms that change it.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::caller::{By, Caller};
use super::cart_page::drawer_with;
use super::error::PageError;
use super::form::{Wanted, WantedForm, kept};
use super::{Site, language, show};
use crate::domain::{Belongings, CartError, Command, Wishes};
use crate::pages;
use crate::store::NotDone;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let page = page(&site, &caller, None).await?;
    Ok((caller.saw(caller.view()), page))
}

/// Records `wish_add`.
pub(super) async fn add(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let command = Command::AddWish(wanted.product(&site)?);
    let occasion = wanted.occasion(&caller);
    let added = caller.carry_out(&site, &occasion, &command, None).await;
    answer(&site, &caller, added, next(&wanted)).await
}

/// Records `wish_remove`.
pub(super) async fn remove(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let command = Command::RemoveWish(wanted.named()?);
    let occasion = wanted.occasion(&caller);
    let removed = caller.carry_out(&site, &occasion, &command, None).await;
    answer(&site, &caller, removed, next(&wanted)).await
}

/// Records `cart_add` and `wish_remove`.
pub(super) async fn to_cart(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let command = Command::MoveToCart(wanted.product(&site)?);
    let occasion = wanted.occasion(&caller);
    let moved = caller.carry_out(&site, &occasion, &command, None).await;
    match moved {
        // It is in the cart already: a second click.
        Err(NotDone::Refused(CartError::NotInCart)) => Ok(Redirect::to("/cart").into_response()),
        moved => answer(&site, &caller, moved, "/cart").await,
    }
}

/// Where the form says, or the list.
fn next(wanted: &Wanted) -> &str {
    if wanted.next.is_empty() {
        "/wishlist"
    } else {
        language::local(&wanted.next)
    }
}

async fn answer(
    site: &Site,
    caller: &Caller,
    changed: Result<Belongings, NotDone<CartError>>,
    next: &str,
) -> Result<Response, PageError> {
    match changed {
        Ok(now) => Ok((kept(caller, &now), Redirect::to(next)).into_response()),
        Err(NotDone::Refused(why)) => {
            let said = caller.words().problems.about_cart(why);
            let page = if caller.wants_part {
                drawer_with(site, caller, &said).await?
            } else {
                page(site, caller, Some(&said)).await?
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

async fn page(site: &Site, caller: &Caller, problem: Option<&str>) -> Result<maud::Markup, PageError> {
    let belongings = caller.belongings(&site.store).await?;
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    caller.remember(&belongings.wishes);
    let views = show::wishes((&catalogue, &stock), caller, &belongings.wishes);
    let frame = caller.frame_with(site, belongings.cart.count());
    Ok(pages::wishes::wishes(&frame, &views, problem))
}

impl Caller {
    pub(super) const fn may_have_wishes(&self) -> bool {
        self.visit.has_wishes || self.signed_in.is_some()
    }

    /// The wish list; nothing is asked of the database where the cookie says that there is nothing.
    pub(super) async fn wishes(&self, store: &crate::store::Store) -> Result<Wishes, PageError> {
        if self.may_have_wishes() {
            Ok(store.wishes_of(self.owner()).await?)
        } else {
            Ok(Wishes::default())
        }
    }
}
