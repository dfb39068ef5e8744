//! A compacted topic, as its producers and consumers see it, also when the broker is killed while it compacts.

use std::collections::BTreeMap;

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::message::Message;
use rdkafka::producer::FutureRecord;
use rdkafka::{Offset, TopicPartitionList};

use crate::kill::Program;
use crate::world::{Clients, Failure, Outcome, PATIENCE, World};

async fn creates_compacted(clients: Clients, topic: &str) -> Outcome {
    let topic = NewTopic::new(topic, 1, TopicReplication::Fixed(1))
        .set("cleanup.policy", "compact")
        .set("segment.bytes", "2048")
        .set("min.cleanable.dirty.ratio", "0.1");
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    clients.admin()?.create_topics([&topic], &options).await?[0]
        .as_ref()
        .map_err(|(topic, code)| format!("{topic}: {code}"))?;
    Ok(())
}

/// The last value of each key, and how many records were read to learn them.
fn last_values(clients: Clients, topic: &str) -> Result<(BTreeMap<String, String>, usize), Failure> {
    let reader = clients.reader()?;
    let (_, end) = reader.fetch_watermarks(topic, 0, PATIENCE)?;
    let mut places = TopicPartitionList::new();
    places.add_partition_offset(topic, 0, Offset::Beginning)?;
    reader.assign(&places)?;
    let (mut last, mut count, mut position) = (BTreeMap::new(), 0, 0);
    // The last record is never taken away while it is the last.
    while position < end {
        let message = reader.poll(PATIENCE).ok_or("the topic ended early")??;
        assert!(message.offset() >= position, "offsets rise");
        position = message.offset() + 1;
        count += 1;
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        last.insert(text(message.key()), text(message.payload()));
    }
    Ok((last, count))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compacted_topic_takes_no_record_without_a_key() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    creates_compacted(clients, "shop.product").await?;
    let producer = clients.producer(&[])?;
    let without: FutureRecord<'_, (), str> = FutureRecord::to("shop.product").payload("a teapot");
    assert!(producer.send(without, PATIENCE).await.is_err());
    let with = FutureRecord::to("shop.product").key("1").payload("a teapot");
    producer.send(with, PATIENCE).await.map_err(|(error, _)| error)?;
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_last_of_each_key_outlives_kill_9_while_the_topic_is_compacted() -> Outcome {
    let folder = tempfile::tempdir()?;
    let often = ["--compaction-check-interval", "1ms"];
    let mut expected = BTreeMap::new();
    let mut sent = 0;
    for life in 0..6 {
        let program = Program::start_with(folder.path(), "127.0.0.1:0", &often).await?;
        let clients = Clients {
            address: program.address,
        };
        if life == 0 {
            creates_compacted(clients, "shop.product").await?;
        } else {
            assert_eq!(last_values(clients, "shop.product")?.0, expected, "in life {life}");
        }
        let compression = ["none", "gzip", "snappy", "lz4", "zstd"][life % 5];
        let producer = clients.producer(&[("compression.type", compression)])?;
        for number in 0..150 {
            let (key, value) = ((number % 7).to_string(), format!("{life}-{number}"));
            let record = FutureRecord::to("shop.product").key(&key).payload(&value);
            producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
            expected.insert(key, value);
            sent += 1;
        }
        program.kill().await?;
    }
    let program = Program::start_with(folder.path(), "127.0.0.1:0", &often).await?;
    let clients = Clients {
        address: program.address,
    };
    let (found, read) = last_values(clients, "shop.product")?;
    assert_eq!(found, expected);
    assert!(read < sent / 2, "{read} of {sent} are left: it was compacted");
    program.kill().await
}
