//! `/account/data`: everything that the shop keeps about an account, as a file for the person whose account it is.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use schemas::events::OrderLine;
use schemas::{ProductId, Timestamp, UserId};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Site;
use super::account::to_login;
use super::caller::By;
use super::error::PageError;
use crate::domain::{Delivery, Email, Order, OrderState};
use crate::store::{OwnData, SignedIn};

/// Where the rest is: what the shop itself does not keep.
const ELSEWHERE: &str = "Pages viewed, searches, clicks and times are not in here: they are not kept by account in the shop, but in the daily \
                         log files, keyed by session, and deleted there after the retention (30 days by default).";

#[derive(Serialize)]
struct File<'a> {
    exported_at: Timestamp,
    account: UserId,
    name: &'a str,
    email: Option<&'a str>,
    language: &'static str,
    sign_ins: Vec<SignInOfFile>,
    orders: Vec<OrderOfFile<'a>>,
    cart: Vec<LineOfFile>,
    wish_list: Vec<LineOfFile>,
    facts: &'a [Box<RawValue>],
    not_in_here: &'static str,
}

#[derive(Serialize)]
struct SignInOfFile {
    begun_at: Timestamp,
    last_used_at: Timestamp,
}

#[derive(Serialize)]
struct OrderOfFile<'a> {
    order_id: i64,
    state: &'static str,
    placed_at: Timestamp,
    items: &'a [OrderLine],
    delivery_fee: i64,
    total: i64,
    delivered_to: Option<AddressOfFile<'a>>,
}

#[derive(Serialize)]
struct AddressOfFile<'a> {
    recipient: &'a str,
    phone: &'a str,
    postcode: &'a str,
    address: &'a str,
    address_detail: Option<&'a str>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct LineOfFile {
    product_id: ProductId,
    quantity: u16,
}

pub(super) async fn download(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let Some(who) = &caller.signed_in else {
        return Ok(to_login());
    };
    let data = site.store.own_data(who.user).await?;
    let language = site.store.language_of(who.user).await?.unwrap_or(caller.language);
    let text = serde_json::to_string_pretty(&file(&data, who, (caller.occasion.at, language.code())))
        .map_err(crate::store::StoreError::Encode)?;
    let headers = [
        (CONTENT_TYPE, "application/json; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"de-shop-data.json\""),
    ];
    Ok((caller.saw(caller.view()), headers, text).into_response())
}

fn file<'a>(data: &'a OwnData, who: &'a SignedIn, (at, language): (Timestamp, &'static str)) -> File<'a> {
    let sign_in = |&(begun_at, last_used_at): &(Timestamp, Timestamp)| SignInOfFile { begun_at, last_used_at };
    let cart = data
        .belongings
        .cart
        .lines
        .iter()
        .map(|line| (line.product, line.quantity));
    let wishes = data
        .belongings
        .wishes
        .lines
        .iter()
        .map(|wish| (wish.product, wish.quantity));
    let line = |(product_id, quantity): (ProductId, crate::domain::Quantity)| LineOfFile {
        product_id,
        quantity: quantity.get(),
    };
    File {
        exported_at: at,
        account: who.user,
        name: who.name.as_str(),
        email: data.email.as_ref().map(Email::as_str),
        language,
        sign_ins: data.sign_ins.iter().map(sign_in).collect(),
        orders: data.orders.iter().map(order).collect(),
        cart: cart.map(line).collect(),
        wish_list: wishes.map(line).collect(),
        facts: &data.facts,
        not_in_here: ELSEWHERE,
    }
}

fn order((order, delivery): &(Order, Option<Delivery>)) -> OrderOfFile<'_> {
    OrderOfFile {
        order_id: order.id.0,
        state: OrderState::name(order.state),
        placed_at: order.placed_at,
        items: &order.lines,
        delivery_fee: order.delivery_fee.0,
        total: order.total.0,
        delivered_to: delivery.as_ref().map(|delivery| AddressOfFile {
            recipient: delivery.recipient.as_str(),
            phone: &delivery.phone,
            postcode: &delivery.postcode,
            address: &delivery.address,
            address_detail: delivery.address_detail.as_deref(),
            note: delivery.note.as_deref(),
        }),
    }
}
