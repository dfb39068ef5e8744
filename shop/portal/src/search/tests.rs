//! Downloads from librdkafka's own mock of a broker.

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use tokio::sync::mpsc::{Receiver, channel};

use super::*;

const MESSAGES: usize = 20;

/// A broker with a topic of one partition and a few messages.
async fn broker() -> (MockCluster<'static, DefaultProducerContext>, Kafka) {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic("shop.view", 1, 1).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap_servers());
    let producer: FutureProducer = config.create().unwrap();
    for number in 0..MESSAGES {
        let value = format!(r#"{{"event_type":"view","n":{number}}}"#);
        let record = FutureRecord::<[u8], _>::to("shop.view").payload(&value);
        producer.send(record, PATIENCE).await.unwrap();
    }
    (broker, Kafka { config })
}

/// What is found of `filter` by whole batches, and message by message.
fn both_ways(kafka: &Kafka, filter: &Filter, range: Range) -> [Vec<String>; 2] {
    let client = kafka.reader().unwrap();
    let finder = filter.needle().map(memmem::Finder::new);
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    let by_batches = quick::look(
        (kafka, &client),
        (filter, finder.as_ref()),
        (Topic::View, range),
        || true,
        |message| {
            quick.push(message.json_line());
            ControlFlow::Continue(())
        },
    );
    assert!(by_batches.is_over && by_batches.next == range.until, "{by_batches:?}");
    let deadline = Instant::now() + LONGEST;
    read(&client, Topic::View, &[range], deadline, |message| {
        let found = Message::of(message).filter(|message| filter.matches(message));
        slow.extend(found.map(|message| message.json_line()));
        ControlFlow::Continue(())
    })
    .unwrap();
    [quick, slow]
}

#[tokio::test]
async fn by_whole_batches_the_same_is_found_as_message_by_message() {
    let (_broker, kafka) = broker().await;
    let producer: FutureProducer = kafka.config.create().unwrap();
    let headers = OwnedHeaders::new()
        .insert(Header {
            key: "twice",
            value: Some("one"),
        })
        .insert(Header {
            key: "twice",
            value: Some("two"),
        })
        .insert::<str>(Header {
            key: "empty",
            value: None,
        });
    let record = FutureRecord::to("shop.view")
        .key("a key")
        .payload(r#"{"event_type":"other"}"#)
        .headers(headers);
    producer
        .send(record.timestamp(1_796_040_000_123), PATIENCE)
        .await
        .unwrap();
    producer
        .send(FutureRecord::<[u8], [u8]>::to("shop.view"), PATIENCE)
        .await
        .unwrap();
    let all = i64::try_from(MESSAGES).unwrap() + 2;
    tokio::task::spawn_blocking(move || {
        for (filter, from, until, found) in [
            (Filter::of("shop.view", "", "", ""), 0, all, MESSAGES + 2),
            (Filter::of("shop.view", "", "", "other"), 0, all, 1),
            (Filter::of("shop.view", "", "", "a key"), 0, all, 1),
            (Filter::of("shop.view", "", "n", "7"), 0, all, 1),
            (Filter::of("shop.view", "view", "", ""), 3, 9, 6),
            (Filter::of("shop.view", "", "", "nowhere"), 0, all, 0),
        ] {
            let range = Range {
                partition: 0,
                from,
                until,
            };
            let [quick, slow] = both_ways(&kafka, &filter, range);
            assert_eq!(quick, slow, "{filter:?}");
            assert_eq!(quick.len(), found, "{filter:?}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn compressed_batches_are_found_in_by_the_client_library() {
    let (_broker, kafka) = broker().await;
    let mut config = kafka.config.clone();
    let producer: FutureProducer = config.set("compression.codec", "gzip").create().unwrap();
    let payload = format!(r#"{{"event_type":"packed","filler":"{}"}}"#, "x".repeat(2000));
    producer
        .send(FutureRecord::<[u8], _>::to("shop.view").payload(&payload), PATIENCE)
        .await
        .unwrap();
    let found =
        tokio::task::spawn_blocking(move || search(&kafka, &Filter::of("shop.view", "", "", "packed"), None, LONGEST));
    let found = found.await.unwrap().unwrap();
    assert_eq!(
        (found.found, found.searched()),
        (1, (MESSAGES as u64 + 1, MESSAGES as u64 + 1))
    );
}

/// Downloads the whole topic into a channel that holds so many lines.
async fn download(kafka: Kafka, room: usize, patience: Patience) -> (Result<(), Broken>, Receiver<String>) {
    let (sender, receiver) = channel(room);
    let runtime = Handle::current();
    let filter = Filter::of("shop.view", "", "", "");
    let reading = move || lines(&kafka, &filter, Lines::Messages, (&sender, &runtime), patience);
    (tokio::task::spawn_blocking(reading).await.unwrap(), receiver)
}

#[tokio::test]
async fn a_download_is_whole_or_it_is_an_error() {
    let (_broker, kafka) = broker().await;
    let (done, mut receiver) = download(kafka.clone(), MESSAGES, Patience::DOWNLOAD).await;
    assert!(done.is_ok(), "{done:?}");
    let mut lines = Vec::new();
    assert_eq!(receiver.recv_many(&mut lines, 2 * MESSAGES).await, MESSAGES);

    let hasty = Patience {
        longest: Duration::ZERO,
        ..Patience::DOWNLOAD
    };
    let (done, _receiver) = download(kafka, MESSAGES, hasty).await;
    assert!(matches!(done, Err(Broken::TimeUp(_))), "{done:?}");
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_waited_for_so_long_and_no_longer() {
    let (_broker, kafka) = broker().await;
    let short = Patience {
        stalled: Duration::from_millis(50),
        ..Patience::DOWNLOAD
    };
    let (done, _receiver) = download(kafka, 1, short).await;
    assert!(matches!(done, Err(Broken::Stalled(_))), "{done:?}");
}

#[test]
fn a_window_may_reach_to_the_end_of_time() {
    let window = |until| Window { from: 0, until };
    assert_eq!(window(i64::MAX).end(), i64::MAX);
    assert_eq!(window(41).end(), 42);
}
