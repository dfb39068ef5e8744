//! Whatever happens in a shop: the projections derived afresh from the facts are those that were written along the way, row by row.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shop::store::{NewSignIn, RebuildReport};

use crate::world::{PASSWORD, Shopper, World, on_each_database};

/// Something that one of three people does.
#[derive(Debug, Clone)]
enum Step {
    Adds { who: usize, product: usize, quantity: u16 },
    Updates { who: usize, product: usize, quantity: u16 },
    Removes { who: usize, product: usize },
    Wishes { who: usize, product: usize },
    SavesForLater { who: usize, product: usize },
    MovesToCart { who: usize, product: usize },
    Buys { who: usize },
    CancelsLatest { who: usize },
    SignsUp { who: usize },
    SignsIn { who: usize, as_whom: usize },
    SignsOut { who: usize },
    Waits { minutes: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, product, quantity) = (0..3_usize, 0..6_usize, 1..=20_u16);
    prop_oneof![
        6 => (who.clone(), product.clone(), quantity.clone()).prop_map(|(who, product, quantity)| Step::Adds { who, product, quantity }),
        2 => (who.clone(), product.clone(), quantity).prop_map(|(who, product, quantity)| Step::Updates { who, product, quantity }),
        2 => (who.clone(), product.clone()).prop_map(|(who, product)| Step::Removes { who, product }),
        2 => (who.clone(), product.clone()).prop_map(|(who, product)| Step::Wishes { who, product }),
        2 => (who.clone(), product.clone()).prop_map(|(who, product)| Step::SavesForLater { who, product }),
        2 => (who.clone(), product).prop_map(|(who, product)| Step::MovesToCart { who, product }),
        3 => who.clone().prop_map(|who| Step::Buys { who }),
        2 => who.clone().prop_map(|who| Step::CancelsLatest { who }),
        1 => who.clone().prop_map(|who| Step::SignsUp { who }),
        2 => (who.clone(), who.clone()).prop_map(|(who, as_whom)| Step::SignsIn { who, as_whom }),
        1 => who.prop_map(|who| Step::SignsOut { who }),
        1 => (1..40_u64).prop_map(|minutes| Step::Waits { minutes }),
    ]
}

/// One of the three, with what the browser remembers.
struct Person<'w> {
    shopper: Shopper<'w>,
    email: String,
    has_account: bool,
    sign_in: Option<NewSignIn>,
}

async fn lives_through(world: &World, history: &[Step]) {
    let mut people: Vec<_> = (0..3)
        .map(|at| Person {
            shopper: world.visitor(),
            email: format!("{at}@example.org"),
            has_account: false,
            sign_in: None,
        })
        .collect();
    for step in history {
        match *step {
            Step::Adds { who, product, quantity } => {
                refused_or_not(people[who].shopper.adds(world.some_product(product), quantity).await);
            }
            Step::Updates { who, product, quantity } => {
                refused_or_not(people[who].shopper.updates(world.some_product(product), quantity).await);
            }
            Step::Removes { who, product } => {
                refused_or_not(people[who].shopper.removes(world.some_product(product)).await);
            }
            Step::Wishes { who, product } => {
                refused_or_not(people[who].shopper.wishes_for(world.some_product(product)).await);
            }
            Step::SavesForLater { who, product } => {
                refused_or_not(people[who].shopper.saves_for_later(world.some_product(product)).await);
            }
            Step::MovesToCart { who, product } => {
                refused_or_not(people[who].shopper.moves_to_cart(world.some_product(product)).await);
            }
            Step::Buys { who } => refused_or_not(people[who].shopper.buys().await),
            Step::CancelsLatest { who } => people[who].cancels_latest().await,
            Step::SignsUp { who } => people[who].signs_up().await,
            Step::SignsIn { who, as_whom } => {
                let email = people[as_whom].email.clone();
                people[who].signs_in(&email).await;
            }
            Step::SignsOut { who } => people[who].signs_out().await,
            Step::Waits { minutes } => world.wait(Duration::from_secs(60 * minutes)),
        }
    }
}

/// A random history asks for much that is refused; a refusal leaves no trace.
fn refused_or_not<T, R>(_outcome: Result<T, R>) {}

impl Person<'_> {
    async fn cancels_latest(&self) {
        let orders = self.shopper.store.orders_of(self.shopper.owner()).await.unwrap();
        if let Some(latest) = orders.first() {
            refused_or_not(self.shopper.cancels(latest.id).await);
        }
    }

    async fn signs_up(&mut self) {
        if !self.has_account {
            let email = self.email.clone();
            self.sign_in = Some(self.shopper.signs_up(&email).await);
            self.has_account = true;
        }
    }

    async fn signs_in(&mut self, email: &str) {
        if let Some(new) = self.shopper.signs_in(email, PASSWORD).await {
            self.sign_in = Some(new);
        }
    }

    async fn signs_out(&mut self) {
        if let Some(sign_in) = self.sign_in.take() {
            self.shopper.signs_out(&sign_in).await;
        }
    }
}

