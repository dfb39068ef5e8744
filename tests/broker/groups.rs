//! Consumer groups over the wire.

use std::collections::BTreeSet;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::FutureRecord;
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::timeout;

use crate::world::{Failure, Outcome, PATIENCE, World, sends};

/// Receives until every one of `partitions` has been seen, by this consumer.
async fn sees_partitions(consumer: &StreamConsumer, wanted: usize) -> Result<BTreeSet<i32>, Failure> {
    let mut seen = BTreeSet::new();
    while seen.len() < wanted {
        seen.insert(timeout(PATIENCE, consumer.recv()).await??.partition());
    }
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_share_a_topic_and_one_takes_over_when_the_other_leaves() -> Outcome {
    for strategy in ["range", "cooperative-sticky"] {
        let world = World::start().await?;
        let clients = world.clients();
        clients.creates("shop.view", 4).await?;
        let producer = clients.producer(&[])?;
        let feeding = tokio::spawn(async move {
            for number in 0_i32.. {
                let value = number.to_string();
                let record: FutureRecord<'_, (), String> =
                    FutureRecord::to("shop.view").partition(number % 4).payload(&value);
                if producer.send(record, PATIENCE).await.is_err() {
                    return;
                }
            }
        });
        let settings = [
            ("partition.assignment.strategy", strategy),
            ("heartbeat.interval.ms", "200"),
        ];
        let first = clients.consumer("sink", &settings)?;
        first.subscribe(&["shop.view"])?;
        assert_eq!(sees_partitions(&first, 4).await?.len(), 4);
        let second = clients.consumer("sink", &settings)?;
        second.subscribe(&["shop.view"])?;
        let shared = async {
            loop {
                tokio::select! {
                    received = first.recv() => drop(received?),
                    received = second.recv() => drop(received?),
                }
                if first.assignment()?.count() == 2 && second.assignment()?.count() == 2 {
                    return Ok::<_, Failure>(());
                }
            }
        };
        timeout(PATIENCE, shared).await??;
        drop(second);
        let taken_over = async {
            loop {
                first.recv().await?;
                if first.assignment()?.count() == 4 {
                    return Ok::<_, Failure>(());
                }
            }
        };
        timeout(PATIENCE, taken_over).await??;
        feeding.abort();
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_on_where_it_stopped_also_after_a_restart_of_the_broker() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.order", 1).await?;
    sends(
        &clients.producer(&[])?,
        "shop.order",
        (0..10).map(|number| number.to_string()),
    )
    .await?;
    let consumer = clients.consumer("sink", &[])?;
    consumer.subscribe(&["shop.order"])?;
    for _ in 0..5 {
        let message = timeout(PATIENCE, consumer.recv()).await??;
        consumer.commit_message(&message, CommitMode::Sync)?;
    }
    drop(consumer);
    let world = world.restart().await?;
    let consumer = clients.consumer("sink", &[])?;
    consumer.subscribe(&["shop.order"])?;
    let message = timeout(PATIENCE, consumer.recv()).await??;
    assert_eq!((message.offset(), message.payload()), (5, Some(&b"5"[..])));
    drop(message);
    drop(consumer);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_can_be_committed_without_being_a_member() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.order", 2).await?;
    let consumer = clients.consumer("lag-display", &[])?;
    let mut places = TopicPartitionList::new();
    places.add_partition_offset("shop.order", 1, Offset::Offset(7))?;
    consumer.commit(&places, CommitMode::Sync)?;
    let mut asked = TopicPartitionList::new();
    asked.add_partition("shop.order", 0);
    asked.add_partition("shop.order", 1);
    let committed = consumer.committed_offsets(asked, PATIENCE)?;
    let offsets: Vec<_> = committed
        .elements()
        .iter()
        .map(rdkafka::topic_partition_list::TopicPartitionListElem::offset)
        .collect();
    assert_eq!(offsets, [Offset::Invalid, Offset::Offset(7)]);
    world.stop().await?;
    Ok(())
}
