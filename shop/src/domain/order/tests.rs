use schemas::CategoryId;
use time::macros::date;

use super::*;
use crate::domain::cart::Line;
use crate::domain::{Localized, Product};

const HOUR: Duration = Duration::from_hours(1);

fn product(id: i64, price: i64) -> Product {
    let name = Localized {
        ko: "찻잔".to_owned(),
        en: "Cup".to_owned(),
    };
    Product {
        id: ProductId(id),
        category: CategoryId(1),
        name: name.clone(),
        description: name,
        price: Won(price),
        picture: String::new(),
        added: date!(2026 - 01 - 01),
    }
}

fn catalogue() -> Catalogue {
    Catalogue::new(
        Vec::new(),
        vec![product(1, 9_000), product(2, 25_000), product(3, 49_900)],
    )
}

fn cart(lines: &[(i64, u16)]) -> Cart {
    let line = |&(id, number): &(i64, u16)| {
        let quantity = Quantity::try_from(number).expect("a quantity");
        Line {
            product: ProductId(id),
            quantity,
            unit_price: None,
        }
    };
    Cart {
        lines: lines.iter().map(line).collect(),
        version: 1,
    }
}

fn placed(lines: &[(i64, u16)], left: u32) -> Result<OrderPlaced, OrderError> {
    let stock = (1..=9).map(|id| (ProductId(id), left)).collect();
    place(&cart(lines), &catalogue(), &stock, (OrderId(7), None))
}

#[test]
fn delivery_is_free_from_fifty_thousand_on() {
    let below = placed(&[(3, 1)], 9).expect("an order");
    assert_eq!((below.delivery_fee, below.total), (3_000, 52_900));
    let exactly = placed(&[(2, 2)], 9).expect("an order");
    assert_eq!((exactly.delivery_fee, exactly.total), (0, 50_000));
}

#[test]
fn an_order_has_what_the_cart_had_at_todays_prices() {
    let order = placed(&[(2, 1), (1, 3)], 3).expect("an order");
    let items: Vec<_> = order
        .items
        .iter()
        .map(|item| (item.product_id.0, item.quantity, item.unit_price))
        .collect();
    assert_eq!(items, [(2, 1, 25_000), (1, 3, 9_000)]);
    assert_eq!((order.order_id, order.total), (OrderId(7), 52_000));
}

#[test]
fn an_order_that_cannot_be_met_is_refused() {
    assert_eq!(placed(&[], 9), Err(OrderError::EmptyCart));
    assert_eq!(
        placed(&[(1, 1), (2, 4)], 3),
        Err(OrderError::OutOfStock {
            product: ProductId(2),
            left: 3
        })
    );
    assert_eq!(placed(&[(9, 1)], 3), Err(OrderError::Gone { product: ProductId(9) }));
}

#[test]
fn an_order_is_called_off_once_and_within_the_hour() {
    let at = Timestamp::parse("2026-03-14T12:00:00.000000Z").expect("a moment");
    let order = Order {
        id: OrderId(7),
        placed_at: at,
        lines: placed(&[(1, 1)], 9).expect("an order").items,
        delivery_fee: Won(3_000),
        total: Won(12_000),
        payment: PaymentMethod::OnDelivery,
        state: OrderState::Placed,
    };
    let end = cancellable_until(at, HOUR);
    assert_eq!(end.to_string(), "2026-03-14T13:00:00.000000Z");
    let cancelled = cancel(&order, end.plus_micros(-1), HOUR).expect("in time");
    assert_eq!((&cancelled.items, cancelled.total), (&order.lines, 12_000));
    assert_eq!(cancel(&order, end, HOUR), Err(CancelError::TooLate));
    let again = Order {
        state: OrderState::Cancelled { at },
        ..order
    };
    assert_eq!(cancel(&again, at, HOUR), Err(CancelError::AlreadyCancelled));
}

#[test]
fn an_order_is_placed_at_the_sum_that_was_agreed_to_or_not_at_all() {
    let stock = [(ProductId(1), 9)].into_iter().collect();
    let order = |agreed| place(&cart(&[(1, 1)]), &catalogue(), &stock, (OrderId(7), agreed));
    assert!(order(Some(Won(12_000))).is_ok());
    assert_eq!(
        order(Some(Won(11_000))),
        Err(OrderError::TotalChanged { total: Won(12_000) })
    );
}
