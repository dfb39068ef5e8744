//! Cart and wish list together: what moves from one to the other, and an order that goes into the cart once more.

use schemas::events::{CartRemoval, CartRemove, OrderLine, WishOrigin, WishRemoval};
use schemas::{Details, ProductId};

use crate::domain::{Cart, CartError, Offer, Product, Quantity, Wishes, cart, wishes};

/// What one owner keeps in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Belongings {
    pub cart: Cart,
    pub wishes: Wishes,
}

impl Belongings {
    /// As they are after `details`.
    #[must_use]
    pub fn after(self, details: &Details<'_>) -> Self {
        if is_about_wishes(details) {
            Self {
                wishes: self.wishes.after(details),
                ..self
            }
        } else {
            Self {
                cart: self.cart.after(details),
                ..self
            }
        }
    }
}

/// Whether an event changes the wish list and not the cart.
#[must_use]
pub const fn is_about_wishes(details: &Details<'_>) -> bool {
    matches!(
        details,
        Details::WishAdd(_) | Details::WishRemove(_) | Details::WishMerge(_)
    )
}

/// Moves `product` from the cart to the wish list, as many as there are.
pub fn save_for_later(before: &Belongings, product: &Product) -> Result<Vec<Details<'static>>, CartError> {
    let quantity = before.cart.quantity_of(product.id).ok_or(CartError::NotInCart)?;
    let removed = CartRemove {
        reason: Some(CartRemoval::SavedForLater),
        ..cart::remove(&before.cart, product.id)?
    };
    let added = wishes::add(&before.wishes, product, quantity, WishOrigin::Cart)?;
    Ok([Some(removed.into()), added.map(Into::into)]
        .into_iter()
        .flatten()
        .collect())
}

/// Moves `product` from the wish list to the cart: as many as were wished for, or the `left` ones that there are.
pub fn move_to_cart(before: &Belongings, product: &Product, left: u32) -> Result<Vec<Details<'static>>, CartError> {
    let wish = before.wishes.of(product.id).ok_or(CartError::NotInCart)?;
    let there = u16::try_from(left).unwrap_or(u16::MAX).min(wish.quantity.get());
    let quantity = Quantity::try_from(there).map_err(|_| CartError::OutOfStock { left })?;
    let added = cart::add(&before.cart, product, left, quantity)?;
    let removed = wishes::remove(&before.wishes, product.id, WishRemoval::ToCart);
    Ok([Some(added.into()), removed.map(Into::into)]
        .into_iter()
        .flatten()
        .collect())
}

/// Puts what an order had into the cart once more: as many of each as there are and as a cart takes.
#[must_use]
pub fn order_again(before: &Cart, lines: &[OrderLine], offer: Offer<'_>) -> Vec<Details<'static>> {
    let mut cart = before.clone();
    let mut facts = Vec::new();
    for line in lines {
        let Ok((product, left)) = offer.of(line.product_id) else {
            continue;
        };
        let has = cart.quantity_of(product.id).map_or(0, Quantity::get);
        let most = u16::try_from(left).unwrap_or(u16::MAX).min(Quantity::MAX.get());
        let Ok(wanted) = Quantity::try_from(line.quantity.min(most.saturating_sub(has))) else {
            continue;
        };
        // What is refused now (a full cart) is missing from the cart, and the page says so.
        if let Ok(added) = cart::add(&cart, product, left, wanted) {
            let fact = Details::from(added);
            cart = cart.after(&fact);
            facts.push(fact);
        }
    }
    facts
}

/// Of what was ordered, the products of which the cart now holds fewer.
#[must_use]
pub fn missing(cart: &Cart, lines: &[OrderLine]) -> Vec<ProductId> {
    let has = |product| cart.quantity_of(product).map_or(0, Quantity::get);
    let short = lines.iter().filter(|line| has(line.product_id) < line.quantity);
    short.map(|line| line.product_id).collect()
}

#[cfg(test)]
mod tests;
