//! The world of these tests: a log folder, a database, and sinks that read imagined partitions.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write as _;

use rdkafka::message::{OwnedMessage, Timestamp as KafkaTimestamp};
use schemas::events::{Details, View};
use schemas::record::Fields;
use schemas::{Activity, EventId, InstanceId, SCHEMA_VERSION, Sequence, SessionId, Source, Timestamp, Topic};
use tempfile::TempDir;
use uuid::Uuid;

use crate::assignment::{Assignment, Wish};
use crate::batch::{Added, Batch, Incoming};
use crate::books::{Books, Claim};
use crate::commit::Committer;
use crate::database::DatabaseUrl;
use crate::dead_letter::DeadLetter;
use crate::files::{LogFolder, LogWriter};
use crate::judge::{Reason, Rules};
use crate::kafka::Kafka;
use crate::receipt::Receipt;
use crate::table::Rows;
use crate::trace::Trace;
use crate::{Epoch, Offset, Partition, SinkError, TopicPartition};

pub(super) type Outcome = Result<(), Box<dyn Error>>;

pub(super) const VIEWS: TopicPartition = TopicPartition {
    topic: Topic::View,
    partition: Partition(0),
};

/// A topic without rows.
pub(super) const REQUESTS: TopicPartition = TopicPartition {
    topic: Topic::Request,
    partition: Partition(0),
};

/// A place for logs and a database of its own.
pub(super) struct World {
    folder: TempDir,
    pub database: DatabaseUrl,
}

/// A sink without Kafka: the test hands it messages.
pub(super) struct TestSink {
    pub committer: Committer,
    pub assignment: Assignment,
    database: DatabaseUrl,
    pub rules: Rules,
    /// The partition that it reads.
    pub at: TopicPartition,
}

impl World {
    /// One world for each kind of database that is at hand.
    pub(super) async fn all() -> Result<Vec<Self>, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let sqlite = format!("sqlite:{}", folder.path().join("activity.db").display()).parse()?;
        let mut worlds = vec![Self {
            folder,
            database: sqlite,
        }];
        let Ok(server) = std::env::var("DE_SHOP_TEST_POSTGRES") else {
            let said = "SKIPPED on PostgreSQL: DE_SHOP_TEST_POSTGRES is not set\n";
            assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
            // Past the test harness, which keeps what passing tests print.
            std::io::stderr().write_all(said.as_bytes())?;
            return Ok(worlds);
        };
        let name = format!("sink_{}", Uuid::new_v4().simple());
        let mut db = server.parse::<DatabaseUrl>()?.connect().await?;
        db.run(&format!("CREATE DATABASE {name}")).await?;
        db.close().await;
        let (start, _) = server
            .rsplit_once('/')
            .ok_or("DE_SHOP_TEST_POSTGRES names no database")?;
        worlds.push(Self {
            folder: tempfile::tempdir()?,
            database: format!("{start}/{name}").parse()?,
        });
        Ok(worlds)
    }

    /// A sink with the log folder `logs`, which has taken over `VIEWS`.
    pub(super) async fn sink(&self, logs: &str) -> Result<TestSink, SinkError> {
        let mut sink = self.idle_sink(logs).await?;
        sink.take_over().await?;
        Ok(sink)
    }

    /// A sink that holds nothing yet.
    pub(super) async fn idle_sink(&self, logs: &str) -> Result<TestSink, SinkError> {
        let folder = LogFolder::open(&self.folder.path().join(logs), None)?;
        let books = Books {
            group: "test".to_owned(),
            instance: folder.instance().clone(),
        };
        let mut connection = self.database.connect().await?;
        connection.migrate().await?;
        let kafka = Kafka {
            brokers: "127.0.0.1:1".to_owned(),
            options: Vec::new(),
        };
        let committer = Committer::new(self.database.clone(), connection, books, LogWriter::new(folder), kafka)?;
        let rules = Rules::new(at("2025-05-14T12:00:00.000000Z"), 30, schemas::Zone::UTC);
        Ok(TestSink {
            committer,
            assignment: Assignment::default(),
            database: self.database.clone(),
            rules,
            at: VIEWS,
        })
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The log file, empty when it isn't there.
    pub(super) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Leaves the books as a sink did that kept no marks yet.
    pub(super) async fn forget_marks(&self) -> Result<(), SinkError> {
        let mut db = self.database.connect().await?;
        db.run("UPDATE sink_source SET unmarked_to = last_sequence; DELETE FROM sink_mark")
            .await?;
        db.close().await;
        Ok(())
    }

    /// The sequences in the table, in order.
    pub(super) async fn rows(&self) -> Result<Vec<i64>, SinkError> {
        let mut db = self.database.connect().await?;
        let rows = db
            .rows(
                "SELECT source_sequence FROM user_activity_log ORDER BY source_sequence",
                &[],
            )
            .await?;
        db.close().await;
        rows.iter().map(|row| row.int(0)).collect()
    }
}

impl TestSink {
    pub(super) async fn take_over(&mut self) -> Result<(), SinkError> {
        let claim = Claim {
            at: self.at,
            earliest: Offset(0),
            end: Offset(i64::MAX),
            only_if_ours: false,
        };
        self.assignment = self.committer.take_over(&[claim], None).await?;
        Ok(())
    }

