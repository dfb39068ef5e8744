//! The relay against librdkafka's mock cluster: everything arrives, in order, through Kafka's absence.

#![expect(clippy::expect_used, reason = "a test that can't go on says why")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use journal::relay::{Relay, RelayOptions, RelayView};
use journal::{Entry, Holder, Journal, Options};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::RDKafkaApiKey;
use rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE as TOO_LARGE;
use rdkafka::{Offset, TopicPartitionList};
use schemas::{EventId, EventType, Header, Sequence, SessionId, Timestamp, Topic, Unsealed};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const PARTITIONS: i32 = 3;
const PATIENCE: Duration = Duration::from_mins(1);

fn kafka() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).expect("the mock cluster starts");
    // The mock can't create topics on request; that is tried with real brokers.
    for topic in Topic::ALL {
        cluster
            .create_topic(topic.name(), PARTITIONS, 1)
            .expect("the topic is made");
    }
    cluster
}

fn options() -> Options {
    Options {
        segment_bytes: 16 * 1024,
        flush_interval: Duration::from_millis(1),
        ..Options::default()
    }
}

fn append(journal: &Journal, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let event = Unsealed {
            event_type: EventType::View,
            event_id: EventId::at(Timestamp::from_unix_millis_saturating(1_700_000_000_000), [1; 10]),
            timestamp: Timestamp::from_unix_millis_saturating(1_700_000_000_123),
            session_id: Some(SessionId([u8::try_from(number % 50).expect("small"); 16])),
            json: format!(r#"{{"number":{number}}}"#).into_bytes(),
        };
        let sequence = journal.append(&[Entry::observation(&event, Some("00-a-b-01"))]);
        assert_eq!(sequence.expect("there is room"), Sequence(number));
    }
}

struct Running {
    view: RelayView,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(journal: &Journal, brokers: &str) -> Self {
        let relay = Relay::new(journal.clone(), RelayOptions::new(brokers)).expect("the settings are right");
        let (view, stop) = (relay.view(), CancellationToken::new());
        let task = tokio::spawn(relay.run(stop.clone()));
        Self { view, stop, task }
    }

    async fn until(&self, what: &str, reached: impl Fn(&RelayView) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !reached(&self.view) {
            assert!(Instant::now() < end, "{what}: {:?}", self.view.state());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn has_acknowledged(&self, upto: u64) {
        self.until("acknowledged", |view| view.state().acknowledged >= upto)
            .await;
    }

    async fn stops(self) {
        self.stop.cancel();
        self.task.await.expect("the relay ends");
    }
}

#[derive(Debug)]
struct Got {
    key: Vec<u8>,
    value: String,
    timestamp: Option<i64>,
    headers: BTreeMap<String, String>,
}

/// The messages of a topic per partition, as many as are expected.
fn messages(brokers: &str, topic: Topic, expected: usize) -> Vec<Vec<Got>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "test")
        .create()
        .expect("a consumer");
    let mut places = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        places
            .add_partition_offset(topic.name(), partition, Offset::Beginning)
            .expect("a place");
    }
    consumer.assign(&places).expect("assigned");
    let mut got: Vec<Vec<Got>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    let end = Instant::now() + PATIENCE;
    while got.iter().map(Vec::len).sum::<usize>() < expected && Instant::now() < end {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        let message = message.expect("a message");
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).expect("text");
        got[usize::try_from(message.partition()).expect("a partition")].push(Got {
            key: message.key().unwrap_or_default().to_vec(),
            value: text(message.payload()),
            timestamp: message.timestamp().to_millis(),
            headers: headers
                .map(|header| (header.key.to_owned(), text(header.value)))
                .collect(),
        });
    }
    got
}

