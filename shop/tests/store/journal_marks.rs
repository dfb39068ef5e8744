use std::time::{Duration, Instant};

use journal::FactId;
use schemas::{InstanceId, Sequence, Topic};
use sqlx::Executor;

use crate::world::{World, on_each_database};

on_each_database!(
    facts_come_in_their_order_until_they_are_marked,
    each_shop_has_facts_of_its_own,
    a_fact_is_a_message_once_it_has_a_source,
    whoever_waits_for_facts_is_woken,
    what_waits_is_found_without_reading_all_that_went_before,
);

fn here() -> InstanceId {
    "test".parse().unwrap()
}

async fn facts_come_in_their_order_until_they_are_marked(world: &World) {
    let mina = world.visitor();
    for at in 0..5 {
        mina.adds(world.some_product(at), 1).await.unwrap();
    }
    assert_eq!(world.store.last_fact_sequence(&here()).await.unwrap(), None);
    let facts = world.store.facts_not_in_journal(&here(), 3).await.unwrap();
    let ids: Vec<FactId> = facts.iter().map(|fact| fact.id).collect();
    assert!(ids.is_sorted() && ids.len() == 3, "{ids:?}");
    // One in the middle was committed late, so it isn't marked yet.
    world
        .store
        .mark_in_journal(&[(ids[0], Sequence(1)), (ids[2], Sequence(2))])
        .await
        .unwrap();
    assert_eq!(
        world.store.last_fact_sequence(&here()).await.unwrap(),
        Some(Sequence(2))
    );
    let rest = world.store.facts_not_in_journal(&here(), 100).await.unwrap();
    assert_eq!((rest.len(), rest[0].id), (3, ids[1]));
    let marks: Vec<_> = (3..)
        .map(Sequence)
        .zip(&rest)
        .map(|(sequence, fact)| (fact.id, sequence))
        .collect();
    world.store.mark_in_journal(&marks).await.unwrap();
    assert!(world.store.facts_not_in_journal(&here(), 100).await.unwrap().is_empty());
    assert_eq!(
        world.store.last_fact_sequence(&here()).await.unwrap(),
        Some(Sequence(5))
    );
}

async fn each_shop_has_facts_of_its_own(world: &World) {
    let (mina, mut jiho) = (world.visitor(), world.visitor());
    jiho.store = world.another_shop("other").await;
    mina.adds(world.some_product(0), 1).await.unwrap();
    jiho.adds(world.some_product(0), 2).await.unwrap();
    let other = "other".parse().unwrap();
    let here = world.store.facts_not_in_journal(&here(), 100).await.unwrap();
    let there = world.store.facts_not_in_journal(&other, 100).await.unwrap();
    assert_eq!((here.len(), there.len()), (1, 1));
    world
        .store
        .mark_in_journal(&[(there[0].id, Sequence(1))])
        .await
        .unwrap();
    assert_eq!(world.store.last_fact_sequence(&other).await.unwrap(), Some(Sequence(1)));
    assert_eq!(
        world.store.last_fact_sequence(&"test".parse().unwrap()).await.unwrap(),
        None
    );
}

async fn a_fact_is_a_message_once_it_has_a_source(world: &World) {
    let mut mina = world.visitor();
    mina.adds(world.some_product(0), 1).await.unwrap();
    let order = mina.buys().await.unwrap();
    mina.cancels(order.id).await.unwrap();
    mina.adds(world.some_product(1), 1).await.unwrap();
    mina.signs_up("mina@example.org").await;
    let facts = world.store.facts_not_in_journal(&here(), 100).await.unwrap();
    let types: Vec<_> = facts.iter().map(|fact| fact.event.event_type.name()).collect();
    assert_eq!(
        types,
        [
            "cart_add",
            "order_placed",
            "order_cancelled",
            "cart_add",
            "signup",
            "login",
            "cart_merge"
        ]
    );
    for (fact, sequence) in facts.iter().zip(1..) {
        let mut message = Vec::new();
        let source = schemas::Source {
            instance: here(),
            sequence: Sequence(sequence),
        };
        fact.event.seal_into(&source, &mut message);
        let topic: Topic = fact.event.event_type.topic();
        let record = schemas::decode(topic, &message).unwrap();
        assert_eq!(
            (record.event_id(), record.timestamp()),
            (fact.event.event_id, fact.event.timestamp)
        );
    }
}

async fn whoever_waits_for_facts_is_woken(world: &World) {
    let mut recorded = world.store.recorded();
    let mina = world.visitor();
    mina.removes(world.some_product(0)).await.unwrap_err();
    assert!(!recorded.has_changed().unwrap(), "a refusal is no fact");
    mina.adds(world.some_product(0), 1).await.unwrap();
    recorded.changed().await.unwrap();
}

/// An outage is over: nine tenths of the facts are marked, and PostgreSQL has counted them at this moment. It would hope to meet the rest
/// evenly from the first one on.
async fn what_waits_is_found_without_reading_all_that_went_before(world: &World) {
    let facts = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                 INSERT INTO event (instance, event_type, event_id, happened_at, data, journal_sequence)
                 SELECT 'test', 'login_failed', '00000000-0000-7000-8000-0000' || (10000000 + i), 1, '{}',
                        CASE WHEN i <= 18000 THEN i END
                 FROM n";
    let mut connection = world.connection().await;
    connection.execute(facts).await.unwrap();
    connection.execute("ANALYZE event").await.unwrap();
    let waiting = world.store.facts_not_in_journal(&here(), 256).await.unwrap();
    assert_eq!(waiting.len(), 256);
    if !world.url.starts_with("postgres") {
        return;
    }
    let since = Instant::now();
    loop {
        let read = world
            .rows(
                "SELECT idx_tup_read FROM pg_stat_user_indexes
                 WHERE indexrelname IN ('event_not_in_journal', 'event_pkey') ORDER BY indexrelname",
            )
            .await;
        let read: Vec<u64> = read.iter().map(|rows| rows.parse().unwrap()).collect();
        assert!(read[1] < 1000, "{} facts were read one after the other", read[1]);
        if read[0] >= 256 {
            return;
        }
        // The server counts a little later.
        assert!(since.elapsed() < Duration::from_secs(30), "never counted: {read:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
