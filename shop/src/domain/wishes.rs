//! The wish list: what a visitor or an account may want later. Each change is decided here and is an event.

use schemas::events::{WishAdd, WishLine, WishMerge, WishOrigin, WishRemoval, WishRemove};
use schemas::{Details, ProductId};

use crate::domain::cart::MAX_WISHES;
use crate::domain::{CartError, Product, Quantity};

/// In the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    pub lines: Vec<Wish>,
    /// How often it has changed; what is decided on one version is recorded on that version only.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub product: ProductId,
    /// How many go into the cart when the wish does.
    pub quantity: Quantity,
}

impl Wishes {
    #[must_use]
    pub fn of(&self, product: ProductId) -> Option<Wish> {
        self.lines.iter().copied().find(|wish| wish.product == product)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The list after `details`, one version on; events that are not about wishes change nothing else.
    #[must_use]
    pub fn after(mut self, details: &Details<'_>) -> Self {
        self.version += 1;
        match details {
            Details::WishAdd(added) => self.put(added.product_id, added.quantity),
            Details::WishRemove(removed) => self.lines.retain(|wish| wish.product != removed.product_id),
            Details::WishMerge(merge) => {
                self.lines.clear();
                let items = merge.items.iter();
                items.for_each(|item| self.put(item.product_id, item.quantity));
            }
            _ => {}
        }
        self
    }

    fn put(&mut self, product: ProductId, quantity: u16) {
        if let Ok(quantity) = Quantity::try_from(quantity) {
            self.lines.push(Wish { product, quantity });
        }
    }
}

/// Puts `quantity` of `product` on the list; none when it is there already.
pub fn add(
    wishes: &Wishes,
    product: &Product,
    quantity: Quantity,
    origin: WishOrigin,
) -> Result<Option<WishAdd>, CartError> {
    if wishes.of(product.id).is_some() {
        return Ok(None);
    }
    if wishes.lines.len() >= MAX_WISHES {
        return Err(CartError::WishListFull);
    }
    Ok(Some(WishAdd {
        product_id: product.id,
        quantity: quantity.get(),
        origin,
        unit_price: product.price.0,
    }))
}

/// Takes `product` off the list; none when it isn't there.
#[must_use]
pub fn remove(wishes: &Wishes, product: ProductId, reason: WishRemoval) -> Option<WishRemove> {
    wishes.of(product).map(|wish| WishRemove {
        product_id: wish.product,
        reason,
    })
}

/// Puts what the visitor brought on the account's list, at most 100 (the account's own first); none when the visitor brought nothing.
#[must_use]
pub fn merge(visitor: &Wishes, account: &Wishes) -> Option<WishMerge> {
    if visitor.is_empty() {
        return None;
    }
    let brought = visitor.lines.iter().filter(|wish| account.of(wish.product).is_none());
    let items = account.lines.iter().chain(brought).take(MAX_WISHES);
    Some(WishMerge {
        merged: visitor.lines.iter().map(written).collect(),
        items: items.map(written).collect(),
    })
}

fn written(wish: &Wish) -> WishLine {
    WishLine {
        product_id: wish.product,
        quantity: wish.quantity.get(),
    }
}
