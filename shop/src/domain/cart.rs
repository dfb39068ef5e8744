//! The cart: what a visitor or an account means to buy. Each change is decided here and is an event.

use schemas::events::{CartAdd, CartLine, CartMerge, CartRemove, CartUpdate};
use schemas::{Details, ProductId};

use crate::domain::{Product, Quantity, Won};

/// At most this many different products.
pub const MAX_LINES: usize = 100;
/// A wish list holds at most this many.
pub const MAX_WISHES: usize = 100;

/// The lines in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cart {
    pub lines: Vec<Line>,
    /// How often it has changed; what is decided on one version is recorded on that version only.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub product: ProductId,
    pub quantity: Quantity,
    /// What one cost when it was put in or last changed; unknown in carts that an older shop merged.
    pub unit_price: Option<Won>,
}

/// Why a cart stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    #[error("only {left} are left")]
    OutOfStock { left: u32 },
    #[error("a cart holds at most {} of a product", Quantity::MAX)]
    TooMany,
    #[error("a cart holds at most {MAX_LINES} products")]
    Full,
    #[error("that product is not in the cart")]
    NotInCart,
    #[error("a wish list holds at most {MAX_WISHES} products")]
    WishListFull,
}

impl Cart {
    #[must_use]
    pub fn quantity_of(&self, product: ProductId) -> Option<Quantity> {
        self.lines
            .iter()
            .find(|line| line.product == product)
            .map(|line| line.quantity)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many things are in it, all products together.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.iter().map(|line| u32::from(line.quantity.get())).sum()
    }

    /// The cart after `details`, one version on; events that are not about carts change nothing else.
    #[must_use]
    pub fn after(mut self, details: &Details<'_>) -> Self {
        self.version += 1;
        match details {
            Details::CartAdd(added) => self.put(added.product_id, added.cart_quantity, Some(added.unit_price)),
            Details::CartUpdate(updated) => {
                self.put(updated.product_id, updated.quantity, Some(updated.unit_price));
            }
            Details::CartRemove(removed) => self.lines.retain(|line| line.product != removed.product_id),
            Details::CartMerge(merge) => {
                self.lines.clear();
                merge
                    .items
                    .iter()
                    .for_each(|item| self.put(item.product_id, item.quantity, item.unit_price));
            }
            Details::OrderPlaced(_) => self.lines.clear(),
            _ => {}
        }
        self
    }

    fn put(&mut self, product: ProductId, quantity: u16, unit_price: Option<i64>) {
        let Ok(quantity) = Quantity::try_from(quantity) else {
            return;
        };
        let line = Line {
            product,
            quantity,
            unit_price: unit_price.map(Won),
        };
        match self.lines.iter_mut().find(|line| line.product == product) {
            Some(before) => *before = line,
            None => self.lines.push(line),
        }
    }
}

/// Puts `wanted` more of `product` into the cart; `left` is what the shop has of it.
pub fn add(cart: &Cart, product: &Product, left: u32, wanted: Quantity) -> Result<CartAdd, CartError> {
    let before = cart.quantity_of(product.id);
    if before.is_none() && cart.lines.len() >= MAX_LINES {
        return Err(CartError::Full);
    }
    let total = before
        .map_or(Some(wanted), |before| before.plus(wanted))
        .ok_or(CartError::TooMany)?;
    within(left, total)?;
    Ok(CartAdd {
        product_id: product.id,
        quantity: wanted.get(),
        cart_quantity: total.get(),
        unit_price: product.price.0,
        list: None,
        position: None,
        search_id: None,
    })
}

/// Sets how many of `product` are in the cart; none when that is so already.
pub fn update(cart: &Cart, product: &Product, left: u32, quantity: Quantity) -> Result<Option<CartUpdate>, CartError> {
    let previous = cart.quantity_of(product.id).ok_or(CartError::NotInCart)?;
    if previous == quantity {
        return Ok(None);
    }
    // Fewer is always allowed, even when the shop has less still: it is a step in the right direction.
    if quantity > previous {
        within(left, quantity)?;
    }
    Ok(Some(CartUpdate {
        product_id: product.id,
        previous_quantity: previous.get(),
        quantity: quantity.get(),
        unit_price: product.price.0,
    }))
}

/// Takes `product` out of the cart.
pub fn remove(cart: &Cart, product: ProductId) -> Result<CartRemove, CartError> {
    let quantity = cart.quantity_of(product).ok_or(CartError::NotInCart)?;
    Ok(CartRemove {
        product_id: product,
        quantity: quantity.get(),
        reason: None,
    })
}

/// Puts what the visitor brought into the account's cart; none when the visitor brought nothing.
///
/// Quantities add up to at most 99, products to at most 100 (the account's own first); stock is checked at checkout.
#[must_use]
pub fn merge(visitor: &Cart, account: &Cart) -> Option<CartMerge> {
    if visitor.is_empty() {
        return None;
    }
    let mut lines = account.lines.clone();
    for brought in &visitor.lines {
        if let Some(line) = lines.iter_mut().find(|line| line.product == brought.product) {
            line.quantity = line.quantity.plus_up_to_max(brought.quantity);
        } else if lines.len() < MAX_LINES {
            lines.push(*brought);
        }
    }
    Some(CartMerge {
        merged: written(&visitor.lines),
        items: written(&lines),
    })
}

fn written(lines: &[Line]) -> Vec<CartLine> {
    lines
        .iter()
        .map(|line| CartLine {
            product_id: line.product,
            quantity: line.quantity.get(),
            unit_price: line.unit_price.map(|price| price.0),
        })
        .collect()
}

fn within(left: u32, wanted: Quantity) -> Result<(), CartError> {
    if u32::from(wanted.get()) > left {
        Err(CartError::OutOfStock { left })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
