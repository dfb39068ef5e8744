//! What is really there: the messages on the topics, the lines in the files, the rows in the table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{Message, Offset, TopicPartitionList};
use schemas::{LogFile, Topic};
use serde_json::Value;
use sqlx::Row;

use super::visitor::Answered;

/// An event as it stands on a topic or in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub event_id: String,
    pub request_id: String,
    pub event_type: String,
    pub phase: String,
    /// The topic, or the file's name.
    pub place: String,
    pub bytes: Vec<u8>,
}

impl Found {
    /// Reads a message; none for one that is no JSON, as a test itself may have sent it.
    fn read(place: &str, bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        Some(Self {
            event_id: text("event_id"),
            request_id: text("request_id"),
            event_type: text("event_type"),
            phase: text("phase"),
            place: place.to_owned(),
            bytes: bytes.to_vec(),
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("was read as JSON before")
    }
}

/// Everything that stands in one place, by event id.
#[derive(Debug, Default)]
pub struct Evidence {
    pub by_id: BTreeMap<String, Vec<Found>>,
}

impl Evidence {
    fn of(found: impl Iterator<Item = Found>) -> Self {
        let mut by_id: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for one in found {
            by_id.entry(one.event_id.clone()).or_default().push(one);
        }
        Self { by_id }
    }

    pub fn doubled(&self) -> Vec<&str> {
        self.by_id
            .iter()
            .filter(|(_, found)| found.len() > 1)
            .map(|(id, _)| id.as_str())
            .collect()
    }
}

/// Reads all topics from their beginning to where they end now.
pub fn topics(kafka: &str) -> Evidence {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "the-test-itself")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer is made");
    let mut assignment = TopicPartitionList::new();
    // What is still to come of each partition: the next offset, and the one where it ends.
    let mut open: BTreeMap<(String, i32), (i64, i64)> = BTreeMap::new();
    for topic in Topic::consumed().map(Topic::name) {
        let metadata = until_it_answers(|| consumer.fetch_metadata(Some(topic), Duration::from_secs(20)));
        for partition in metadata
            .topics()
            .iter()
            .flat_map(MetadataTopic::partitions)
            .map(MetadataPartition::id)
        {
            let (low, high) = until_it_answers(|| consumer.fetch_watermarks(topic, partition, Duration::from_secs(20)));
            if low < high {
                assignment
                    .add_partition_offset(topic, partition, Offset::Offset(low))
                    .expect("an offset is an offset");
                open.insert((topic.to_owned(), partition), (low, high));
            }
        }
    }
    consumer.assign(&assignment).expect("partitions are assigned");
    let mut found = Vec::new();
    let mut last = Instant::now();
    while !open.is_empty() {
        assert!(last.elapsed() < Duration::from_mins(1), "never given: {open:?}");
        let Some(message) = consumer.poll(Duration::from_millis(200)) else {
            continue;
        };
        last = Instant::now();
        let message = message.expect("a message");
        let place = (message.topic().to_owned(), message.partition());
        let Some((next, end)) = open.get_mut(&place) else {
            continue;
        };
        assert_eq!(message.offset(), *next, "offsets of {place:?} are contiguous");
        found.extend(Found::read(message.topic(), message.payload().unwrap_or_default()));
        *next += 1;
        if next == end {
            open.remove(&place);
        }
    }
    Evidence::of(found.into_iter())
}

/// A topic that was just created has no leader for a moment.
pub fn until_it_answers<T>(ask: impl Fn() -> KafkaResult<T>) -> T {
    let since = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => assert!(
                since.elapsed() < Duration::from_secs(30),
                "the broker does not answer: {error}"
            ),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Reads all daily files of the folders; a last line that is still being written does not count.
pub fn files(folders: &[PathBuf]) -> Evidence {
    Evidence::of(folders.iter().flat_map(|folder| lines(folder)))
}

fn lines(folder: &Path) -> Vec<Found> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let managed = |name: &String| {
        let of = |file: LogFile| {
            name.strip_prefix(file.name())
                .is_some_and(|rest| rest.starts_with("-2"))
        };
        Path::new(name).extension().is_some_and(|ending| ending == "log") && LogFile::ALL.into_iter().any(of)
    };
    names.filter(managed).flat_map(|name| lines_of(folder, &name)).collect()
}

fn lines_of(folder: &Path, name: &str) -> Vec<Found> {
    let bytes = match std::fs::read(folder.join(name)) {
        // Retention was faster.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.expect("a daily file is readable"),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    bytes[..whole]
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            Found::read(name, line).unwrap_or_else(|| panic!("{name} holds {:?}", String::from_utf8_lossy(line)))
        })
        .collect()
}

