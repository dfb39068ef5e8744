use schemas::CategoryId;
use time::macros::date;

use super::*;
use crate::domain::cart::Line;
use crate::domain::wishes::Wish;
use crate::domain::{Catalogue, Localized, Won};

fn product(id: i64) -> Product {
    let name = Localized {
        ko: "찻잔".to_owned(),
        en: "Cup".to_owned(),
    };
    Product {
        id: ProductId(id),
        category: CategoryId(1),
        name: name.clone(),
        description: name,
        price: Won(9_000),
        picture: String::new(),
        added: date!(2026 - 01 - 01),
    }
}

fn quantity(number: u16) -> Quantity {
    Quantity::try_from(number).expect("a quantity")
}

fn belongings(cart: &[(i64, u16)], wishes: &[(i64, u16)]) -> Belongings {
    let line = |&(id, number): &(i64, u16)| Line {
        product: ProductId(id),
        quantity: quantity(number),
        unit_price: Some(Won(9_000)),
    };
    let wish = |&(id, number): &(i64, u16)| Wish {
        product: ProductId(id),
        quantity: quantity(number),
    };
    Belongings {
        cart: Cart {
            lines: cart.iter().map(line).collect(),
            version: 0,
        },
        wishes: Wishes {
            lines: wishes.iter().map(wish).collect(),
            version: 0,
        },
    }
}

/// Products and how many of each.
type Held = Vec<(i64, u16)>;

fn held(belongings: &Belongings) -> (Held, Held) {
    let cart = belongings
        .cart
        .lines
        .iter()
        .map(|line| (line.product.0, line.quantity.get()));
    let wishes = belongings
        .wishes
        .lines
        .iter()
        .map(|wish| (wish.product.0, wish.quantity.get()));
    (cart.collect(), wishes.collect())
}

fn after(before: &Belongings, facts: &[Details<'_>]) -> Belongings {
    facts.iter().fold(before.clone(), Belongings::after)
}

#[test]
fn what_is_saved_for_later_comes_back_as_many_as_it_was() {
    let before = belongings(&[(1, 3), (2, 1)], &[]);
    let saved = after(
        &before,
        &save_for_later(&before, &product(1)).expect("it is in the cart"),
    );
    assert_eq!(held(&saved), (vec![(2, 1)], vec![(1, 3)]));
    let back = after(
        &saved,
        &move_to_cart(&saved, &product(1), 9).expect("it is on the list"),
    );
    assert_eq!(held(&back), (vec![(2, 1), (1, 3)], vec![]));
}

#[test]
fn a_wish_brings_what_is_left_into_the_cart_and_stays_when_nothing_is() {
    let before = belongings(&[], &[(1, 5)]);
    let moved = after(&before, &move_to_cart(&before, &product(1), 2).expect("two are left"));
    assert_eq!(held(&moved), (vec![(1, 2)], vec![]));
    assert_eq!(
        move_to_cart(&before, &product(1), 0),
        Err(CartError::OutOfStock { left: 0 })
    );
}

#[test]
fn a_full_wish_list_keeps_the_thing_in_the_cart() {
    let wishes: Vec<(i64, u16)> = (100..200).map(|id| (id, 1)).collect();
    let before = belongings(&[(1, 1)], &wishes);
    assert_eq!(save_for_later(&before, &product(1)), Err(CartError::WishListFull));
}

#[test]
fn an_order_is_repeated_as_far_as_the_stock_goes() {
    let line = |id, quantity| OrderLine {
        product_id: ProductId(id),
        quantity,
        unit_price: 1,
    };
    let lines = [line(1, 2), line(2, 5), line(3, 1), line(4, 1)];
    let catalogue = Catalogue::new(Vec::new(), vec![product(1), product(2), product(3)]);
    let stock = [(1, 9), (2, 4), (3, 0)]
        .map(|(id, left)| (ProductId(id), left))
        .into_iter()
        .collect();
    let before = belongings(&[(2, 1)], &[]);
    let facts = order_again(
        &before.cart,
        &lines,
        Offer {
            catalogue: &catalogue,
            stock: &stock,
        },
    );
    let now = after(&before, &facts);
    assert_eq!(held(&now).0, [(2, 4), (1, 2)]);
    assert_eq!(missing(&now.cart, &lines), [ProductId(2), ProductId(3), ProductId(4)]);
}

#[test]
fn two_wish_lists_become_one_without_doubles() {
    let visitor = belongings(&[], &[(1, 2), (2, 1)]).wishes;
    let account = belongings(&[], &[(2, 7)]).wishes;
    let merged = wishes::merge(&visitor, &account).expect("something was brought");
    let now = account.after(&merged.into());
    let kept: Vec<_> = now
        .lines
        .iter()
        .map(|wish| (wish.product.0, wish.quantity.get()))
        .collect();
    assert_eq!(kept, [(2, 7), (1, 2)]);
    assert!(wishes::merge(&Wishes::default(), &now).is_none());
}
