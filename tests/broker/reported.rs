//! Situations that users of other brokers reported: Redpanda, Tansu, AutoMQ, franz-go's kfake, mockforge, Faust. Each names the report.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::timeout;

use crate::limits::{answer, request};
use crate::world::{Failure, Outcome, PATIENCE, World, sends};

fn values(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE))
}

async fn next_offset(consumer: &StreamConsumer) -> Result<i64, Failure> {
    let message = timeout(PATIENCE, consumer.recv()).await??;
    let offset = message.offset();
    consumer.commit_message(&message, CommitMode::Sync)?;
    Ok(offset)
}

/// Fetch in version 4 of one partition: wait in milliseconds, least bytes, topic, offset.
fn fetch(wait: i32, least: i32, topic: &str, offset: i64) -> Vec<u8> {
    let name = [&[0, u8::try_from(topic.len()).unwrap_or(u8::MAX)], topic.as_bytes()].concat();
    let head = [
        &(-1_i32).to_be_bytes()[..],
        &wait.to_be_bytes(),
        &least.to_be_bytes(),
        &1_000_000_i32.to_be_bytes(),
        &[0],
    ]
    .concat();
    let partition = [
        &0_i32.to_be_bytes()[..],
        &offset.to_be_bytes(),
        &1_000_000_i32.to_be_bytes(),
    ]
    .concat();
    let one = 1_i32.to_be_bytes();
    request(1, 4, &[&head[..], &one, &name, &one, &partition].concat())
}

/// franz-go #1411: a topic that was deleted and made again began at the old topic's committed offset.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_made_again_has_nothing_committed() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("orders", 1).await?;
    sends(&clients.producer(&[])?, "orders", values(5)).await?;
    let consumer = clients.consumer("sink", &[])?;
    consumer.subscribe(&["orders"])?;
    assert_eq!(next_offset(&consumer).await?, 0);
    drop(consumer);
    clients.admin()?.delete_topics(&["orders"], &options()).await?;
    clients.creates("orders", 1).await?;
    let mut asked = TopicPartitionList::new();
    asked.add_partition("orders", 0);
    let committed = clients.consumer("sink", &[])?.committed_offsets(asked, PATIENCE)?;
    assert_eq!(committed.elements()[0].offset(), Offset::Invalid);
    world.stop().await?;
    Ok(())
}

/// Redpanda #4900: a deleted group was there again after a restart, with its offsets.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_stays_deleted_after_a_restart() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("orders", 1).await?;
    sends(&clients.producer(&[])?, "orders", values(2)).await?;
    let consumer = clients.consumer("gone", &[])?;
    consumer.subscribe(&["orders"])?;
    next_offset(&consumer).await?;
    consumer.unsubscribe();
    drop(consumer);
    for deleted in clients.admin()?.delete_groups(&["gone"], &options()).await? {
        deleted.map_err(|(group, code)| format!("{group}: {code}"))?;
    }
    let world = world.restart().await?;
    let groups = world.clients().reader()?.fetch_group_list(None, PATIENCE)?;
    assert!(groups.groups().iter().all(|group| group.name() != "gone"));
    world.stop().await?;
    Ok(())
}

/// Mockforge #186: librdkafka takes no records that are null; franz-go #1404: a fetch that can't succeed was held for its whole wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_at_the_end_has_empty_records_and_one_of_an_unknown_topic_is_answered_at_once() -> Outcome {
    let world = World::start().await?;
    world.clients().creates("orders", 1).await?;
    let empty = answer(&world, &fetch(1, 1, "orders", 0)).await?;
    assert_eq!(empty[empty.len() - 4..], [0; 4], "the length of the records");
    let began = Instant::now();
    let unknown = answer(&world, &fetch(25_000, 1, "nowhere", 0)).await?;
    assert!(began.elapsed() < Duration::from_secs(20));
    // Throttle time, one topic by its name, one partition: its number, and its error.
    let error = 4 + 4 + 2 + "nowhere".len() + 4 + 4;
    assert_eq!(unknown[error..error + 2], [0, 3], "UNKNOWN_TOPIC_OR_PARTITION");
    world.stop().await?;
    Ok(())
}

