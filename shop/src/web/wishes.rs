//! `/wishlist` and the forms that change it.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::Details;
use schemas::events::{OrderLine, WishOrigin, WishRemoval};

use super::caller::{By, Caller};
use super::cart::{Wanted, WantedForm, kept, known};
use super::cart_page::drawer_with;
use super::error::PageError;
use super::{Site, language, show};
use crate::domain::{Belongings, CartError, Catalogue, Quantity, StockLevels, Wishes, belongings, wishes};
use crate::pages;
use crate::pages::wishes::WishView;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let page = page(&site, &caller, None).await?;
    Ok((caller.saw(caller.view()), page))
}

pub(super) async fn add(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = known(&site, &wanted)?;
    let decide = move |before: &Belongings, catalogue: &Catalogue, _: &StockLevels| {
        let product = catalogue.product(product).ok_or(CartError::NotInCart)?;
        let added = wishes::add(&before.wishes, product, Quantity::ONE, WishOrigin::Page)?;
        Ok(added.map(Details::from).into_iter().collect())
    };
    let changed = change(&site, &caller, &wanted, decide).await?;
    answer(&site, &caller, changed, next(&wanted)).await
}

pub(super) async fn remove(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = show::product_id(&wanted.product_id).ok_or(PageError::NoSuchProduct)?;
    let decide = move |before: &Belongings, _: &Catalogue, _: &StockLevels| {
        // It is off already, which is what was wanted: a second click.
        let removed = wishes::remove(&before.wishes, product, WishRemoval::Unwished);
        Ok(removed.map(Details::from).into_iter().collect())
    };
    let changed = change(&site, &caller, &wanted, decide).await?;
    answer(&site, &caller, changed, next(&wanted)).await
}

pub(super) async fn to_cart(By(caller): By, State(site): State<Site>, form: WantedForm) -> Result<Response, PageError> {
    let Form(wanted) = form?;
    let product = known(&site, &wanted)?;
    let decide = move |before: &Belongings, catalogue: &Catalogue, stock: &StockLevels| {
        let product = catalogue.product(product).ok_or(CartError::NotInCart)?;
        belongings::move_to_cart(before, product, stock.left(product.id))
    };
    match change(&site, &caller, &wanted, decide).await? {
        // It is in the cart already: a second click.
        Err(CartError::NotInCart) => Ok(Redirect::to("/cart").into_response()),
        changed => answer(&site, &caller, changed, "/cart").await,
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

async fn change<D>(
    site: &Site,
    caller: &Caller,
    wanted: &Wanted,
    decide: D,
) -> Result<Result<Belongings, CartError>, PageError>
where
    D: Fn(&Belongings, &Catalogue, &StockLevels) -> Result<Vec<Details<'static>>, CartError> + Send + Sync,
{
    let product = show::product_id(&wanted.product_id);
    let form = product.map(|product| ("product_id", product.to_string()));
    let occasion = caller.occasion_with(form, &wanted.asked);
    let status = StatusCode::SEE_OTHER.as_u16();
    let changed = site.store.change_belongings(&occasion, caller.owner(), status, decide);
    Ok(changed.await?)
}

async fn answer(
    site: &Site,
    caller: &Caller,
    changed: Result<Belongings, CartError>,
    next: &str,
) -> Result<Response, PageError> {
    match changed {
        Ok(now) => Ok((kept(caller, &now), Redirect::to(next)).into_response()),
        Err(error) => {
            let said = caller.words().problems.about_cart(error);
            let page = if caller.wants_part {
                drawer_with(site, caller, &said).await?
            } else {
                page(site, caller, Some(&said)).await?
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn page(site: &Site, caller: &Caller, problem: Option<&str>) -> Result<maud::Markup, PageError> {
    let belongings = caller.belongings(&site.store).await?;
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    caller.remember(&belongings.wishes);
    let views = views((&catalogue, &stock), caller, &belongings.wishes);
    let frame = caller.frame_with(site, belongings.cart.count());
    Ok(pages::wishes::wishes(&frame, &views, problem))
}

/// The newest wish first.
pub(super) fn views<'a>(
    (catalogue, stock): (&'a Catalogue, &StockLevels),
    caller: &Caller,
    wishes: &Wishes,
) -> Vec<WishView<'a>> {
    let view = |wish: &wishes::Wish| {
        let product = catalogue.product(wish.product);
        let line = OrderLine {
            product_id: wish.product,
            quantity: wish.quantity.get(),
            unit_price: product.map_or(0, |product| product.price.0),
        };
        WishView {
            line: show::line(catalogue, caller, &line),
            left: product.map(|product| stock.left(product.id)),
        }
    };
    wishes.lines.iter().rev().map(view).collect()
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
