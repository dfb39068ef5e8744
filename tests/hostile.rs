//! Whatever a producer sends, each message is in the dead-letter topic with its cause, or in file and table, never both, never
//! neither; and the sink stays up, unless nothing good comes at all.

mod generator;
mod malice;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header as KafkaHeader, Headers, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use schemas::{Clock, Header, Topic};
use sqlx::Row;

use crate::bad_input::dead_letters;
use crate::world::evidence::Everywhere;
use crate::world::process::PATIENCE;
use crate::world::{Program, World};
use generator::{Fate, Generator, Message};
use malice::Malice;

const MESSAGES: usize = 100_000;
const SEED: u64 = 20_260_514;

/// Where a message stands.
type Place = (String, i32, i64);

/// Notes where each message came to stand.
#[derive(Default)]
struct Receipts(Mutex<HashMap<Place, usize>>);

impl ClientContext for Receipts {}

impl ProducerContext for Receipts {
    type DeliveryOpaque = usize;

    fn delivery(&self, delivered: &DeliveryResult<'_>, index: usize) {
        match delivered {
            Ok(message) => {
                let place = (message.topic().to_owned(), message.partition(), message.offset());
                let before = self.0.lock().expect("nobody panics here").insert(place, index);
                assert_eq!(before, None, "two messages in one place");
            }
            Err((error, _)) => panic!("message {index} is not taken: {error}"),
        }
    }
}

/// A plain Kafka producer that keeps the order.
fn producer(kafka: &str) -> BaseProducer<Receipts> {
    ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("enable.idempotence", "true")
        .set("message.max.bytes", "4000000")
        .set("queue.buffering.max.kbytes", "65536")
        .set("linger.ms", "20")
        .create_with_context(Receipts::default())
        .expect("a producer")
}

fn send(producer: &BaseProducer<Receipts>, index: usize, message: &Message) {
    let headers = message
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(KafkaHeader {
                key,
                value: Some(value),
            })
        });
    let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(message.topic.name(), index)
        .partition(message.partition)
        .headers(headers);
    record.key = message.key.as_deref();
    record.payload = message.value.as_deref();
    loop {
        match producer.send(record) {
            Ok(()) => break,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                record = again;
                producer.poll(Duration::from_millis(20));
            }
            Err((error, _)) => panic!("{:?}: {error}", message.malice),
        }
    }
    producer.poll(Duration::ZERO);
}

