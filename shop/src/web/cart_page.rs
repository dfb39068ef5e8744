//! What the cart's page, and its drawer, show: lines at today's prices and stock, what was just done, what is saved for later.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemas::ProductId;
use schemas::events::OrderLine;
use serde::Deserialize;

use super::caller::Caller;
use super::error::PageError;
use super::{Site, show};
use crate::domain::order::{FREE_DELIVERY_FROM, Totals};
use crate::domain::{Belongings, Cart, Catalogue, Quantity, StockLevels, Won};
use crate::pages;
use crate::pages::cart::{CartPage, Notice};
use crate::pages::parts::cart_line::CartLineView;
use crate::pages::parts::lines::Sums;

/// What was done just before, as the address says; what doesn't fit the cart is not believed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Just {
    removed: String,
    quantity: String,
    later: String,
    /// Products, divided by dots.
    missing: String,
}

/// What could not be done to the cart.
pub(super) enum Refusal<'a> {
    None,
    /// Not about what is in it.
    Whole(&'a str),
    Line {
        product: ProductId,
        typed: &'a str,
        error: &'a str,
    },
}

pub(super) fn page(
    site: &Site,
    caller: &Caller,
    belongings: &Belongings,
    (refusal, just): (&Refusal<'_>, &Just),
) -> maud::Markup {
    caller.remember(&belongings.wishes);
    let catalogue = site.store.catalogue();
    let stock = site.store.stock();
    let cart = &belongings.cart;
    let totals = Totals::of(cart, &catalogue);
    let priced = show::priced(&catalogue, cart);
    let known = (&*catalogue, &*stock);
    let lines = priced.iter().zip(&cart.lines);
    let alert = match *refusal {
        Refusal::Whole(error) => Some(error),
        Refusal::Line { product, error, .. } if cart.quantity_of(product).is_none() => Some(error),
        _ => None,
    };
    let shown = CartPage {
        lines: lines
            .map(|(line, kept)| one(known, caller, (line, kept.unit_price), refusal))
            .collect(),
        sums: sums(&totals),
        until_free: (totals.delivery_fee > Won(0)).then(|| Won(FREE_DELIVERY_FROM.0 - totals.goods.0)),
        alert,
        notice: notice(&catalogue, caller, belongings, just),
        wishes: show::wishes(known, caller, &belongings.wishes),
    };
    let frame = caller.frame_with(site, cart.count());
    if caller.wants_part {
        pages::cart::drawer(&frame, &shown)
    } else {
        pages::cart::cart(&frame, &shown)
    }
}

/// The drawer, with what keeps a product from being put into the cart.
pub(super) async fn drawer_with(site: &Site, caller: &Caller, said: &str) -> Result<maud::Markup, PageError> {
    let belongings = caller.belongings(&site.store).await?;
    Ok(page(
        site,
        caller,
        &belongings,
        (&Refusal::Whole(said), &Just::default()),
    ))
}

/// The cart's page, with what is wrong with one line.
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

fn one<'a>(
    (catalogue, stock): (&'a Catalogue, &StockLevels),
    caller: &Caller,
    (line, unit_price): (&OrderLine, Option<Won>),
    refusal: &Refusal<'a>,
) -> CartLineView<'a> {
    let id = line.product_id;
    let product = catalogue.product(id);
    CartLineView {
        left: product.map(|product| stock.left(product.id)),
        was: unit_price.filter(|was| product.is_some_and(|product| product.price != *was)),
        refused: match *refusal {
            Refusal::Line { product, typed, error } if product == id => Some((typed, error)),
            _ => None,
        },
        line: show::line(catalogue, caller, line),
    }
}

fn notice<'a>(
    catalogue: &'a Catalogue,
    caller: &Caller,
    Belongings { cart, wishes }: &Belongings,
    just: &Just,
) -> Option<Notice<'a>> {
    let product = |text: &str| catalogue.product(show::product_id(text)?);
    let name = |product: &'a crate::domain::Product| product.name.text(caller.language);
    if let Some(removed) = product(&just.removed).filter(|product| cart.quantity_of(product.id).is_none()) {
        return Some(Notice::Removed {
            product_id: removed.id.0,
            name: name(removed),
            quantity: just.quantity.parse().unwrap_or(Quantity::ONE).get(),
        });
    }
    if let Some(saved) = product(&just.later).filter(|product| wishes.of(product.id).is_some()) {
        return Some(Notice::SavedForLater {
            product_id: saved.id.0,
            name: name(saved),
        });
    }
    let missing: Vec<&str> = just.missing.split('.').filter_map(product).map(name).collect();
    (!missing.is_empty()).then_some(Notice::Missing(missing))
}

/// The address of the cart's page that says what of an order could not be put into the cart again.
pub(super) fn address_with_missing(missing: &[ProductId]) -> String {
    if missing.is_empty() {
        return "/cart".to_owned();
    }
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    format!("/cart?missing={}", missing.join("."))
}

pub(super) fn sums(totals: &Totals) -> Sums {
    Sums {
        goods: totals.goods,
        delivery: totals.delivery_fee,
        total: totals.total,
    }
}

impl Caller {
    /// Cart and wish list; nothing is asked of the database where the cookie says that there is nothing.
    pub(super) async fn belongings(&self, store: &crate::store::Store) -> Result<Belongings, PageError> {
        if self.may_have_cart() || self.may_have_wishes() {
            Ok(store.belongings_of(self.owner()).await?)
        } else {
            Ok(Belongings::default())
        }
    }

    /// The cart alone, in the same way.
    pub(super) async fn cart_if_any(&self, store: &crate::store::Store) -> Result<Cart, PageError> {
        if self.may_have_cart() {
            self.cart(store).await
        } else {
            Ok(Cart::default())
        }
    }
}
