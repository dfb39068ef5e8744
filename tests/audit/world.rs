//! A data folder as shop, broker and sink leave it, made by hand.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use broker::Broker;
use clap::Parser;
use de_shop::audit::{AuditError, Settings, Verdict, audit};
use journal::{Entry, Journal, Options};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::{Clock, EventId, EventType, Sequence, Source, Timestamp, Topic, Unsealed};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const EVENTS: u64 = 40;
pub(crate) const PARTITIONS: i32 = 3;
pub(crate) const NOW: &str = "2026-03-31T12:00:00.000000Z";

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// A data folder whose journal holds 40 events: views, and a request line for every fourth.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) messages: Vec<(Topic, Vec<u8>)>,
    /// How many of them were sent, by topic and partition.
    pub(crate) sent: Mutex<HashMap<(Topic, i32), i64>>,
    pub(crate) stop: CancellationToken,
    pub(crate) kafka: String,
    pub(crate) broker: tokio::task::JoinHandle<()>,
}

impl World {
    pub(crate) async fn start() -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn makes_topics(&self) {
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
    pub(crate) async fn sends(&self, sequences: impl IntoIterator<Item = u64>, acknowledged: u64) {
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

    pub(crate) fn counts(&self, at: (Topic, i32)) {
        let mut sent = self.sent.lock().expect("the test goes on");
        *sent.entry(at).or_default() += 1;
    }

    pub(crate) fn message(&self, sequence: u64) -> &(Topic, Vec<u8>) {
        &self.messages[usize::try_from(sequence - 1).expect("few messages")]
    }

    pub(crate) async fn database(&self) -> SqliteConnection {
        let path = self.path("activity.db");
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        options.connect().await.expect("a database")
    }

    pub(crate) async fn opens_the_books(&self) {
        let schema = concat!(
            include_str!("../../sink/migrations/sqlite/0001_sink.sql"),
            include_str!("../../sink/migrations/sqlite/0002_position_cluster.sql")
        );
        sqlx::raw_sql(schema)
            .execute(&mut self.database().await)
            .await
            .expect("the sink's tables");
        fs::create_dir(self.path("logs")).expect("a log folder");
        fs::write(self.path("logs/.instance"), "sink-1\n").expect("a name");
    }

    /// The sink's work: a line for each, a row for each view, positions behind `taken` messages of each partition.
    pub(crate) async fn keeps(
        &self,
        sequences: impl IntoIterator<Item = u64>,
        rows: impl IntoIterator<Item = u64>,
        taken: i64,
    ) {
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

    pub(crate) async fn keeps_row(&self, db: &mut SqliteConnection, sequence: u64) {
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
    pub(crate) async fn audited(self) -> Verdict {
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

pub(crate) async fn verdict(arguments: &[&str]) -> Result<Verdict, AuditError> {
    let settings = CommandLine::try_parse_from(arguments).expect("arguments").settings;
    audit(settings, &Clock::standing_at(Timestamp::parse(NOW).expect("a moment"))).await
}

pub(crate) fn event(sequence: u64) -> Unsealed {
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

pub(crate) fn partition_of(sequence: u64) -> i32 {
    i32::try_from(sequence % 3).expect("a small number")
}
