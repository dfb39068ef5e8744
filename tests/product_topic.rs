//! A Kafka that was set up anew holds what is sold again, though nothing has changed: once each, from the moment that was said before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::world::process::PATIENCE;
use crate::world::{Program, World};

/// From when each product holds, by each message about it.
async fn said(world: &World) -> BTreeMap<i64, Vec<String>> {
    let mut said: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for found in world.topics().await.by_id.into_values().flatten() {
        let json = found.json();
        if json["event_type"] == "product" {
            let id = json["entity_id"].as_i64().expect("a product's number");
            let from = json["details"]["valid_from"].as_str().expect("a moment");
            said.entry(id).or_default().push(from.to_owned());
        }
    }
    said
}

/// Waits until the topic speaks of so many products; the shop looks every few seconds.
async fn speaks_of(world: &mut World, products: usize) -> BTreeMap<i64, Vec<String>> {
    let since = Instant::now();
    loop {
        world.assert_alive();
        let said = said(world).await;
        if said.len() >= products {
            return said;
        }
        assert!(since.elapsed() < PATIENCE, "{} of {products} products", said.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kafka_that_was_set_up_anew_is_told_once_more_what_is_sold_and_the_table_stays_as_it_was() {
    let Some(mut world) = World::start("what is sold, said again") else {
        return;
    };
    world.visitor().looks_at(101).await.expect("a product");
    // All are in stock at first: a product without stock would be sold out, not missing.
    let all = speaks_of(&mut world, 250).await;
    world.has_sent_all(Program::Shop).await;
    world.settles().await;
    let before = said(&world).await;
    assert!(before.len() >= all.len());
    assert!(
        before.values().all(|from| from.len() == 1),
        "once for each product: {before:?}"
    );
    let rows = world.number("SELECT COUNT(*) FROM product").await;
    assert_eq!(usize::try_from(rows).expect("a count"), before.len());

    world.stops(Program::Sink);
    world.stops(Program::Shop);
    world.kill(Program::Broker);
    world.broker.loses_its_data();
    world.restart(Program::Broker);
    world.restart(Program::Shop);
    let after = speaks_of(&mut world, before.len()).await;
    assert_eq!(after, before, "once each, with the moment from which it holds");

    world.tells_sink(&["positions", "forget", "--all"]);
    world.restart(Program::Sink);
    world.settles().await;
    let same = world.number("SELECT COUNT(*) FROM product").await;
    let now = world
        .number("SELECT COUNT(*) FROM product WHERE valid_to IS NULL")
        .await;
    assert_eq!((same, now), (rows, rows), "no row more, and all hold as before");
}