/// The sequences of each partition are in order, and together they are `1..=last`, each once.
fn assert_complete(partitions: &[Vec<Got>], last: u64) {
    let sequence = |got: &Got| {
        let value: serde_json::Value = serde_json::from_str(&got.value).expect("JSON");
        value["source"]["sequence"].as_u64().expect("a sequence")
    };
    let mut all = Vec::new();
    for partition in partitions {
        let sequences: Vec<u64> = partition.iter().map(sequence).collect();
        assert!(sequences.is_sorted(), "in the order of the journal");
        all.extend(sequences);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=last).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_arrives_once_in_order_with_key_time_and_headers() {
    let kafka = kafka();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    append(&journal, 1..=2000);
    let relay = Running::start(&journal, &kafka.bootstrap_servers());
    relay.has_acknowledged(2000).await;
    append(&journal, 2001..=2010);
    relay.has_acknowledged(2010).await;
    relay.stops().await;
    let partitions = messages(&kafka.bootstrap_servers(), Topic::View, 2010);
    assert_complete(&partitions, 2010);
    for got in partitions.iter().flatten() {
        assert_eq!(got.key.len(), 32);
        assert_eq!(got.timestamp, Some(1_700_000_000_123));
        assert_eq!(got.headers[Header::CeType.name()], "view");
        assert_eq!(got.headers[Header::Schema.name()], "view/1");
        assert_eq!(got.headers[Header::TraceParent.name()], "00-a-b-01");
        assert_eq!(
            got.headers[Header::CeSource.name()],
            format!("de-shop/{}", journal.instance())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_after_the_last_acknowledged_entry() {
    let kafka = kafka();
    let folder = tempfile::tempdir().unwrap();
    for last in [500, 1000, 1500] {
        let journal = Journal::open(folder.path(), options()).unwrap();
        append(&journal, last - 499..=last);
        let relay = Running::start(&journal, &kafka.bootstrap_servers());
        // A stop sends what is there before it ends.
        relay.has_acknowledged(last - 499).await;
        relay.stops().await;
    }
    assert_complete(&messages(&kafka.bootstrap_servers(), Topic::View, 1500), 1500);
}

/// A shop that was killed had not seen every acknowledgement: its cursor stands before what is on the topics.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_its_topic_already_is_not_sent_again() {
    let kafka = kafka();
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for (more, acknowledged) in [(3_000, 0), (200, 2_500), (10, 3_205)] {
        let journal = Journal::open(folder.path(), options()).unwrap();
        append(&journal, last + 1..=last + more);
        last += more;
        let relay = Running::start(&journal, &kafka.bootstrap_servers());
        relay.has_acknowledged(last).await;
        relay.stops().await;
        drop(journal);
        cursor_says(folder.path(), acknowledged).unwrap();
    }
    let journal = Journal::open(folder.path(), options()).unwrap();
    append(&journal, last + 1..=last + 1);
    let relay = Running::start(&journal, &kafka.bootstrap_servers());
    relay.has_acknowledged(last + 1).await;
    relay.stops().await;
    // One more than there should be is waited for in vain, for a moment.
    assert_complete(&messages(&kafka.bootstrap_servers(), Topic::View, 3_211), 3_211);
}

/// The cursor's file as a kill leaves it: one slot.
fn cursor_says(folder: &std::path::Path, acknowledged: u64) -> std::io::Result<()> {
    let mut slot = acknowledged.to_le_bytes().to_vec();
    slot.extend(crc32c::crc32c(&slot).to_le_bytes());
    slot.resize(16, 0);
    std::fs::write(folder.join("cursor"), slot)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_kafka_away_entries_wait_and_then_all_arrive_once() {
    let kafka = kafka();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let relay = Running::start(&journal, &kafka.bootstrap_servers());
    append(&journal, 1..=300);
    relay.has_acknowledged(300).await;
    kafka.broker_down(-1).unwrap();
    append(&journal, 301..=1000);
    relay.until("trouble", |view| view.state().trouble.is_some()).await;
    assert_eq!(relay.view.state().acknowledged, 300);
    kafka.broker_up(-1).unwrap();
    relay.has_acknowledged(1000).await;
    assert!(relay.view.state().trouble.is_none());
    relay.stops().await;
    assert_complete(&messages(&kafka.bootstrap_servers(), Topic::View, 1000), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_starts_without_kafka_catches_up_when_it_comes() {
    let kafka = kafka();
    kafka.broker_down(-1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let relay = Running::start(&journal, &kafka.bootstrap_servers());
    append(&journal, 1..=100);
    relay.until("trouble", |view| view.state().trouble.is_some()).await;
    kafka.broker_up(-1).unwrap();
    relay.has_acknowledged(100).await;
    relay.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kafka_has_acknowledged_leaves_the_journal() {
    let kafka = kafka();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    journal.release(Holder::Outbox, Sequence(u64::MAX));
    append(&journal, 1..=1000);
    let before = journal.state().bytes;
    let relay = Running::start(&journal, &kafka.bootstrap_servers());
    relay.has_acknowledged(1000).await;
    relay.until("room", |_| journal.state().bytes < before / 2).await;
    relay.stops().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_kafka_that_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    append(&journal, 1..=10);
    // A port that nobody listens on: this process held it and gave it back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let relay = Running::start(&journal, &format!("127.0.0.1:{port}"));
    relay.until("trouble", |view| view.state().trouble.is_some()).await;
    let begun = Instant::now();
    relay.stops().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_setting_that_librdkafka_does_not_know_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let mut options = RelayOptions::new("127.0.0.1:1");
    options.extra.push(("no.such.setting".to_owned(), "1".to_owned()));
    assert!(Relay::new(journal, options).is_err());
}

/// The producer tells of its own end before it tells of the message, and of those behind it before the one that was refused.
#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_for_its_size_makes_batches_smaller_until_the_message_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let cluster = kafka();
    cluster.request_errors(RDKafkaApiKey::Produce, &[TOO_LARGE; 1000]);
    append(&journal, 1..=300);
    let running = Running::start(&journal, &cluster.bootstrap_servers());
    let said = |view: &RelayView| view.state().trouble.map(|trouble| trouble.what).unwrap_or_default();
    running
        .until("the message is named", |view| {
            said(view).contains("raise max.message.bytes")
        })
        .await;
    let (said, restarts) = (said(&running.view), running.view.state().restarts);
    assert!(
        said.contains("MessageSizeTooLarge") && said.contains("for shop.view"),
        "{said}"
    );
    // Seven steps from a megabyte to one message, and the few times after which it is a trouble.
    assert!(restarts <= 7 + 4, "it began again {restarts} times");
    cluster.clear_request_errors(RDKafkaApiKey::Produce);
    running.has_acknowledged(300).await;
    running.stops().await;
    let got = messages(&cluster.bootstrap_servers(), Topic::View, 300);
    assert_eq!(got.iter().map(Vec::len).sum::<usize>(), 300);
}