async fn rebuilding_changes_no_row(world: &World) -> RebuildReport {
    let before = world.projections().await;
    let told = Cell::new((0, 0));
    let report = world.store.rebuild(|last, highest| told.set((last, highest)));
    let report = report.await.unwrap();
    assert_eq!(world.projections().await, before);
    assert_eq!(report.mended, 0);
    assert_eq!(report.facts, world.facts().await.len() as u64);
    let (last, highest) = told.get();
    assert_eq!(last, highest);
    assert_eq!(
        last > 0,
        report.facts > 0,
        "a history without facts has no progress to tell"
    );
    report
}

/// A few histories, each in a database of its own.
fn for_random_histories(cases: u32, test: &impl AsyncFn(&[Step])) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&proptest::collection::vec(step(), 1..60), |history| {
        runtime.block_on(test(&history));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn any_history_on_sqlite_is_derived_afresh_identically() {
    for_random_histories(12, &async |history: &[Step]| {
        let world = World::on_sqlite().await;
        lives_through(&world, history).await;
        rebuilding_changes_no_row(&world).await;
    });
}

#[test]
fn any_history_on_postgres_is_derived_afresh_identically() {
    for_random_histories(6, &async |history: &[Step]| {
        let Some(world) = World::on_postgres().await else {
            return;
        };
        lives_through(&world, history).await;
        rebuilding_changes_no_row(&world).await;
        world.drop_database().await;
    });
}

on_each_database!(
    a_crowd_leaves_facts_that_can_be_applied_again,
    a_crowd_that_shops_meanwhile_loses_nothing,
    spoilt_projections_are_mended,
    a_shop_sells_on_after_a_rebuild
);

/// Two dozen people in two shops, all at once.
async fn a_crowd_shops(world: &World) {
    let other = world.another_shop("other").await;
    let shoppers: Vec<_> = (0..24)
        .map(|at| Shopper {
            store: if at % 2 == 0 {
                other.clone()
            } else {
                world.store.clone()
            },
            ..world.visitor()
        })
        .collect();
    let lives = shoppers.iter().enumerate().map(|(at, shopper)| async move {
        for round in 0..4 {
            refused_or_not(shopper.adds(world.some_product((at + round) % 5), 3).await);
            refused_or_not(shopper.adds(world.some_product((at + 2 * round) % 5), 1).await);
            if let Ok(order) = shopper.buys().await
                && round % 2 == 0
            {
                shopper.cancels(order.id).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(lives).await;
}

/// Facts that were recorded at the same time, by two shops, still have an order in which each follows from those before.
async fn a_crowd_leaves_facts_that_can_be_applied_again(world: &World) {
    a_crowd_shops(world).await;
    let report = rebuilding_changes_no_row(world).await;
    assert!(report.orders > 24, "{report:?}");
}

async fn a_crowd_that_shops_meanwhile_loses_nothing(world: &World) {
    let rebuilds = async {
        loop {
            let report = world.store.rebuild(|_, _| {}).await.unwrap();
            assert_eq!(report.mended, 0, "{report:?}");
        }
    };
    tokio::select! {
        () = a_crowd_shops(world) => {}
        () = rebuilds => {}
    }
    let report = rebuilding_changes_no_row(world).await;
    assert!(report.orders > 24, "{report:?}");
}

async fn spoilt_projections_are_mended(world: &World) {
    let mina = world.visitor();
    let product = world.some_product(0);
    mina.adds(product, 2).await.unwrap();
    mina.buys().await.unwrap();
    mina.adds(product, 1).await.unwrap();
    let right = world.projections().await;
    let (catalogue, stock) = (world.store.catalogue(), world.store.stock());
    let in_stock = catalogue.products().iter().filter(|product| stock.left(product.id) > 0);
    let in_stock = in_stock.count() as u64;
    let mut connection = world.connection().await;
    for spoil in [
        "DELETE FROM orders",
        "UPDATE stock SET units = 0",
        "UPDATE cart_line SET quantity = 98",
    ] {
        sqlx::query(spoil).execute(&mut connection).await.unwrap();
    }
    assert_ne!(world.projections().await, right);
    let report = world.store.rebuild(|_, _| {}).await.unwrap();
    assert_eq!(world.projections().await, right);
    assert_eq!(
        (report.facts, report.carts, report.orders, report.accounts),
        (3, 1, 1, 0)
    );
    assert_eq!(
        report.mended,
        in_stock + 2,
        "the stock of each product, an order and a line"
    );
    assert!(
        world.store.stock().left(product) > 0,
        "the stock in memory is mended too"
    );
}

async fn a_shop_sells_on_after_a_rebuild(world: &World) {
    let mina = world.visitor();
    let product = world.some_product(0);
    mina.adds(product, 2).await.unwrap();
    let first = mina.buys().await.unwrap();
    mina.adds(product, 2).await.unwrap();
    world.store.rebuild(|_, _| {}).await.unwrap();
    let second = mina.buys().await.unwrap();
    assert_eq!(second.id.0, first.id.0 + 1);
    mina.cancels(first.id).await.unwrap();
    rebuilding_changes_no_row(world).await;
}
