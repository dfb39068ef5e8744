use std::time::Duration;

use shop::domain::{CancelError, OrderError, OrderState, Won};
use shop::store::CheckoutToken;

use crate::world::{World, on_each_database, somewhere};

on_each_database!(
    a_cart_becomes_an_order_and_is_empty,
    fifty_buyers_at_once_never_take_more_than_there_is,
    a_token_that_is_used_ten_times_at_once_makes_one_order,
    a_token_makes_nothing_for_somebody_else,
    an_order_is_called_off_within_the_hour_and_its_goods_come_back,
    only_the_owner_sees_an_order,
    several_shops_sell_the_last_one_once,
);

async fn a_cart_becomes_an_order_and_is_empty(world: &World) {
    let mina = world.visitor();
    assert_eq!(mina.buys().await, Err(OrderError::EmptyCart));
    let product = world.some_product(0);
    let left = world.store.stock().left(product);
    mina.adds(product, 2).await.unwrap();
    let order = mina.buys().await.unwrap();
    assert_eq!(order.id.0, 10_001, "a refused checkout takes no number");
    let goods: Won = order.lines.iter().map(shop::domain::order::line_total).sum();
    assert_eq!(order.total, goods + order.delivery_fee);
    assert!(mina.cart().await.is_empty());
    assert_eq!(world.store.stock().left(product), left - 2);
    assert_eq!(
        world.store.order(mina.owner(), order.id).await.unwrap(),
        Some(order.clone())
    );
    assert_eq!(
        world.store.delivery_of(mina.owner(), order.id).await.unwrap(),
        Some(somewhere())
    );
    mina.adds(product, 1).await.unwrap();
    let second = mina.buys().await.unwrap();
    assert_eq!(second.id.0, 10_002);
    assert_eq!(world.store.orders_of(mina.owner()).await.unwrap(), [second, order]);
    assert_eq!(
        world.facts().await,
        ["cart_add", "order_placed", "cart_add", "order_placed"]
    );
}

/// A product of which there are some, but fewer than 50.
fn scarce(world: &World) -> (schemas::ProductId, u32) {
    let stock = world.store.stock();
    let few = |product: &shop::domain::Product| (product.id, stock.left(product.id));
    world
        .store
        .catalogue()
        .products()
        .iter()
        .map(few)
        .find(|(_, left)| (5..40).contains(left))
        .expect("something scarce")
}

async fn fifty_buyers_at_once_never_take_more_than_there_is(world: &World) {
    let (product, left) = scarce(world);
    let mut buyers = Vec::new();
    for _ in 0..50 {
        let buyer = world.visitor();
        buyer.adds(product, 1).await.unwrap();
        buyers.push(buyer);
    }
    let outcomes = futures_util::future::join_all(buyers.iter().map(|buyer| buyer.buys())).await;
    let sold = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(sold, usize::try_from(left).unwrap());
    let refusal = Err(OrderError::OutOfStock { product, left: 0 });
    assert!(outcomes.iter().all(|outcome| outcome.is_ok() || *outcome == refusal));
    world.store.refresh_stock().await.unwrap();
    assert_eq!(world.store.stock().left(product), 0);
    let placed = world
        .facts()
        .await
        .iter()
        .filter(|fact| *fact == "order_placed")
        .count();
    assert_eq!(placed, sold);
}

async fn a_token_that_is_used_ten_times_at_once_makes_one_order(world: &World) {
    let mina = world.visitor();
    mina.adds(world.some_product(0), 2).await.unwrap();
    let token = CheckoutToken([9; 16]);
    let orders = futures_util::future::join_all((0..10).map(|_| mina.buys_with(token))).await;
    let first = orders[0].clone().unwrap();
    assert!(orders.iter().all(|order| *order == Ok(first.clone())));
    mina.adds(world.some_product(1), 1).await.unwrap();
    assert_eq!(
        mina.buys_with(token).await,
        Ok(first),
        "later, too, and the new cart stays"
    );
    assert_eq!(world.facts().await, ["cart_add", "order_placed", "cart_add"]);
}

async fn a_token_makes_nothing_for_somebody_else(world: &World) {
    let (mina, jiho) = (world.visitor(), world.visitor());
    mina.adds(world.some_product(0), 1).await.unwrap();
    jiho.adds(world.some_product(1), 1).await.unwrap();
    let token = CheckoutToken([9; 16]);
    let minas = mina.buys_with(token).await.unwrap();
    let jihos = jiho.buys_with(token).await.unwrap();
    assert_ne!(minas.id, jihos.id);
    assert_eq!(jihos.lines[0].product_id, world.some_product(1));
}

async fn an_order_is_called_off_within_the_hour_and_its_goods_come_back(world: &World) {
    let mina = world.visitor();
    let product = world.some_product(0);
    let left = world.store.stock().left(product);
    mina.adds(product, 3).await.unwrap();
    let first = mina.buys().await.unwrap();
    mina.adds(product, 4).await.unwrap();
    let second = mina.buys().await.unwrap();
    world.wait(Duration::from_secs(3599));
    let cancelled = mina.cancels(first.id).await.unwrap();
    assert_eq!(cancelled.state, OrderState::Cancelled { at: world.clock.now() });
    assert_eq!(
        world.store.order(mina.owner(), first.id).await.unwrap(),
        Some(cancelled)
    );
    assert_eq!(world.store.stock().left(product), left - 4);
    assert_eq!(mina.cancels(first.id).await, Err(CancelError::AlreadyCancelled));
    world.wait(Duration::from_secs(1));
    assert_eq!(mina.cancels(second.id).await, Err(CancelError::TooLate));
    assert_eq!(
        world
            .facts()
            .await
            .iter()
            .filter(|fact| *fact == "order_cancelled")
            .count(),
        1
    );
}

async fn only_the_owner_sees_an_order(world: &World) {
    let (mina, jiho) = (world.visitor(), world.visitor());
    mina.adds(world.some_product(0), 1).await.unwrap();
    let order = mina.buys().await.unwrap();
    assert_eq!(world.store.order(jiho.owner(), order.id).await.unwrap(), None);
    assert_eq!(world.store.delivery_of(jiho.owner(), order.id).await.unwrap(), None);
    assert_eq!(jiho.cancels(order.id).await, Err(CancelError::Unknown));
    assert!(world.store.orders_of(jiho.owner()).await.unwrap().is_empty());
}

async fn several_shops_sell_the_last_one_once(world: &World) {
    let other = world.another_shop("other").await;
    let (product, left) = scarce(world);
    let mut buyers = Vec::new();
    for at in 0..left + 6 {
        let mut buyer = world.visitor();
        if at % 2 == 0 {
            buyer.store = other.clone();
        }
        buyer.adds(product, 1).await.unwrap();
        buyers.push(buyer);
    }
    let outcomes = futures_util::future::join_all(buyers.iter().map(|buyer| buyer.buys())).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        usize::try_from(left).unwrap()
    );
    let mut numbers: Vec<_> = outcomes.iter().flatten().map(|order| order.id).collect();
    numbers.dedup();
    assert_eq!(
        numbers.len(),
        usize::try_from(left).unwrap(),
        "every order has a number of its own"
    );
}
