//! What a visitor asks for that changes cart or wish list, as data. What comes of it is decided here, once for all pages, and is events.

use schemas::events::{OrderLine, WishOrigin, WishRemoval};
use schemas::{Details, ProductId};

use crate::domain::{Belongings, CartError, Offer, Placement, Quantity, belongings, cart, wishes};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// So many more of it; from the place in a list where it was chosen.
    AddToCart {
        product: ProductId,
        quantity: Quantity,
        from: Option<Placement>,
    },
    /// All of these quantities, or none when one of them can't be.
    SetQuantities(Vec<(ProductId, Quantity)>),
    RemoveFromCart(ProductId),
    /// From the cart to the wish list, as many as there are.
    SaveForLater(ProductId),
    /// What an order had, as far as it is there.
    OrderAgain(Vec<OrderLine>),
    AddWish(ProductId),
    RemoveWish(ProductId),
    /// From the wish list to the cart.
    MoveToCart(ProductId),
}

impl Command {
    /// The events that it comes to, in their order; empty when nothing has to change.
    pub fn decide(&self, now: &Belongings, offer: Offer<'_>) -> Result<Vec<Details<'static>>, CartError> {
        Ok(match self {
            Self::AddToCart {
                product,
                quantity,
                from,
            } => {
                let (product, left) = offer.of(*product)?;
                let added = cart::add(&now.cart, product, left, *quantity)?;
                vec![match from {
                    Some(from) => from.of(added).into(),
                    None => added.into(),
                }]
            }
            Self::SetQuantities(quantities) => {
                let mut updates = Vec::new();
                for &(product, quantity) in quantities {
                    let (product, left) = offer.of(product)?;
                    updates.extend(cart::update(&now.cart, product, left, quantity)?.map(Details::from));
                }
                updates
            }
            Self::RemoveFromCart(product) => vec![cart::remove(&now.cart, *product)?.into()],
            Self::SaveForLater(product) => belongings::save_for_later(now, offer.of(*product)?.0)?,
            Self::OrderAgain(lines) => belongings::order_again(&now.cart, lines, offer),
            Self::AddWish(product) => {
                let (product, _) = offer.of(*product)?;
                let added = wishes::add(&now.wishes, product, Quantity::ONE, WishOrigin::Page)?;
                added.map(Details::from).into_iter().collect()
            }
            Self::RemoveWish(product) => {
                let removed = wishes::remove(&now.wishes, *product, WishRemoval::Unwished);
                removed.map(Details::from).into_iter().collect()
            }
            Self::MoveToCart(product) => {
                let (product, left) = offer.of(*product)?;
                belongings::move_to_cart(now, product, left)?
            }
        })
    }
}
