//! The ledger over a real journal, a real broker, files and a database as the sink leaves them.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use clap::Parser;
use de_shop::audit::{AuditError, HopVerdict, Settings, Verdict, audit};
use de_shop::broker::{self, Broker};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::{Clock, EventId, EventType, Sequence, Source, Timestamp, Topic, Unsealed};
use shop::journal::{Entry, Journal, Options};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const EVENTS: u64 = 40;
const PARTITIONS: i32 = 3;
const NOW: &str = "2026-03-31T12:00:00.000000Z";

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// A data folder whose journal holds 40 events: views, and a request line for every fourth.
struct World {
    folder: TempDir,
    messages: Vec<(Topic, Vec<u8>)>,
    /// How many of them were sent, by topic and partition.
    sent: Mutex<HashMap<(Topic, i32), i64>>,
    stop: CancellationToken,
    kafka: String,
    broker: tokio::task::JoinHandle<()>,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(&folder.path().join("journal"), Options::default()).expect("a journal");
        let mut messages = Vec::new();
        for sequence in 1..=EVENTS {
            let event = event(sequence);
            journal
                .append(&[Entry::observation(&event, None)])
                .expect("room in the journal");
            let source = Source {
                instance: journal.instance().clone(),
                sequence: Sequence(sequence),
            };
            let mut value = Vec::new();
            event.seal_into(&source, &mut value);
            messages.push((event.event_type.topic(), value));
        }
        let settings = broker::Settings {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data: folder.path().join("kafka"),
            ..broker::Settings::default()
        };
        let broker = Broker::bind(settings).await.expect("the broker starts");
        let (kafka, stop) = (broker.address().to_string(), CancellationToken::new());
        let stopped = stop.clone();
        let broker = tokio::spawn(async move { broker.run(stopped).await.expect("the broker runs") });
        let world = Self {
            folder,
            messages,
            sent: Mutex::default(),
            stop,
            kafka,
            broker,
        };
        world.makes_topics().await;
        world.opens_the_books().await;
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn makes_topics(&self) {
        let admin: AdminClient<_> = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka)
            .create()
            .expect("an admin client");
        let topics = Topic::ALL.map(|topic| NewTopic::new(topic.name(), PARTITIONS, TopicReplication::Fixed(1)));
        let made = admin
            .create_topics(&topics, &AdminOptions::new())
            .await
            .expect("the broker answers");
        for topic in made {
            topic.expect("a topic is made");
        }
    }

    /// The relay's work: each message to the partition of its sequence, then the cursor.
    async fn sends(&self, sequences: impl IntoIterator<Item = u64>, acknowledged: u64) {
        let producer: FutureProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka)
            .create()
            .expect("a producer");
        for sequence in sequences {
            let (topic, value) = self.message(sequence);
            let record = FutureRecord::<(), _>::to(topic.name())
                .payload(value)
                .partition(partition_of(sequence));
            self.counts((*topic, partition_of(sequence)));
            producer
                .send(record, Duration::from_secs(10))
                .await
                .expect("a delivery");
        }
        let mut slot = acknowledged.to_le_bytes().to_vec();
        slot.extend(crc32c::crc32c(&slot).to_le_bytes());
        slot.resize(16, 0);
        fs::write(self.path("journal/cursor"), slot).expect("a cursor");
    }

    fn counts(&self, at: (Topic, i32)) {
        let mut sent = self.sent.lock().expect("the test goes on");
        *sent.entry(at).or_default() += 1;
    }

    fn message(&self, sequence: u64) -> &(Topic, Vec<u8>) {
        &self.messages[usize::try_from(sequence - 1).expect("few messages")]
    }

    async fn database(&self) -> SqliteConnection {
        let path = self.path("activity.db");
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        options.connect().await.expect("a database")
    }

    async fn opens_the_books(&self) {
        let schema = concat!(
            include_str!("../sink/migrations/sqlite/0001_sink.sql"),
            include_str!("../sink/migrations/sqlite/0002_position_cluster.sql")
        );
        sqlx::raw_sql(schema)
            .execute(&mut self.database().await)
            .await
            .expect("the sink's tables");
        fs::create_dir(self.path("logs")).expect("a log folder");
        fs::write(self.path("logs/.instance"), "sink-1\n").expect("a name");
    }

    /// The sink's work: a line for each, a row for each view, positions behind `taken` messages of each partition.
    async fn keeps(&self, sequences: impl IntoIterator<Item = u64>, rows: impl IntoIterator<Item = u64>, taken: i64) {
        let mut lines = [(Topic::View, Vec::new()), (Topic::Request, Vec::new())];
        for sequence in sequences {
            let (topic, value) = self.message(sequence);
            let file = &mut lines.iter_mut().find(|(of, _)| of == topic).expect("two topics").1;
            file.extend_from_slice(value);
            file.push(b'\n');
        }
        let mut db = self.database().await;
        for (topic, mut bytes) in lines {
            let family = topic.log_file().expect("a file");
            let name = family.file_name(time::macros::date!(2026 - 03 - 31));
            let sql = "INSERT INTO sink_file VALUES ('sink-1', $1, $2)";
            let length = i64::try_from(bytes.len()).expect("a small file");
            sqlx::query(sql)
                .bind(&name)
                .bind(length)
                .execute(&mut db)
                .await
                .expect("a length");
            // What a sink that was killed had not committed.
            bytes.extend_from_slice(&self.message(1).1);
            bytes.push(b'\n');
            fs::write(self.path("logs").join(name), bytes).expect("a daily file");
            for partition in 0..PARTITIONS {
                let sql = "INSERT INTO sink_position VALUES ('de-shop-sink', $1, $2, 1, $3, 0, NULL, 'sink-1', NULL)";
                let sent = self
                    .sent
                    .lock()
                    .expect("the test goes on")
                    .get(&(topic, partition))
                    .copied();
                let position = sqlx::query(sql)
                    .bind(topic.name())
                    .bind(partition)
                    .bind(taken.min(sent.unwrap_or(0)));
                position.execute(&mut db).await.expect("a position");
            }
        }
        for sequence in rows {
            if self.message(sequence).0 == Topic::View {
                self.keeps_row(&mut db, sequence).await;
            }
        }
    }

    async fn keeps_row(&self, db: &mut SqliteConnection, sequence: u64) {
        let event = event(sequence);
        let sql = "INSERT INTO user_activity_log (event_time, event_id, session_id, activity_type, endpoint, method, path, args, form, \
                   details, source_instance, source_sequence, kafka_topic, kafka_partition, kafka_offset) \
                   VALUES ($1, $2, '', 'view', '', '', '', '{}', '{}', '{}', $3, $4, 'shop.view', 0, 0)";
        let row = sqlx::query(sql)
            .bind(event.timestamp.to_string())
            .bind(event.event_id.to_string());
        let instance = fs::read_to_string(self.path("journal/instance")).expect("a name");
        let instance = instance.split(' ').next().expect("a name").to_owned();
        let row = row
            .bind(instance)
            .bind(i64::try_from(sequence).expect("a small number"));
        row.execute(db).await.expect("a row");
    }

    /// Audits the data folder, and the same by the broker's own protocol; both must say the same.
    async fn audited(self) -> Verdict {
        let data = self.folder.path().to_str().expect("a plain path");
        let by_server = verdict(&["audit", "--data", data, "--kafka", &self.kafka])
            .await
            .expect("an audit");
        let while_it_runs = verdict(&["audit", "--data", data]).await.expect("an audit");
        self.stop.cancel();
        self.broker.await.expect("the broker stops");
        let after_the_fact = verdict(&["audit", "--data", data]).await.expect("an audit");
        assert_eq!(by_server, while_it_runs);
        assert_eq!(by_server, after_the_fact);
        by_server
    }
}

