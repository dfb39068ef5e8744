use shop::domain::CartError;

use crate::world::{World, on_each_database};

on_each_database!(
    a_cart_keeps_what_was_put_into_it_in_that_order,
    changes_at_the_same_time_are_all_kept,
    a_refusal_records_nothing,
    a_change_that_changes_nothing_is_no_fact,
    wishes_and_cart_change_together_and_follow_into_the_account,
);

async fn a_cart_keeps_what_was_put_into_it_in_that_order(world: &World) {
    let mina = world.visitor();
    let (first, second, third) = (world.some_product(9), world.some_product(2), world.some_product(5));
    for product in [first, second, third] {
        mina.adds(product, 1).await.unwrap();
    }
    mina.adds(first, 2).await.unwrap();
    mina.updates(third, 7).await.unwrap();
    let cart = mina.removes(second).await.unwrap();
    assert_eq!(mina.cart().await, [(first.0, 3), (third.0, 7)]);
    assert_eq!(
        mina.store.cart_of(mina.owner()).await.unwrap(),
        cart,
        "the answer is what the database has"
    );
    assert_eq!((cart.version, cart.count()), (6, 10));
    assert!(world.visitor().cart().await.is_empty(), "somebody else's cart is empty");
}

async fn changes_at_the_same_time_are_all_kept(world: &World) {
    let mina = world.visitor();
    let tabs = (0..20).map(|tab| {
        let (mina, product) = (mina.clone(), world.some_product(tab % 4));
        async move { mina.adds(product, 1).await.unwrap() }
    });
    futures_util::future::join_all(tabs).await;
    let mut cart = mina.cart().await;
    cart.sort_unstable();
    let mut expected: Vec<_> = (0..4).map(|at| (world.some_product(at).0, 5)).collect();
    expected.sort_unstable();
    assert_eq!(cart, expected);
    assert_eq!(world.facts().await.len(), 20);
}

async fn a_refusal_records_nothing(world: &World) {
    let mina = world.visitor();
    let product = world.some_product(0);
    assert_eq!(mina.removes(product).await, Err(CartError::NotInCart));
    let left = u16::try_from(world.store.stock().left(product)).unwrap();
    assert!(left < 99, "the test needs a product that can run out first");
    mina.adds(product, left).await.unwrap();
    let out = Err(CartError::OutOfStock { left: u32::from(left) });
    assert_eq!(mina.adds(product, 1).await, out);
    assert_eq!(mina.updates(product, left + 1).await, out);
    assert_eq!(mina.adds(product, 99).await, Err(CartError::TooMany));
    assert_eq!(world.facts().await, ["cart_add"]);
    assert_eq!(mina.cart().await, [(product.0, left)]);
}

async fn a_change_that_changes_nothing_is_no_fact(world: &World) {
    let mina = world.visitor();
    let product = world.some_product(0);
    let before = mina.adds(product, 3).await.unwrap();
    assert_eq!(mina.updates(product, 3).await, Ok(before));
    assert_eq!(world.facts().await, ["cart_add"]);
}

async fn wishes_and_cart_change_together_and_follow_into_the_account(world: &World) {
    let mut mina = world.visitor();
    let (tea, cup) = (world.some_product(0), world.some_product(1));
    mina.adds(tea, 3).await.unwrap();
    mina.saves_for_later(tea).await.unwrap();
    assert_eq!(mina.saves_for_later(tea).await, Err(CartError::NotInCart));
    assert_eq!((mina.cart().await, mina.wishes().await), (vec![], vec![(tea.0, 3)]));
    mina.signs_up("mina@example.org").await;
    mina.wishes_for(cup).await.unwrap();
    mina.wishes_for(cup).await.unwrap();
    mina.moves_to_cart(tea).await.unwrap();
    assert_eq!(
        (mina.cart().await, mina.wishes().await),
        (vec![(tea.0, 3)], vec![(cup.0, 1)])
    );
    let facts = world.facts().await;
    assert_eq!(facts[..3], ["cart_add", "cart_remove", "wish_add"]);
    assert_eq!(
        facts[3..],
        ["signup", "login", "wish_merge", "wish_add", "cart_add", "wish_remove"]
    );
}
