//! What is sold is published once for each change, whoever sees it.

use std::time::Duration;

use schemas::events::{Product, StockClass};
use schemas::{CatalogueEntry, ProductId};
use shop::store::{PriceRefused, SaidAgain, Store};
use tokio_util::sync::CancellationToken;

use crate::world::{World, answered, on_each_database};

/// What was published of a product, the first first.
async fn published(store: &Store, product: ProductId) -> Vec<Product<'static>> {
    let mut all = Vec::new();
    for instance in ["test", "other"] {
        let facts = store
            .facts_not_in_journal(&instance.parse().unwrap(), 10_000)
            .await
            .unwrap();
        for fact in facts {
            let json: &'static str = String::from_utf8(fact.event.json).unwrap().leak();
            let entry: CatalogueEntry<'static> = serde_json::from_str(json).unwrap();
            assert_eq!(entry.entity_id, entry.details.product_id.0);
            assert!(entry.timestamp >= entry.details.valid_from);
            all.push(entry.details);
        }
    }
    all.retain(|entry| entry.product_id == product);
    all.sort_by_key(|entry| entry.valid_from);
    all
}

fn everything(store: &Store) -> Vec<ProductId> {
    store.catalogue().products().iter().map(|product| product.id).collect()
}

async fn each_product_is_published_once_and_again_only_when_it_changes(world: &World) {
    let store = &world.store;
    let all = everything(store);
    assert_eq!(store.publish(&all).await.unwrap(), all.len());
    assert_eq!(store.publish(&all).await.unwrap(), 0, "nothing has changed");
    let product = world.some_product(0);
    let old = store.catalogue().product(product).unwrap().price.0;
    store.set_price(product, old + 500).await.unwrap();
    assert_eq!(store.publish(&all).await.unwrap(), 0, "the change has published itself");
    store.set_price(product, old + 500).await.unwrap();
    let said = published(store, product).await;
    let prices: Vec<i64> = said.iter().map(|entry| entry.price).collect();
    assert_eq!(
        prices,
        [old, old + 500],
        "a price that is the same already is no change"
    );
    assert!(said[0].valid_from < said[1].valid_from, "even while the clock stands");
}

async fn shops_that_see_the_same_change_publish_it_once(world: &World) {
    let other = world.another_shop("other").await;
    let all = everything(&world.store);
    let (one, two) = tokio::join!(world.store.publish(&all), other.publish(&all));
    assert_eq!(one.unwrap() + two.unwrap(), all.len());
    for product in &all[..5] {
        assert_eq!(published(&world.store, *product).await.len(), 1);
    }
}

async fn what_sells_out_is_another_class_and_the_same_number_is_not(world: &World) {
    let product = world.some_product(0);
    world.store.publish(&[product]).await.unwrap();
    let set = |units: i64| async move {
        let sql = format!("UPDATE stock SET units = {units} WHERE product_id = {product}");
        let mut connection = world.connection().await;
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        world.store.publish(&[product]).await.unwrap()
    };
    let published_each_time = [
        set(7).await,
        set(6).await,
        set(5).await,
        set(1).await,
        set(0).await,
        set(40).await,
    ];
    assert_eq!(published_each_time, [0, 0, 1, 0, 1, 1]);
    let classes: Vec<StockClass> = published(&world.store, product)
        .await
        .iter()
        .map(|entry| entry.stock_class)
        .collect();
    assert_eq!(
        classes,
        [
            StockClass::InStock,
            StockClass::Low,
            StockClass::SoldOut,
            StockClass::InStock
        ]
    );
}

async fn a_shop_that_runs_shows_a_price_that_another_process_has_changed(world: &World) {
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (store, stop) = (world.store.clone(), stop.clone());
        async move { tokio::join!(store.keep_fresh(stop.clone()), store.keep_publishing(stop)) }
    });
    let other = world.another_shop("other").await;
    let product = world.some_product(1);
    let new = world.store.catalogue().product(product).unwrap().price.0 + 100;
    other.set_price(product, new).await.unwrap();
    let since = std::time::Instant::now();
    while world.store.catalogue().product(product).unwrap().price.0 != new {
        assert!(since.elapsed().as_secs() < 20, "the price never shows");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stop.cancel();
    running.await.unwrap();
    let prices: Vec<i64> = published(&world.store, product)
        .await
        .iter()
        .map(|entry| entry.price)
        .collect();
    assert_eq!(prices.last(), Some(&new));
    assert!(prices.len() <= 2, "{prices:?}");
}

async fn a_price_that_makes_no_sense_is_refused(world: &World) {
    let store = &world.store;
    assert_eq!(
        answered(store.set_price(ProductId(9_999_999), 1).await),
        Err(PriceRefused::NoSuchProduct)
    );
    assert_eq!(
        answered(store.set_price(world.some_product(0), -1).await),
        Err(PriceRefused::BelowZero)
    );
    assert!(published(store, world.some_product(0)).await.is_empty());
}

async fn what_a_topic_lacks_is_said_once_more_and_holds_from_when_it_did(world: &World) {
    let (store, product) = (&world.store, world.some_product(0));
    let again = async |store: &Store| {
        let SaidAgain { said, too_new } = store.say_again(&[product], world.clock.now()).await.unwrap();
        (said, too_new)
    };
    assert_eq!(again(store).await, (0, 0), "it was never said");
    store.publish(&[product]).await.unwrap();
    assert_eq!(again(store).await, (0, 1), "it may be on its way");
    world.wait(Duration::from_secs(10));
    let other = world.another_shop("other").await;
    assert_eq!(again(&other).await, (0, 1), "another shop's may wait for Kafka longer");
    assert_eq!(again(store).await, (1, 0));
    assert_eq!(again(store).await, (0, 1), "once");
    let said = published(store, product).await;
    assert_eq!(said.len(), 2);
    assert_eq!(said[0], said[1], "the moment included");
    world.wait(Duration::from_mins(2));
    assert_eq!(again(&other).await, (1, 0), "whoever finds it missing");
    assert_eq!(store.publish(&[product]).await.unwrap(), 0, "nothing has changed");
    store.set_price(product, said[0].price + 500).await.unwrap();
    let said = published(store, product).await;
    assert_eq!(said.len(), 4);
    assert!(said[3].valid_from > said[2].valid_from, "a change holds from later on");
}

async fn a_rebuild_passes_over_what_was_published(world: &World) {
    let product = world.some_product(0);
    world.store.publish(&[product]).await.unwrap();
    let mina = world.visitor();
    mina.adds(product, 1).await.unwrap();
    world.store.rebuild(|_, _| {}).await.unwrap();
    assert_eq!(mina.cart().await, [(product.0, 1)]);
    assert_eq!(world.store.publish(&[product]).await.unwrap(), 0);
}

on_each_database!(
    each_product_is_published_once_and_again_only_when_it_changes,
    shops_that_see_the_same_change_publish_it_once,
    what_sells_out_is_another_class_and_the_same_number_is_not,
    a_shop_that_runs_shows_a_price_that_another_process_has_changed,
    a_price_that_makes_no_sense_is_refused,
    what_a_topic_lacks_is_said_once_more_and_holds_from_when_it_did,
    a_rebuild_passes_over_what_was_published,
);
