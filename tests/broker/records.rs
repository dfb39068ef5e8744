//! Records go in and come out, once, in order, also over a restart.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::message::{Headers, Message, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use rdkafka::{Offset, TopicPartitionList};

use crate::world::{Outcome, PATIENCE, World, sends};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_read_with_key_headers_and_date() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 3).await?;
    let producer = clients.producer(&[])?;
    let headers = OwnedHeaders::new().insert(rdkafka::message::Header {
        key: "ce_type",
        value: Some("view"),
    });
    let record = FutureRecord::to("shop.view")
        .key("session")
        .payload("{}")
        .headers(headers)
        .timestamp(1_747_223_147_652);
    let sent = producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;

    let reader = clients.reader()?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset("shop.view", sent.partition, Offset::Beginning)?;
    reader.assign(&assignment)?;
    let message = reader.poll(PATIENCE).ok_or("nothing came")??;
    assert_eq!(
        (message.offset(), message.key(), message.payload()),
        (sent.offset, Some(&b"session"[..]), Some(&b"{}"[..]))
    );
    assert_eq!(message.timestamp().to_millis(), Some(1_747_223_147_652));
    let header = message.headers().ok_or("no headers")?.get(0);
    assert_eq!((header.key, header.value), ("ce_type", Some(&b"view"[..])));
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_records_come_out_in_order_and_compressed_ones_too() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    for codec in ["none", "gzip"] {
        let topic = format!("shop.{codec}");
        clients.creates(&topic, 1).await?;
        let producer = clients.producer(&[("compression.type", codec), ("linger.ms", "20")])?;
        let values: Vec<_> = (0..5_000).map(|number| format!("value {number:05}")).collect();
        let mut deliveries = Vec::new();
        for value in &values {
            let record: FutureRecord<'_, (), String> = FutureRecord::to(&topic).payload(value);
            deliveries.push(producer.send_result(record).map_err(|(error, _)| error)?);
        }
        for delivery in deliveries {
            delivery.await?.map_err(|(error, _)| error)?;
        }
        let found: Vec<_> = clients
            .reads_all(&topic)?
            .into_iter()
            .map(|(_, _, value)| value)
            .collect();
        assert_eq!(found, values, "{codec}");
    }
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_producer_goes_on_over_a_restart_of_the_broker() -> Outcome {
    let mut world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.cart", 1).await?;
    let producer = clients.producer(&[])?;
    sends(&producer, "shop.cart", (0..20).map(|number| number.to_string())).await?;
    for round in 1..4 {
        let during = tokio::spawn({
            let producer = producer.clone();
            async move {
                sends(
                    &producer,
                    "shop.cart",
                    (0..50).map(|number| (round * 100 + number).to_string()),
                )
                .await
                .map_err(|error| error.to_string())
            }
        });
        world = world.restart().await?;
        during.await??;
    }
    let found: Vec<_> = clients
        .reads_all("shop.cart")?
        .into_iter()
        .map(|(_, _, value)| value)
        .collect();
    let expected: Vec<_> = (0..20)
        .chain(100..150)
        .chain(200..250)
        .chain(300..350)
        .map(|number| number.to_string())
        .collect();
    assert_eq!(found, expected);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_waits_is_woken_by_the_next_record() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.click", 1).await?;
    let reader = clients.reader()?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset("shop.click", 0, Offset::Beginning)?;
    reader.assign(&assignment)?;
    assert!(reader.poll(Duration::from_millis(200)).is_none());
    let producer = clients.producer(&[])?;
    sends(&producer, "shop.click", ["first".to_owned()]).await?;
    let message = reader.poll(PATIENCE).ok_or("nothing came")??;
    assert_eq!(message.payload(), Some(&b"first"[..]));
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_are_found_by_date_over_the_wire() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.order", 1).await?;
    let producer = clients.producer(&[])?;
    for (value, date) in [("a", 1_000), ("b", 2_000), ("c", 3_000)] {
        let record: FutureRecord<'_, (), str> = FutureRecord::to("shop.order").payload(value).timestamp(date);
        producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    }
    let reader = clients.reader()?;
    let mut places = Vec::new();
    for date in [0, 1_001, 3_000, 3_001] {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset("shop.order", 0, Offset::Offset(date))?;
        let found = reader.offsets_for_times(asked, PATIENCE)?;
        places.push(
            found
                .elements()
                .first()
                .map(rdkafka::topic_partition_list::TopicPartitionListElem::offset),
        );
    }
    assert_eq!(
        places,
        [
            Some(Offset::Offset(0)),
            Some(Offset::Offset(1)),
            Some(Offset::Offset(2)),
            Some(Offset::End)
        ]
    );
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn several_producers_at_once_lose_and_double_nothing() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.request", 3).await?;
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..4 {
        let producer = clients.producer(&[])?;
        senders.spawn(async move {
            for number in 0..200 {
                let value = format!("{sender}-{number}");
                let record = FutureRecord::to("shop.request").key(&value).payload(&value);
                producer
                    .send(record, PATIENCE)
                    .await
                    .map_err(|(error, _)| error.to_string())?;
            }
            Ok::<_, String>(())
        });
    }
    while let Some(done) = senders.join_next().await {
        done??;
    }
    let found = clients.reads_all("shop.request")?;
    let distinct: BTreeSet<_> = found.iter().map(|(_, _, value)| value).collect();
    assert_eq!((found.len(), distinct.len()), (800, 800));
    world.stop().await?;
    Ok(())
}
