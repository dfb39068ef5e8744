//! Every malformed record that a broker can be made to hold: batches that were written into its segments by hand, drawn from a seed.
//! Nothing panics, nothing stands still but what no client can read, and that is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use schemas::Topic;
use serde_json::Value;

use super::{listed, view};
use crate::operator::readyz;
use crate::world::evidence;
use crate::world::process::PATIENCE;
use crate::world::require::skipped;
use crate::world::servers::BrokerKind;
use crate::world::{Program, World};

/// A sink takes a partition for stuck after 15 seconds, and looks every five.
const NAMED_WITHIN: Duration = Duration::from_mins(1);
const PARTITIONS: i32 = 3;

/// One kind of malice; all of them keep the batch's checksum.
#[derive(Debug, Clone, Copy)]
enum Malice {
    /// The value is longer than its record, or shorter.
    ValueLength(i64),
    KeyLength(i64),
    HeaderCount(i64),
    HeaderNameLength(i64),
    RecordLength(i64),
    /// More or fewer records are announced than there are.
    Records(i32),
    LastDelta(i32),
    /// Codecs, control batches, transactions: whatever the attributes may say.
    Attributes(i16),
    Timestamp(i64),
    /// Bytes of the records are garbage.
    Garbage,
    /// The batch is a good one, and its value is garbage.
    Value,
    /// As it should be, but with a header whose name is no text.
    HeaderName,
    NoValue,
}

impl Malice {
    fn draw(random: &mut StdRng) -> Self {
        let lengths = [-5_000, -2, -1, 0, 1, 7, 5_000, i64::from(i32::MAX), i64::MAX, i64::MIN];
        let length = lengths[random.random_range(0..lengths.len())];
        let count = [-1, 0, 1, 2, 1_000_000, i32::MAX][random.random_range(0..6)];
        match random.random_range(0..13) {
            0 => Self::ValueLength(length),
            1 => Self::KeyLength(length),
            2 => Self::HeaderCount(length),
            3 => Self::HeaderNameLength(length),
            4 => Self::RecordLength(length),
            5 => Self::Records(count),
            6 => Self::LastDelta(count.max(0)),
            7 => Self::Attributes(random.random()),
            8 => Self::Timestamp([i64::MIN, -1, 0, i64::MAX][random.random_range(0..4)]),
            9 => Self::Garbage,
            10 => Self::Value,
            11 => Self::HeaderName,
            _ => Self::NoValue,
        }
    }

    /// A batch of one record at offset 0.
    fn batch(self, random: &mut StdRng) -> Vec<u8> {
        let attributes = if let Self::Attributes(attributes) = self {
            attributes
        } else {
            0
        };
        let records = if let Self::Records(count) = self { count } else { 1 };
        let last_delta = if let Self::LastDelta(delta) = self { delta } else { 0 };
        let timestamp = if let Self::Timestamp(at) = self {
            at
        } else {
            schemas::Clock::system().now().unix_millis()
        };
        let mut covered = attributes.to_be_bytes().to_vec();
        covered.extend(last_delta.to_be_bytes());
        covered.extend(timestamp.to_be_bytes());
        covered.extend(timestamp.to_be_bytes());
        covered.extend((-1_i64).to_be_bytes());
        covered.extend((-1_i16).to_be_bytes());
        covered.extend((-1_i32).to_be_bytes());
        covered.extend(records.to_be_bytes());
        covered.extend(self.record(random));
        let mut batch = 0_i64.to_be_bytes().to_vec();
        batch.extend(i32::try_from(covered.len() + 9).expect("a small batch").to_be_bytes());
        batch.extend(0_i32.to_be_bytes());
        batch.push(2);
        batch.extend(crc32c::crc32c(&covered).to_be_bytes());
        batch.extend(covered);
        batch
    }

    fn record(self, random: &mut StdRng) -> Vec<u8> {
        let garbage: Vec<u8> = (0..random.random_range(0..200)).map(|_| random.random()).collect();
        if let Self::Garbage = self {
            return garbage;
        }
        let (key, name) = (b"key", if let Self::HeaderName = self { b"x\xff" } else { b"ok" });
        let value = if let Self::Value = self {
            garbage
        } else {
            b"not json".to_vec()
        };
        let length = |bytes: &[u8]| i64::try_from(bytes.len()).expect("small");
        let mut body = vec![0];
        zigzag(&mut body, 0);
        zigzag(&mut body, 0);
        zigzag(
            &mut body,
            if let Self::KeyLength(length) = self {
                length
            } else {
                length(key)
            },
        );
        body.extend(key);
        match self {
            Self::NoValue => zigzag(&mut body, -1),
            Self::ValueLength(length) => zigzag(&mut body, length),
            _ => zigzag(&mut body, length(&value)),
        }
        if !matches!(self, Self::NoValue) {
            body.extend(value);
        }
        zigzag(&mut body, if let Self::HeaderCount(count) = self { count } else { 1 });
        zigzag(
            &mut body,
            if let Self::HeaderNameLength(length) = self {
                length
            } else {
                length(name)
            },
        );
        body.extend(name);
        zigzag(&mut body, 1);
        body.push(b'1');
        let mut record = Vec::new();
        zigzag(
            &mut record,
            if let Self::RecordLength(length) = self {
                length
            } else {
                length(&body)
            },
        );
        record.extend(body);
        record
    }
}