/// How often each event id stands in `user_activity_log`.
pub async fn rows(database: &str) -> BTreeMap<String, usize> {
    let ids: Vec<String> = if database.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(database).await.expect("PostgreSQL answers");
        let rows = sqlx::query("SELECT CAST(event_id AS TEXT) AS id FROM user_activity_log")
            .fetch_all(&pool)
            .await;
        rows.expect("the table is there")
            .iter()
            .map(|row| row.get("id"))
            .collect()
    } else {
        let pool = sqlx::SqlitePool::connect(database).await.expect("SQLite opens");
        let rows = sqlx::query("SELECT event_id AS id FROM user_activity_log")
            .fetch_all(&pool)
            .await;
        rows.expect("the table is there")
            .iter()
            .map(|row| row.get("id"))
            .collect()
    };
    ids.into_iter().fold(BTreeMap::new(), |mut counts, id| {
        *counts.entry(id).or_default() += 1;
        counts
    })
}

/// Everything in one look.
pub struct Everywhere {
    pub topics: Evidence,
    pub files: Evidence,
    pub rows: BTreeMap<String, usize>,
}

impl Everywhere {
    /// Whether every answered request is on its topic, in its file and in the table exactly once; what is wrong, if not.
    pub fn holds_once(&self, answered: &[Answered]) -> Result<(), String> {
        let mut by_request: BTreeMap<(&str, &str, &str), Vec<&Found>> = BTreeMap::new();
        for found in self.topics.by_id.values().filter_map(|found| found.first()) {
            by_request
                .entry((&found.request_id, &found.event_type, &found.phase))
                .or_default()
                .push(found);
        }
        for request in answered {
            let lines = [("request", "started"), ("request", "finished")];
            let activities = request.activities.iter().map(|activity| (activity.name(), ""));
            for (event_type, phase) in lines.into_iter().chain(activities) {
                let found = by_request
                    .get(&(request.request_id.as_str(), event_type, phase))
                    .map_or(&[][..], Vec::as_slice);
                let [one] = found else {
                    return Err(format!(
                        "{} {event_type} {phase} of {} on the topic",
                        found.len(),
                        request.request_id
                    ));
                };
                self.is_kept_once(one)?;
            }
        }
        self.nothing_is_doubled()
    }

    fn is_kept_once(&self, message: &Found) -> Result<(), String> {
        let topic = Topic::from_name(&message.place).ok_or("a topic without a name")?;
        let lines = self.files.by_id.get(&message.event_id).map_or(&[][..], Vec::as_slice);
        let [line] = lines else {
            return Err(format!("{} lines of {}", lines.len(), message.event_id));
        };
        if line.bytes != message.bytes {
            return Err(format!("topic and file differ in {}", message.event_id));
        }
        let day = &message.json()["timestamp"].as_str().unwrap_or_default()[..10].to_owned();
        let name = format!("{}-{day}.log", topic.log_file().map_or("none", LogFile::name));
        if line.place != name {
            return Err(format!(
                "{} stands in {} instead of {name}",
                message.event_id, line.place
            ));
        }
        let rows = self.rows.get(&message.event_id).copied().unwrap_or_default();
        if rows != usize::from(topic.has_rows()) {
            return Err(format!("{rows} rows of {} {}", message.event_type, message.event_id));
        }
        Ok(())
    }

    /// Files and table hold no event twice, answered or not; a relay's repetition on a topic is the same bytes again.
    fn nothing_is_doubled(&self) -> Result<(), String> {
        if let Some(id) = self.files.doubled().first() {
            return Err(format!("{id} stands twice in the files"));
        }
        if let Some((id, count)) = self.rows.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{id} stands {count} times in the table"));
        }
        let differs = |found: &&Vec<Found>| found.iter().any(|one| one.bytes != found[0].bytes);
        match self.topics.by_id.values().find(differs) {
            Some(found) => Err(format!("{} was sent with different bytes", found[0].event_id)),
            None => Ok(()),
        }
    }
}
