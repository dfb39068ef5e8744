//! The small forms that change cart and wish list: what they send, the command that is made of it, and what the answer keeps.

use std::fmt;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use schemas::ProductId;
use serde::Deserialize;

use super::asked::Asked;
use super::beside::Changed;
use super::caller::Caller;
use super::cookies::Change;
use super::error::PageError;
use super::{Site, show};
use crate::domain::{Belongings, Cart, CartError, Command, Quantity};
use crate::observe::Occasion;
use crate::store::{FormToken, NotDone};

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    product_id: String,
    pub quantity: String,
    /// Where to go on.
    pub next: String,
    /// The form's token.
    once: String,
    #[serde(flatten)]
    pub asked: Asked,
}

pub(super) type WantedForm = Result<Form<Wanted>, FormRejection>;

impl Wanted {
    /// The product that is meant, sold or not.
    pub(super) fn named(&self) -> Result<ProductId, PageError> {
        show::product_id(&self.product_id).ok_or(PageError::NoSuchProduct)
    }

    /// The product that is meant, if it is sold.
    pub(super) fn product(&self, site: &Site) -> Result<ProductId, PageError> {
        let id = self.named()?;
        let catalogue = site.store.catalogue();
        let product = catalogue.product(id).ok_or(PageError::NoSuchProduct)?;
        Ok(product.id)
    }

    pub(super) fn quantity(&self) -> Option<Quantity> {
        self.quantity.parse().ok()
    }

    /// By which the same form is known when it comes twice; `wish` tells the page's forms apart.
    pub(super) fn token(&self, wish: impl fmt::Display) -> Option<FormToken> {
        FormToken::of(&self.once, wish)
    }

    /// What the facts say of the request: the fields as they were understood.
    pub(super) fn occasion(&self, caller: &Caller) -> Occasion {
        let product = self.named().ok().map(|product| ("product_id", product.to_string()));
        let quantity = self.quantity().map(|quantity| ("quantity", quantity.to_string()));
        caller.occasion_with(product.into_iter().chain(quantity))
    }
}

impl Caller {
    /// Records the facts that a command comes to; they go through the outbox to Kafka. Answers cart and wish list as they are then.
    pub(super) async fn carry_out(
        &self,
        site: &Site,
        occasion: &Occasion,
        command: &Command,
        token: Option<FormToken>,
    ) -> Result<Belongings, NotDone<CartError>> {
        let sent = (StatusCode::SEE_OTHER.as_u16(), token);
        site.store.carry_out(occasion, self.owner(), command, sent).await
    }
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
