use std::time::Duration;

use schemas::{CategoryId, Clock, Timestamp};
use shop::domain::{Filter, Language, PageNumber};
use shop::store::{Store, StoreError};
use sqlx::Executor;
use tokio_util::sync::CancellationToken;

use crate::world::{World, on_each_database};

on_each_database!(
    the_first_start_fills_the_shop_and_the_second_leaves_it,
    two_shops_that_start_at_once_share_one_catalogue_and_one_key,
    a_database_of_a_newer_shop_is_refused,
    a_fact_can_be_neither_changed_nor_deleted,
    the_stock_follows_what_other_shops_sell,
);

async fn the_first_start_fills_the_shop_and_the_second_leaves_it(world: &World) {
    let catalogue = world.store.catalogue();
    assert_eq!(catalogue.categories().len(), 12);
    assert!(catalogue.products().len() >= 240, "{}", catalogue.products().len());
    for product in catalogue.products() {
        assert!(catalogue.category(product.category).is_some(), "{product:?}");
        assert!(
            product.price.0 > 0 && !product.name.ko.is_empty() && !product.name.en.is_empty(),
            "{product:?}"
        );
    }
    assert_eq!(catalogue.category(CategoryId(1)).unwrap().slug, "kitchen");
    let found = |text| {
        let query = (&Filter::default(), None, PageNumber::FIRST);
        catalogue
            .search(text, query, (&world.store.stock(), Language::Ko))
            .listing
            .total
    };
    assert!(found("teapot") > 0 && found("헤드폰") > 0);
    let product = world.some_product(0);
    let mina = world.visitor();
    mina.adds(product, 5).await.unwrap();
    mina.buys().await.unwrap();
    let left = world.store.stock().left(product);
    let again = world.another_shop("test").await;
    assert_eq!(again.stock().left(product), left);
    assert_eq!(again.catalogue().products(), catalogue.products());
    assert_eq!(
        catalogue.product(product).unwrap().name.text(Language::En),
        again.catalogue().product(product).unwrap().name.en
    );
}

async fn two_shops_that_start_at_once_share_one_catalogue_and_one_key(world: &World) {
    // The world's shop has started already; so the others start on an emptied database.
    let mut connection = world.connection().await;
    for table in [
        "DELETE FROM stock",
        "DELETE FROM product",
        "DELETE FROM category",
        "DELETE FROM counter",
        "DELETE FROM secret",
    ] {
        connection.execute(table).await.unwrap();
    }
    let (one, two) = tokio::join!(world.another_shop("one"), world.another_shop("two"));
    assert_eq!(one.catalogue().products(), world.store.catalogue().products());
    assert_eq!(two.catalogue().products(), world.store.catalogue().products());
    let (key_of_one, key_of_two) = tokio::join!(one.signing_key(), two.signing_key());
    let key = key_of_one.unwrap();
    assert_eq!(key, key_of_two.unwrap());
    assert_ne!(key, [0; 64]);
    assert_eq!(
        world.another_shop("one").await.signing_key().await.unwrap(),
        key,
        "it stays the same"
    );
}

async fn a_database_of_a_newer_shop_is_refused(world: &World) {
    let newer = "INSERT INTO shop_migrations (version, description, success, checksum, execution_time)
                 SELECT 9999, 'from the future', success, checksum, 0 FROM shop_migrations WHERE version = 1";
    world.connection().await.execute(newer).await.unwrap();
    let refused = Store::open(&world.url, "late".parse().unwrap(), Clock::standing_at(Timestamp::MIN)).await;
    assert!(matches!(refused, Err(StoreError::NewerSchema(9999))), "{refused:?}");
}

async fn a_fact_can_be_neither_changed_nor_deleted(world: &World) {
    let mina = world.visitor();
    mina.adds(world.some_product(0), 1).await.unwrap();
    let mut connection = world.connection().await;
    connection.execute("DELETE FROM event").await.unwrap_err();
    connection.execute("UPDATE event SET data = '{}'").await.unwrap_err();
    assert_eq!(world.facts().await, ["cart_add"]);
}

async fn the_stock_follows_what_other_shops_sell(world: &World) {
    let stop = CancellationToken::new();
    let other = world.another_shop("other").await;
    let follower = tokio::spawn({
        let (other, stop) = (other.clone(), stop.clone());
        async move { other.keep_fresh(stop).await }
    });
    let mina = world.visitor();
    let product = world.some_product(0);
    let left = world.store.stock().left(product);
    mina.adds(product, 20).await.unwrap();
    mina.buys().await.unwrap();
    let follows = async {
        while other.stock().left(product) != left - 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), follows)
        .await
        .expect("the other shop sees it");
    stop.cancel();
    follower.await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_no_database_is_refused_with_a_reason() {
    for address in [
        "",
        "shop.db",
        "mysql://localhost/shop",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:a.db?mode=ro",
    ] {
        let refused = Store::open(address, "test".parse().unwrap(), Clock::system()).await;
        assert!(matches!(refused, Err(StoreError::Address(_))), "{address}: {refused:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for address in [
        "postgres://nobody@127.0.0.1:1/nothing".to_owned(),
        format!("sqlite:{}", folder.path().display()),
    ] {
        let refused = Store::open(&address, "test".parse().unwrap(), Clock::system()).await;
        assert!(
            matches!(refused, Err(StoreError::Unreachable(_))),
            "{address}: {refused:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shops_that_start_at_once_on_an_empty_postgres_make_its_tables_once() {
    let Some(world) = World::on_postgres().await else {
        return;
    };
    let drop_all = "DROP SCHEMA shop CASCADE";
    world.connection().await.execute(drop_all).await.unwrap();
    let names = ["one", "two", "three", "four"];
    let shops = futures_util::future::join_all(names.map(|name| world.another_shop(name))).await;
    let levels: Vec<_> = shops.iter().map(Store::stock).collect();
    assert!(levels.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(shops[0].catalogue().categories().len(), 12);
    world.drop_database().await;
}

#[tokio::test]
async fn the_path_of_a_database_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("데이터 #1").join("100%25.db");
    Store::open(
        &format!("sqlite:{}", file.display()),
        "test".parse().unwrap(),
        Clock::system(),
    )
    .await
    .unwrap();
    assert!(file.is_file());
}

/// A handler's future moves between threads; so must everything that it waits for.
#[expect(dead_code, reason = "it is enough that it compiles")]
fn every_answer_can_be_awaited_on_any_thread(store: Store, world: &'static World) {
    fn is_send(_: impl Send + 'static) {}
    is_send(async move {
        let mut shopper = world.visitor();
        let product = world.some_product(0);
        drop((shopper.adds(product, 1).await, shopper.cart().await));
        if let Ok(order) = shopper.buys().await {
            drop(shopper.cancels(order.id).await);
        }
        let new = shopper.signs_up("a@b.de").await;
        shopper.signs_in("a@b.de", "").await;
        drop(store.signed_in(new.token).await);
        shopper.signs_out(&new).await;
        drop((
            store.rebuild(|_, _| {}).await,
            store.signing_key().await,
            store.refresh_stock().await,
        ));
        drop(store.facts_not_in_journal(&"test".parse().unwrap(), 1).await);
        drop(store.mark_in_journal(&[]).await);
        drop(Store::open("", "test".parse().unwrap(), Clock::system()).await);
    });
}