/// A world with broker and sink, and its topics.
async fn world(test: &str, settings: &[(&'static str, &str)]) -> Option<World> {
    let mut world = World::without_broker(test)?;
    world.sink_settings = settings
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    world.restart(Program::Broker);
    world.restart(Program::Sink);
    // A look waits until every topic is there.
    world.look().await;
    Some(world)
}

/// Waits until the sink has passed everything that was sent.
async fn passes(world: &mut World, messages: usize) {
    let since = Instant::now();
    loop {
        world.assert_alive();
        let passed = passed(&world.database.sink_url()).await;
        if passed == i64::try_from(messages).expect("few messages") {
            return;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "the sink passed {passed} of {messages} messages"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn passed(database: &str) -> i64 {
    let sql = "SELECT CAST(COALESCE(SUM(next_offset), 0) AS BIGINT) FROM sink_position";
    if database.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(database).await.expect("PostgreSQL answers");
        sqlx::query(sql).fetch_one(&pool).await.expect("the positions").get(0)
    } else {
        let pool = sqlx::SqlitePool::connect(database).await.expect("SQLite opens");
        sqlx::query(sql).fetch_one(&pool).await.expect("the positions").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_100_000_hostile_messages_is_a_dead_letter_or_kept_and_never_both() {
    let Some(mut world) = world("100,000 hostile messages", &[]).await else {
        return;
    };
    let producer = producer(&world.broker.address());
    let mut generator = Generator::new(SEED, Clock::system().now());
    let mut messages = Vec::with_capacity(MESSAGES);
    for index in 0..MESSAGES {
        let message = generator.next(index);
        send(&producer, index, &message);
        messages.push(message);
        if index == MESSAGES / 2 {
            world.kill(Program::Sink);
            world.restart(Program::Sink);
        }
    }
    producer.flush(PATIENCE).expect("the broker takes them");
    passes(&mut world, MESSAGES).await;

    let address = world.broker.address();
    let letters = tokio::task::spawn_blocking(move || dead_letters(&address));
    let letters = by_origin(letters.await.expect("reading does not panic"));
    let everywhere = world.look().await;
    let places = producer.context().0.lock().expect("nobody panics here");
    assert_eq!(places.len(), MESSAGES);
    let (mut fates, mut wrongs) = (BTreeMap::<Malice, usize>::new(), Vec::new());
    for (place, index) in places.iter() {
        let message = &messages[*index];
        *fates.entry(message.malice).or_default() += 1;
        if let Err(wrong) = holds(message, letters.get(place).map_or(&[], Vec::as_slice), &everywhere) {
            wrongs.push(format!("{:?} at {place:?}: {wrong}", message.malice));
        }
    }
    assert!(
        wrongs.is_empty(),
        "{} are wrong, among them:\n{}",
        wrongs.len(),
        wrongs[..wrongs.len().min(20)].join("\n")
    );
    assert_eq!(fates.len(), Malice::ALL.len(), "every kind was sent: {fates:?}");
    nothing_else(&messages, letters.len(), &everywhere);
    world.assert_alive();
}

/// Whether the message is where it must be, and nowhere else.
fn holds(message: &Message, letters: &[OwnedMessage], everywhere: &Everywhere) -> Result<(), String> {
    match (&message.fate, letters) {
        (Fate::Refused(kind), [letter]) => {
            let reason = own(letter, Header::DeadLetterReason).unwrap_or_default();
            if !reason.starts_with(&format!("{kind}: ")) {
                return Err(format!("refused as {reason:?} instead of {kind}"));
            }
            if own(letter, Header::DeadLetterValue).as_deref() == Some("at_origin") {
                let is_huge = message.value.as_ref().is_some_and(|value| value.len() > 1_000_000);
                return if is_huge {
                    Ok(())
                } else {
                    Err("its value is left out".to_owned())
                };
            }
            let same = letter.key() == message.key.as_deref() && letter.payload() == message.value.as_deref();
            if same {
                Ok(())
            } else {
                Err("its letter has other bytes".to_owned())
            }
        }
        (Fate::Kept(id), []) => {
            let lines = everywhere.files.by_id.get(id).map_or(&[][..], Vec::as_slice);
            let rows = everywhere.rows.get(id).copied().unwrap_or_default();
            let [line] = lines else {
                return Err(format!("{} lines", lines.len()));
            };
            if Some(line.bytes.as_slice()) != message.value.as_deref() {
                return Err("its line has other bytes".to_owned());
            }
            if rows != usize::from(message.topic.has_rows()) {
                return Err(format!("{rows} rows"));
            }
            Ok(())
        }
        (Fate::Skipped, []) => Ok(()),
        (fate, letters) => Err(format!("{} letters, and its fate is {fate:?}", letters.len())),
    }
}

/// Files, table and dead letters hold as many as were meant for them.
fn nothing_else(messages: &[Message], letters: usize, everywhere: &Everywhere) {
    let count = |wanted: &dyn Fn(&Message) -> bool| messages.iter().filter(|message| wanted(message)).count();
    let is_kept = |message: &Message| matches!(message.fate, Fate::Kept(_));
    assert_eq!(letters, count(&|message| matches!(message.fate, Fate::Refused(_))));
    assert_eq!(
        everywhere.files.by_id.values().map(Vec::len).sum::<usize>(),
        count(&is_kept)
    );
    assert_eq!(
        everywhere.rows.values().sum::<usize>(),
        count(&|message| is_kept(message) && message.topic.has_rows())
    );
}

fn own(letter: &OwnedMessage, name: Header) -> Option<String> {
    let found = letter
        .headers()?
        .iter()
        .filter(|header| header.key == name.name())
        .last()?;
    String::from_utf8(found.value?.to_vec()).ok()
}

fn by_origin(letters: Vec<OwnedMessage>) -> HashMap<Place, Vec<OwnedMessage>> {
    let mut by_origin: HashMap<Place, Vec<OwnedMessage>> = HashMap::new();
    for letter in letters {
        let number = |name| own(&letter, name).and_then(|text| text.parse().ok());
        let place = (
            own(&letter, Header::DeadLetterTopic).expect("a letter names its topic"),
            i32::try_from(number(Header::DeadLetterPartition).expect("a partition")).expect("a partition"),
            number(Header::DeadLetterOffset).expect("an offset"),
        );
        by_origin.entry(place).or_default().push(letter);
    }
    by_origin
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_bad_messages_stop_the_sink_where_it_loses_nothing() {
    const BAD: usize = 2_000;
    let Some(mut world) = world("nothing but bad messages", &[("SINK_MAX_BAD_RUN", "300")]).await else {
        return;
    };
    let producer = producer(&world.broker.address());
    let mut generator = Generator::new(SEED, Clock::system().now());
    let mut wanted = |malice| {
        let message = generator.message(malice);
        Message {
            topic: Topic::View,
            partition: 0,
            ..message
        }
    };
    let mut messages: Vec<Message> = Vec::new();
    for index in 0..BAD {
        messages.push(wanted(
            [Malice::NotJson, Malice::Tombstone, Malice::RandomBytes][index % 3],
        ));
    }
    for (index, message) in messages.iter().enumerate() {
        send(&producer, index, message);
    }
    producer.flush(PATIENCE).expect("the broker takes them");
    world.gives_up(Program::Sink);
    let stopped_at = passed(&world.database.sink_url()).await;
    // A sink that is started again with nothing mended gets no further than one limit.
    world.restart(Program::Sink);
    world.gives_up(Program::Sink);
    let stopped_again_at = passed(&world.database.sink_url()).await;
    assert!(
        stopped_at <= stopped_again_at && stopped_again_at < 300,
        "{stopped_at} {stopped_again_at}"
    );

    let good = wanted(Malice::UnknownFields);
    let good = Message {
        value: Some(generator.good(Topic::View).to_string().into_bytes()),
        ..good
    };
    send(&producer, BAD, &good);
    producer.flush(PATIENCE).expect("the broker takes it");
    world.sink_settings = vec![("SINK_MAX_BAD_RUN", "0".to_owned())];
    world.restart(Program::Sink);
    passes(&mut world, BAD + 1).await;
    let address = world.broker.address();
    let letters = tokio::task::spawn_blocking(move || dead_letters(&address));
    let letters = by_origin(letters.await.expect("reading does not panic"));
    let offsets = 0..i64::try_from(BAD).expect("few messages");
    for offset in offsets {
        let found = letters
            .get(&(Topic::View.name().to_owned(), 0, offset))
            .map_or(0, Vec::len);
        assert_eq!(found, 1, "letters of offset {offset}");
    }
    let everywhere = world.look().await;
    assert_eq!((everywhere.files.by_id.len(), everywhere.rows.len()), (1, 1));
}
