use proptest::prelude::*;
use schemas::CategoryId;
use time::macros::date;

use super::*;
use crate::domain::{Localized, Won};

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

fn cart(lines: &[(i64, u16)]) -> Cart {
    let line = |&(id, number): &(i64, u16)| Line {
        product: ProductId(id),
        quantity: quantity(number),
        unit_price: Some(Won(9_000)),
    };
    Cart {
        lines: lines.iter().map(line).collect(),
        version: 5,
    }
}

#[test]
fn what_is_added_comes_on_top_of_what_is_there() {
    let added = add(&cart(&[(1, 3)]), &product(1), 10, quantity(2)).expect("there is enough");
    assert_eq!((added.quantity, added.cart_quantity, added.unit_price), (2, 5, 9_000));
    assert_eq!(
        cart(&[(1, 3)]).after(&added.into()),
        Cart {
            version: 6,
            ..cart(&[(1, 5)])
        }
    );
}

#[test]
fn a_cart_takes_no_more_than_there_is_or_may_be() {
    assert_eq!(
        add(&cart(&[(1, 3)]), &product(1), 4, quantity(2)),
        Err(CartError::OutOfStock { left: 4 })
    );
    assert_eq!(
        add(&cart(&[]), &product(1), 0, quantity(1)),
        Err(CartError::OutOfStock { left: 0 })
    );
    assert_eq!(
        add(&cart(&[(1, 90)]), &product(1), 500, quantity(10)),
        Err(CartError::TooMany)
    );
    let full: Vec<_> = (1..=100).map(|id| (id, 1)).collect();
    assert_eq!(add(&cart(&full), &product(101), 500, quantity(1)), Err(CartError::Full));
    assert!(
        add(&cart(&full), &product(100), 500, quantity(1)).is_ok(),
        "more of what is there is no new line"
    );
}

#[test]
fn fewer_is_allowed_even_when_there_are_fewer_still() {
    let updated = update(&cart(&[(1, 9)]), &product(1), 2, quantity(5))
        .expect("fewer")
        .expect("a change");
    assert_eq!((updated.previous_quantity, updated.quantity), (9, 5));
    assert_eq!(
        update(&cart(&[(1, 9)]), &product(1), 2, quantity(10)),
        Err(CartError::OutOfStock { left: 2 })
    );
    assert_eq!(update(&cart(&[(1, 9)]), &product(1), 2, quantity(9)), Ok(None));
    assert_eq!(
        update(&cart(&[]), &product(1), 2, quantity(1)),
        Err(CartError::NotInCart)
    );
}

#[test]
fn only_what_is_in_the_cart_can_be_taken_out() {
    let removed = remove(&cart(&[(1, 9), (2, 1)]), ProductId(1)).expect("it is there");
    assert_eq!(removed.quantity, 9);
    assert_eq!(
        cart(&[(1, 9), (2, 1)]).after(&removed.into()).lines,
        cart(&[(2, 1)]).lines
    );
    assert_eq!(remove(&cart(&[]), ProductId(1)), Err(CartError::NotInCart));
}

#[test]
fn nothing_brought_is_nothing_merged() {
    assert_eq!(merge(&cart(&[]), &cart(&[(1, 1)])), None);
}

fn any_cart() -> impl Strategy<Value = Cart> {
    proptest::collection::btree_map(1..150_i64, 1..=99_u16, 0..=100)
        .prop_map(|lines| cart(&lines.into_iter().collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn a_merged_cart_holds_both_within_the_limits(brought in any_cart(), own in any_cart()) {
        let Some(merged) = merge(&brought, &own) else { return Ok(()) };
        prop_assert!(merged.items.len() <= MAX_LINES);
        let after = own.clone().after(&merged.into());
        for line in &own.lines {
            let sum = line.quantity.get() + brought.quantity_of(line.product).map_or(0, Quantity::get);
            prop_assert_eq!(after.quantity_of(line.product).map(Quantity::get), Some(sum.min(99)));
        }
        for line in &brought.lines {
            prop_assert!(after.quantity_of(line.product).is_some() || after.lines.len() == MAX_LINES);
        }
    }
}
