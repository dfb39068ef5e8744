//! `/orders`, `/orders/{id}`, cancelling and ordering again

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::OrderId;
use serde::Deserialize;

use super::asked::Asked;
use super::caller::{By, Caller};
use super::cart_page::address_with_missing;
use super::error::PageError;
use super::form::kept;
use super::{Site, show};
use crate::domain::calendar::{self, Stage};
use crate::domain::{CancelError, Command, Delivery, Order, OrderState, Won, belongings, order};
use crate::observe::Occasion;
use crate::pages;
use crate::pages::order::{OrderPage, OrderRow};
use crate::pages::parts::lines::Sums;
use crate::pages::parts::timeline::Progress;
use crate::pages::words::Service;
use crate::store::{FormToken, NotDone};

type AskedForm = Result<Form<Asked>, FormRejection>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct How {
    placed: Option<String>,
}

/// Of an order in the list.
const PICTURES: usize = 3;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let orders = site.store.orders_of(caller.owner()).await?;
    let catalogue = site.store.catalogue();
    let row = |order: &Order| OrderRow {
        id: order.id.0,
        first: order
            .lines
            .iter()
            .take(PICTURES)
            .map(|line| show::line(&catalogue, &caller, line))
            .collect(),
        placed_at: show::moment(order.placed_at),
        stage: stage(&site, order),
        total: order.total,
        things: order.lines.iter().map(|line| u32::from(line.quantity)).sum(),
        kinds: order.lines.len(),
    };
    let rows: Vec<OrderRow<'_>> = orders.iter().map(row).collect();
    let page = pages::order::orders(&caller.frame(&site).await?, &rows);
    Ok((caller.saw(caller.view()), page))
}

pub(super) async fn detail(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
    how: Result<Query<How>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let order = owned(&site, &caller, order_id(&id)?).await?;
    let just_placed = how.is_ok_and(|Query(how)| how.placed.is_some());
    let page = page(&site, &caller, &order, (just_placed, None)).await?;
    Ok((caller.saw(caller.view()), page))
}

pub(super) async fn cancel(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
    form: AskedForm,
) -> Result<Response, PageError> {
    let id = order_id(&id)?;
    let status = StatusCode::SEE_OTHER.as_u16();
    let occasion = occasion(&caller, form);
    let cancelled = site
        .store
        .cancel_order(&occasion, caller.owner(), (id, site.manners.cancel_window), status)
        .await;
    match cancelled {
        // Cancelled already is what was wanted: a second click.
        Ok(_) | Err(NotDone::Refused(CancelError::AlreadyCancelled)) => {
            Ok(Redirect::to(&format!("/orders/{id}")).into_response())
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
        Err(NotDone::Refused(CancelError::Unknown)) => Err(PageError::NoSuchOrder),
        Err(NotDone::Refused(CancelError::TooLate)) => {
            let order = owned(&site, &caller, id).await?;
            let said = caller.words().orders.too_late;
            let page = page(&site, &caller, &order, (false, Some(said))).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Again {
    once: String,
    #[serde(flatten)]
    asked: Asked,
}

/// Puts what was ordered into the cart once more, as far as it is there; the cart says what is not. Records `cart_add`.
pub(super) async fn again(
    By(caller): By,
    State(site): State<Site>,
    Path(id): Path<String>,
    form: Result<Form<Again>, FormRejection>,
) -> Result<Response, PageError> {
    let again = form.map(|Form(again)| again).unwrap_or_default();
    let order = owned(&site, &caller, order_id(&id)?).await?;
    let command = Command::OrderAgain(order.lines.clone());
    caller.stands_on(&again.asked);
    let occasion = caller.occasion_with([]);
    let token = FormToken::of(&again.once, order.id);
    let now = match caller.carry_out(&site, &occasion, &command, token).await {
        Ok(now) => now,
        // What there is none of is missing, and nothing else is refused.
        Err(NotDone::Refused(_)) => caller.belongings(&site.store).await?,
        Err(NotDone::Failed(error)) => return Err(error.into()),
    };
    let missing = belongings::missing(&now.cart, &order.lines);
    let next = Redirect::to(&address_with_missing(&missing));
    Ok((kept(&caller, &now), next).into_response())
}

/// A form that says nothing but where it stands may also be missing.
fn occasion(caller: &Caller, form: AskedForm) -> Occasion {
    let asked = form.map(|Form(asked)| asked).unwrap_or_default();
    caller.stands_on(&asked);
    caller.occasion_with([])
}

fn order_id(text: &str) -> Result<OrderId, PageError> {
    text.parse().map(OrderId).map_err(|_| PageError::NoSuchOrder)
}

async fn owned(site: &Site, caller: &Caller, id: OrderId) -> Result<Order, PageError> {
    site.store
        .order(caller.owner(), id)
        .await?
        .ok_or(PageError::NoSuchOrder)
}

async fn page(
    site: &Site,
    caller: &Caller,
    order: &Order,
    (just_placed, alert): (bool, Option<&str>),
) -> Result<maud::Markup, PageError> {
    let catalogue = site.store.catalogue();
    let delivery = site.store.delivery_of(caller.owner(), order.id).await?;
    let cancel_until = order::cancel(order, site.clock.now(), site.manners.cancel_window)
        .is_ok()
        .then(|| show::moment(order::cancellable_until(order.placed_at, site.manners.cancel_window)));
    let progress = stage(site, order).map(|stage| Progress {
        stage,
        placed_at: show::moment(order.placed_at),
        cancel_until: cancel_until.clone(),
        arrives: (Service::of(caller.language).day)(calendar::arrives(order.placed_at)),
    });
    let shown = OrderPage {
        id: order.id.0,
        placed_at: show::moment(order.placed_at),
        placed_at_machine: order.placed_at.to_string(),
        cancelled: matches!(order.state, OrderState::Cancelled { .. }),
        cancel_until,
        progress,
        just_placed,
        lines: order
            .lines
            .iter()
            .map(|line| show::line(&catalogue, caller, line))
            .collect(),
        sums: Sums {
            goods: Won(order.total.0 - order.delivery_fee.0),
            delivery: order.delivery_fee,
            total: order.total,
        },
        delivered_to: delivery.as_ref().map(address_lines).unwrap_or_default(),
        alert,
    };
    Ok(pages::order::order(&caller.frame(site).await?, &shown))
}

/// How far it has come; none once it is cancelled.
fn stage(site: &Site, order: &Order) -> Option<Stage> {
    let now = site.clock.now();
    matches!(order.state, OrderState::Placed).then(|| Stage::of(order.placed_at, now, site.manners.cancel_window))
}

fn address_lines(delivery: &Delivery) -> Vec<String> {
    let phone = delivery.written_phone();
    let lines = [
        Some(delivery.recipient.as_str()),
        Some(phone.as_str()),
        Some(delivery.postcode.as_str()),
        Some(delivery.address.as_str()),
        delivery.address_detail.as_deref(),
        delivery.note.as_deref(),
    ];
    lines.into_iter().flatten().map(str::to_owned).collect()
}