fn zigzag(into: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        into.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
        rest >>= 7;
    }
    into.push(u8::try_from(rest).expect("seven bits"));
}

/// The partitions that take malice: all but the last of each topic.
fn poisoned() -> Vec<(Topic, i32)> {
    let topics = Topic::consumed();
    topics
        .flat_map(|topic| (0..PARTITIONS - 1).map(move |partition| (topic, partition)))
        .collect()
}

/// The partition's first segment, which is its only one here.
fn segment(world: &World, topic: Topic, partition: i32) -> PathBuf {
    let folder = world.folder_of(Program::Broker);
    folder.join(format!("{}-{partition}/{:020}.log", topic.name(), 0))
}

/// A view for each partition of the topic of views, and for no other: the others take what is no view as refused.
fn sends_everywhere(world: &World) -> Vec<(i32, Value)> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.broker.address())
        .create()
        .expect("a producer");
    let mut sent = Vec::new();
    for topic in Topic::consumed() {
        for partition in 0..PARTITIONS {
            let event = view(u64::try_from(sent.len() + 1).expect("few"), false);
            let text = event.to_string();
            let record = BaseRecord::<str, str>::to(topic.name())
                .payload(&text)
                .partition(partition);
            producer.send(record).expect("the queue has room");
            if topic == Topic::View {
                sent.push((partition, event));
            }
        }
    }
    producer.flush(PATIENCE).expect("the broker takes them");
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_broker_holds_all_other_partitions_go_on_and_what_stands_still_is_named() {
    let Some(mut world) = World::without_broker("malformed batches") else {
        return;
    };
    if world.broker.kind() != BrokerKind::Embedded {
        skipped(
            "malformed batches",
            "Apache Kafka's own files can't be written under it; what it takes from producers is tried by the poison tests",
        );
        return;
    }
    let seed = std::env::var("DE_SHOP_FAULT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("DE_SHOP_FAULT_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    world.starts(&[Program::Broker, Program::Sink]);
    // The sink makes the topics when it joins.
    let since = Instant::now();
    let are_there = |world: &World| {
        poisoned()
            .iter()
            .all(|(topic, at)| segment(world, *topic, *at).is_file())
    };
    while !are_there(&world) {
        assert!(since.elapsed() < PATIENCE, "the topics are not made");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.kill(Program::Sink);
    world.kill(Program::Broker);
    let mut malices = Vec::new();
    for (topic, partition) in poisoned() {
        let malice = Malice::draw(&mut random);
        fs::write(segment(&world, topic, partition), malice.batch(&mut random)).expect("the malice is done");
        malices.push((format!("{}/{partition}", topic.name()), malice));
    }
    world.starts(&[Program::Broker, Program::Sink]);
    let sent = sends_everywhere(&world);
    let since = Instant::now();
    loop {
        world.assert_alive();
        let (_, said) = readyz(&world.sink_address()).await;
        let said = said.to_string();
        let rows = evidence::rows(&world.database.sink_url()).await;
        let arrived = |event: &Value| rows.contains_key(event["event_id"].as_str().expect("an id"));
        let missing: BTreeSet<_> = sent
            .iter()
            .filter(|(_, event)| !arrived(event))
            .map(|(partition, _)| *partition)
            .collect();
        let unnamed: Vec<_> = missing
            .iter()
            .filter(|partition| !said.contains(&format!("shop.view/{partition}")))
            .collect();
        let passed = listed(&world, &[]).len();
        if unnamed.is_empty() {
            // In its own partition nothing was malformed.
            assert!(!missing.contains(&(PARTITIONS - 1)), "{missing:?}");
            println!(
                "{} partitions with malice, {passed} letters, then: {said}",
                malices.len()
            );
            break;
        }
        assert!(
            since.elapsed() < NAMED_WITHIN,
            "seed {seed}: {unnamed:?} stand still, {malices:?}: {said}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    world.assert_alive();
}
