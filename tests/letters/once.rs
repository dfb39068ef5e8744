//! A letter stands on its topic once, for as long as any other, whatever dies and whatever is deleted meanwhile.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use schemas::{Clock, Topic};
use serde_json::Value;

use super::remade::is_gone;
use super::{broken_world, listed, sees_once, sends, view};
use crate::world::process::PATIENCE;
use crate::world::{Program, World};

const BAD: usize = 60;
const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// A message that is no event, in so many copies, dated as it is said.
fn sends_bad(world: &World, count: usize, millis: Option<i64>) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.broker.address())
        .create()
        .expect("a producer");
    for number in 0..count {
        let value = format!("bad {number}");
        let mut record = BaseRecord::<str, str>::to(Topic::View.name())
            .payload(&value)
            .partition(1);
        if let Some(millis) = millis {
            record = record.timestamp(millis);
        }
        producer.send(record).expect("the queue has room");
    }
    producer.flush(PATIENCE).expect("the broker takes them");
}

/// The dates of all letters on the topic, by where their messages stood.
fn letters(kafka: &str) -> BTreeMap<String, Vec<i64>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "the-test-itself")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer");
    let topic = Topic::DeadLetter.name();
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for partition in 0..3 {
        let mut from = rdkafka::TopicPartitionList::new();
        from.add_partition_offset(topic, partition, rdkafka::Offset::Beginning)
            .expect("an offset");
        consumer.assign(&from).expect("a partition");
        let since = Instant::now();
        loop {
            match consumer.poll(Duration::from_secs(1)) {
                Some(Ok(message)) => {
                    let headers = message.headers().expect("headers").iter();
                    let offset = headers.filter(|header| header.key == "dead_letter_offset").last();
                    let offset = offset.and_then(|header| header.value).expect("where it stood");
                    let millis = message.timestamp().to_millis().expect("a date");
                    found
                        .entry(String::from_utf8_lossy(offset).into_owned())
                        .or_default()
                        .push(millis);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => panic!("{error}"),
                None => assert!(since.elapsed() < PATIENCE, "partition {partition} gives nothing"),
            }
        }
    }
    found
}

async fn has_letters(world: &mut World, count: usize) -> BTreeMap<String, Vec<i64>> {
    let since = Instant::now();
    while listed(world, &[]).len() < count {
        world.assert_alive();
        assert!(since.elapsed() < PATIENCE, "the letters never come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let kafka = world.broker.address();
    let read = tokio::task::spawn_blocking(move || letters(&kafka));
    read.await.expect("reading does not panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_deaths_soon_after_each_other_double_no_letter() {
    let Some((mut world, _)) = broken_world("two deaths", 0).await else {
        return;
    };
    world.stops(Program::Sink);
    sends_bad(&world, BAD, None);
    // The letters are delivered, and nothing is committed.
    world.dies_at(Program::Sink, "after_dead_letters");
    world.restart(Program::Sink);
    world.dies(Program::Sink).await;
    // The first commit covers only the first few of them.
    world.sink_settings.push(("SINK_BATCH_MESSAGES", "5".to_owned()));
    world.dies_at(Program::Sink, "after_commit");
    world.restart(Program::Sink);
    world.dies(Program::Sink).await;
    world.restart(Program::Sink);
    let good = view(1, false);
    sends(&world, std::slice::from_ref(&good), BAD).await;
    sees_once(&mut world, &[good["event_id"].clone()]).await;
    let found = has_letters(&mut world, BAD).await;
    let doubled: Vec<_> = found.iter().filter(|(_, dates)| dates.len() > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    assert_eq!(found.len(), BAD);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_about_an_old_message_is_dated_by_its_refusal() {
    let Some((mut world, _)) = broken_world("letters about old messages", 0).await else {
        return;
    };
    // Some clients date in seconds: to Kafka that is 1970, and past any retention.
    sends_bad(&world, 3, Some(1_700_000_000));
    let now = Clock::system().now().unix_millis();
    let dates: Vec<i64> = has_letters(&mut world, 3).await.into_values().flatten().collect();
    assert_eq!(dates.len(), 3);
    assert!(dates.iter().all(|date| (date - now).abs() < HOUR_MILLIS), "{dates:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sink_makes_the_letters_topic_again_when_it_was_deleted_under_it() {
    let Some((mut world, _)) = broken_world("no dead-letter topic", 3).await else {
        return;
    };
    is_gone(&world, Topic::DeadLetter).await;
    sends_bad(&world, 2, None);
    let good: Vec<Value> = (4..=6)
        .filter(|sequence| sequence % 3 != 0)
        .map(|sequence| view(sequence, false))
        .collect();
    sends(&world, &good, 2).await;
    let ids: Vec<Value> = good.iter().map(|event| event["event_id"].clone()).collect();
    world.sees_events(&ids.iter().collect::<Vec<_>>()).await;
    let found = has_letters(&mut world, 2).await;
    assert_eq!(found.values().map(Vec::len).sum::<usize>(), 2, "{found:?}");
}