    /// What the loop does after a failure.
    pub(super) async fn take_back(&mut self) -> Result<(), SinkError> {
        let claim = |wish: Wish| Claim {
            at: wish.at,
            earliest: Offset(0),
            end: Offset(i64::MAX),
            only_if_ours: wish.only_if_ours,
        };
        let claims: Vec<_> = self.assignment.wanted_back().into_iter().map(claim).collect();
        self.assignment = self.committer.take_over(&claims, None).await?;
        Ok(())
    }

    pub(super) fn next(&mut self) -> Option<(Offset, Epoch)> {
        self.assignment.get_mut(self.at).map(|held| (held.next, held.epoch))
    }

    /// Sorts the messages out, from the next offset on; answers the batch and why some were refused.
    pub(super) async fn gather(&mut self, values: &[Vec<u8>]) -> (Batch, Vec<Reason>) {
        let mut batch = Batch::new(self.rules, Rows::new(&self.database));
        let mut refused = Vec::new();
        for value in values {
            let mut added = self.add(&mut batch, value);
            if let Added::NotRead(instance, stretch) = &added {
                let read = self
                    .committer
                    .marks(instance, *stretch)
                    .await
                    .expect("the books answer");
                self.assignment.marks.learn(instance, read);
                added = self.add(&mut batch, value);
            }
            let held = self.assignment.get_mut(self.at).expect("the partition is held");
            match added {
                Added::Settled => {}
                Added::NotRead(..) => panic!("the marks were read"),
                Added::Refused(reason) => refused.push(reason),
                Added::Suspect(suspicion) => {
                    let (offset, time) = (held.next.0 - 1, KafkaTimestamp::NotAvailable);
                    let topic = self.at.topic.name().to_owned();
                    let message = OwnedMessage::new(Some(value.clone()), None, topic, time, 0, offset, None);
                    let letter = DeadLetter::new(&message, self.at, suspicion.reason(), self.rules.now);
                    batch.suspect(suspicion, letter, held);
                }
            }
        }
        (batch, refused)
    }

    fn add(&mut self, batch: &mut Batch, value: &[u8]) -> Added {
        let (held, marks) = self.assignment.hold(self.at).expect("the partition is held");
        let incoming = Incoming {
            at: self.at,
            offset: held.next,
            value: Some(value),
            trace: Trace::of(None, None, Some(value)),
        };
        batch.add(incoming, held, marks)
    }

    pub(super) async fn commit(&mut self, values: &[Vec<u8>]) -> Result<Receipt, SinkError> {
        let (mut batch, _) = self.gather(values).await;
        self.expose(&mut batch).await?;
        self.committer.commit(batch).await
    }

    /// Looks into the suspects; answers the offsets of those that are no repetitions.
    pub(super) async fn expose(&mut self, batch: &mut Batch) -> Result<Vec<Offset>, SinkError> {
        let known = self.committer.known(batch).await?;
        batch.expose(&known, &mut self.assignment);
        Ok(batch.dead_letters.iter().map(|letter| letter.offset).collect())
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a moment")
}

/// A view of a page, number `sequence` of the shop's journal.
pub(super) fn view(moment: &str, sequence: u64) -> Vec<u8> {
    let moment = at(moment);
    let activity = Activity {
        timestamp: moment,
        session_id: SessionId([7; 16]),
        visitor_id: None,
        event_type: schemas::EventType::View,
        user_id: None,
        entity_type: None,
        entity_id: None,
        endpoint: "home.index".into(),
        method: "GET".into(),
        path: "/".into(),
        args: Fields::from([("검색".into(), "차 \"한\" 잔".into())]),
        form: Fields::new(),
        ip_address: Some("127.0.0.1".into()),
        user_agent: None,
        bot: None,
        purpose: None,
        referrer: None,
        response_status: Some(200),
        event_id: EventId(Uuid::from_u128(u128::from(sequence))),
        request_id: None,
        page_view_id: None,
        details: Details::View(View {
            page: "home.index".into(),
            product_id: None,
            category_id: None,
            sort: None,
            page_number: None,
            language: "ko".into(),
            campaign: None,
        }),
        schema_version: SCHEMA_VERSION,
        source: None,
    };
    let mut value = Vec::new();
    let source = Source {
        instance: "shop".parse::<InstanceId>().expect("a name"),
        sequence: Sequence(sequence),
    };
    activity.encode().expect("an event").seal_into(&source, &mut value);
    value
}

/// The beginning of a request, number `sequence` of the shop's journal.
pub(super) fn request(moment: &str, sequence: u64) -> Result<Vec<u8>, Box<dyn Error>> {
    let example = include_str!("../../../schemas/examples/request/started.json");
    let mut value: serde_json::Value = serde_json::from_str(example)?;
    value["timestamp"] = moment.into();
    value["event_id"] = Uuid::from_u128(u128::from(sequence)).to_string().into();
    value["source"] = serde_json::json!({ "instance": "shop", "sequence": sequence });
    Ok(value.to_string().into_bytes())
}

/// Another event under the same sequence.
pub(super) fn impostor(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    text.replace("00000000-0000-", "bad00000-0000-").into_bytes()
}

/// The messages as they stand in a file.
pub(super) fn lines(values: &[&[u8]]) -> String {
    values
        .iter()
        .map(|value| String::from_utf8_lossy(value).into_owned() + "\n")
        .collect()
}

/// How many sources the books remember, by instance.
pub(super) fn last_sequences(sink: &mut TestSink) -> HashMap<InstanceId, Sequence> {
    sink.assignment
        .get_mut(sink.at)
        .map(|held| held.seen.clone())
        .unwrap_or_default()
}