/// Tansu #668 (nisshi): a fetch of a partition with records was never answered, here one that asks for more bytes than there are.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_waits_for_more_than_there_is_gets_what_there_is() -> Outcome {
    let world = World::start().await?;
    world.clients().creates("orders", 1).await?;
    sends(&world.clients().producer(&[])?, "orders", values(3)).await?;
    let nothing = answer(&world, &fetch(1, 1, "orders", 3)).await?;
    let found = answer(&world, &fetch(300, 900_000, "orders", 1)).await?;
    assert!(found.len() > nothing.len() + 100, "two batches are in it");
    world.stop().await?;
    Ok(())
}

/// Redpanda #3842: with a `group.instance.id` librdkafka hung; #4189: none was taken. The second of two with the same id fences the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_static_member_is_fenced_by_another_of_its_name() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("orders", 1).await?;
    sends(&clients.producer(&[])?, "orders", values(3)).await?;
    let settings = [("group.instance.id", "sink/0"), ("heartbeat.interval.ms", "200")];
    let first = clients.consumer("sink", &settings)?;
    first.subscribe(&["orders"])?;
    assert_eq!(next_offset(&first).await?, 0);
    let second = clients.consumer("sink", &settings)?;
    second.subscribe(&["orders"])?;
    assert!(next_offset(&second).await? > 0);
    let fenced = async {
        loop {
            if let Err(error) = first.recv().await {
                return error.rdkafka_error_code();
            }
        }
    };
    let code = timeout(PATIENCE, fenced).await?;
    assert!(
        matches!(code, Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::FencedInstanceId)),
        "{code:?}"
    );
    world.stop().await?;
    Ok(())
}

/// AutoMQ #141: after a reboot producers went on, and consumers got nothing any more. librdkafka #3584: an idempotent producer ended with
/// a fatal error when its broker came back.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stay_go_on_after_a_restart_of_the_broker() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("orders", 1).await?;
    let producer = clients.producer(&[])?;
    sends(&producer, "orders", values(3)).await?;
    let settings = [("reconnect.backoff.max.ms", "200"), ("session.timeout.ms", "6000")];
    let consumer = clients.consumer("sink", &settings)?;
    consumer.subscribe(&["orders"])?;
    for offset in 0..3 {
        assert_eq!(next_offset(&consumer).await?, offset);
    }
    let world = world.restart().await?;
    sends(&producer, "orders", values(3)).await?;
    // librdkafka tells that the broker was away, and goes on.
    let goes_on = async {
        loop {
            match consumer.recv().await {
                Err(error) if error.rdkafka_error_code() != Some(RDKafkaErrorCode::Fatal) => {}
                received => return received.map(|message| message.offset()),
            }
        }
    };
    assert_eq!(timeout(PATIENCE, goes_on).await??, 3);
    assert_eq!(world.clients().reads_all("orders")?.len(), 6);
    world.stop().await?;
    Ok(())
}

/// Redpanda #1646 and #31064: a group whose offset retention had passed was refused for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_retention_has_overtaken_goes_on_with_what_is_left() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("orders", 1).await?;
    sends(&clients.producer(&[])?, "orders", values(10)).await?;
    let consumer = clients.consumer("sink", &[])?;
    consumer.subscribe(&["orders"])?;
    assert_eq!(next_offset(&consumer).await?, 0);
    drop(consumer);
    let mut before = TopicPartitionList::new();
    before.add_partition_offset("orders", 0, Offset::Offset(6))?;
    clients.admin()?.delete_records(&before, &options()).await?;
    let consumer = clients.consumer("sink", &[])?;
    consumer.subscribe(&["orders"])?;
    assert_eq!(next_offset(&consumer).await?, 6);
    world.stop().await?;
    Ok(())
}

/// Kafka's own default, `flush.messages` without an end: acknowledged and shown before it is on the disk, there after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_may_ask_that_no_acknowledgement_waits_for_the_disk() -> Outcome {
    let world = World::start_with(|settings| settings.flush_interval = Duration::from_secs(3600)).await?;
    let clients = world.clients();
    let unhurried = NewTopic::new("fast", 1, TopicReplication::Fixed(1)).set("flush.messages", "9223372036854775807");
    for made in clients.admin()?.create_topics([&unhurried], &options()).await? {
        made.map_err(|(topic, code)| format!("{topic}: {code}"))?;
    }
    sends(&clients.producer(&[])?, "fast", values(50)).await?;
    assert_eq!(clients.reads_all("fast")?.len(), 50);
    let world = world.restart().await?;
    assert_eq!(world.clients().reads_all("fast")?.len(), 50);
    world.stop().await?;
    Ok(())
}