async fn verdict(arguments: &[&str]) -> Result<Verdict, AuditError> {
    let settings = CommandLine::try_parse_from(arguments).expect("arguments").settings;
    audit(settings, &Clock::standing_at(Timestamp::parse(NOW).expect("a moment"))).await
}

fn event(sequence: u64) -> Unsealed {
    let event_type = if sequence.is_multiple_of(4) {
        EventType::Request
    } else {
        EventType::View
    };
    let timestamp = Timestamp::parse(NOW).expect("a moment");
    let event_id = EventId::at(timestamp, [u8::try_from(sequence).expect("few events"); 10]);
    let json = format!(r#"{{"timestamp":"{timestamp}","event_id":"{event_id}","details":{{}}}}"#);
    Unsealed {
        event_type,
        event_id,
        timestamp,
        session_id: None,
        json: json.into_bytes(),
    }
}

fn partition_of(sequence: u64) -> i32 {
    i32::try_from(sequence % 3).expect("a small number")
}

fn hop<'a>(verdict: &'a Verdict, name: &str) -> &'a HopVerdict {
    let hops = &verdict.instances.first().expect("an instance").hops;
    hops.iter().find(|hop| hop.hop == name).expect("the hop was looked at")
}

fn lost(verdict: &Verdict, name: &str) -> Vec<(u64, u64)> {
    hop(verdict, name)
        .lost_ranges
        .iter()
        .map(|range| (range.first, range.last))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_on_which_nothing_is_missing_holds() {
    let world = World::start().await;
    world.sends(1..=EVENTS, EVENTS).await;
    world.keeps(1..=EVENTS, 1..=EVENTS, 40).await;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    let found = ["journal", "topics", "files", "table"].map(|name| hop(&verdict, name).found);
    assert_eq!(found, [40, 40, 40, 30]);
    assert_eq!(verdict.exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_or_doubled_is_named_in_its_hop() {
    let world = World::start().await;
    world
        .sends((1..=EVENTS).filter(|sequence| *sequence != 7), EVENTS)
        .await;
    let kept = |gone: &'static [u64]| (1..=EVENTS).filter(move |sequence| !gone.contains(sequence));
    world.keeps(kept(&[7, 21, 22]), kept(&[7, 30]).chain([31]), 40).await;
    let verdict = world.audited().await;
    assert_eq!(lost(&verdict, "journal"), []);
    assert_eq!(lost(&verdict, "topics"), [(7, 7)]);
    assert_eq!(lost(&verdict, "files"), [(21, 22)]);
    assert_eq!(lost(&verdict, "table"), [(30, 30)]);
    let doubled = &hop(&verdict, "table").doubled_events;
    assert_eq!(
        doubled.iter().map(|doubled| doubled.event_id).collect::<Vec<_>>(),
        [event(31).event_id.0]
    );
    assert_eq!(verdict.exit_code(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_on_its_way_is_behind_and_not_lost() {
    let world = World::start().await;
    // The relay says 30, and 31 and 33 have arrived, too; the sink has taken 5 messages of each partition.
    world.sends((1..=31).chain([33]), 30).await;
    let taken = |topic: Topic| {
        let mut counts = [0; 3];
        (1..=31_u64).filter(move |sequence| {
            let is_of = event(*sequence).event_type.topic() == topic;
            let count = &mut counts[usize::try_from(partition_of(*sequence)).expect("three partitions")];
            *count += u8::from(is_of);
            is_of && *count <= 5
        })
    };
    let lines: Vec<_> = taken(Topic::View).chain(taken(Topic::Request)).collect();
    world.keeps(lines.clone(), lines.clone(), 5).await;
    let kept = lines.len() as u64;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    assert_eq!((hop(&verdict, "topics").found, hop(&verdict, "topics").behind), (32, 8));
    assert_eq!(
        (hop(&verdict, "files").found, hop(&verdict, "files").behind),
        (kept, 32 - kept)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_and_a_repetition_are_no_losses() {
    let world = World::start().await;
    world.sends((1..=EVENTS).chain([38, 39, 40]), EVENTS).await;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &world.kafka)
        .create()
        .expect("a producer");
    let letter = FutureRecord::<(), _>::to(Topic::DeadLetter.name()).payload(&world.message(13).1);
    producer
        .send(letter, Duration::from_secs(10))
        .await
        .expect("a delivery");
    let kept = (1..=EVENTS).filter(|sequence| *sequence != 13);
    world.keeps(kept.clone(), kept, 40).await;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    assert_eq!(hop(&verdict, "topics").repeated, 3);
    assert_eq!(
        (
            hop(&verdict, "files").dead_lettered,
            hop(&verdict, "table").dead_lettered
        ),
        (1, 1)
    );
}

/// The broker's process may go on: a folder is audited as it lies.
async fn in_folder(world: &World, more: &[&str]) -> Result<Verdict, AuditError> {
    let data = world.folder.path().to_str().expect("a plain path");
    verdict(&[&["audit", "--data", data], more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_data_folder_that_is_taken_away_or_cut_is_told() {
    let world = World::start().await;
    world.sends(1..=EVENTS, EVENTS).await;
    world.keeps(1..=EVENTS, 1..=EVENTS, 40).await;
    assert!(in_folder(&world, &[]).await.expect("an audit").holds);
    for hop in ["journal", "kafka", "logs", "activity.db"] {
        fs::rename(world.path(hop), world.path("elsewhere")).expect("it is moved");
        let error = in_folder(&world, &[]).await.expect_err("a hop is missing");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(hop), "{error}");
        fs::rename(world.path("elsewhere"), world.path(hop)).expect("it is moved back");
    }
    let error = in_folder(&world, &["--group", "other"])
        .await
        .expect_err("nobody's positions");
    assert!(
        error.exit_code() == 2 && error.to_string().starts_with("--group"),
        "{error}"
    );
    for name in ["app-2026-03-31.log", "user_activity-2026-03-31.log"] {
        let (path, bytes) = (
            world.path("logs").join(name),
            fs::read(world.path("logs").join(name)).expect("a file"),
        );
        for left in [None, Some(0), Some(bytes.len() / 2)] {
            match left {
                None => fs::remove_file(&path).expect("it is removed"),
                Some(left) => fs::write(&path, &bytes[..left]).expect("it is cut"),
            }
            let verdict = in_folder(&world, &[]).await.expect("an audit");
            assert!(!verdict.holds, "{name}, {left:?}");
            assert_eq!(verdict.faults.cut_files.len(), 1, "{name}, {left:?}: {verdict:?}");
            assert_eq!(verdict.faults.cut_files[0].found, left.map(|left| left as u64));
        }
        fs::write(&path, &bytes).expect("it is put back");
    }
    assert!(in_folder(&world, &[]).await.expect("an audit").holds);
}

#[tokio::test]
async fn what_can_not_be_audited_exits_with_2_and_names_the_setting() {
    let nowhere = Path::new("/nonexistent/de-shop");
    let nowhere = nowhere.to_str().expect("a plain path");
    for setting in ["--data", "--journal", "--logs"] {
        let error = verdict(&["audit", setting, nowhere])
            .await
            .expect_err("there is nothing");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().starts_with(setting), "{error}");
    }
    let error = verdict(&["audit", "--database", "mysql://x"])
        .await
        .expect_err("not served");
    assert!(error.to_string().starts_with("--database"), "{error}");
}
