//! Messages that a careless or hostile producer could send, and good ones between them; each knows what must become of it.
//! The same seed gives the same messages, but for the moment to which their timestamps belong.

use std::collections::HashMap;
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use schemas::{EventId, Timestamp, Topic};
use serde_json::{Value, json};

use super::malice::{self, Malice};

const PARTITIONS: i32 = 3;

/// What must become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// In its file once and, where its topic has rows, in the table once.
    Kept(String),
    /// In the dead-letter topic once, with this kind of reason.
    Refused(&'static str),
    /// Neither: the very same message stood before it.
    Skipped,
}

#[derive(Debug)]
pub struct Message {
    pub malice: Malice,
    pub topic: Topic,
    pub partition: i32,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub fate: Fate,
}

pub struct Generator {
    pub random: StdRng,
    pub now: Timestamp,
    examples: HashMap<Topic, Vec<Value>>,
    sequence: u64,
    /// The last good message of each partition.
    kept: HashMap<(Topic, i32), Value>,
}

impl Generator {
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let mut examples: HashMap<Topic, Vec<Value>> = HashMap::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the examples")
            .flat_map(|kind| std::fs::read_dir(kind.expect("a folder").path()).expect("a folder"))
            .map(|file| file.expect("a file").path())
            .collect();
        files.sort();
        for file in files {
            let value: Value = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
            let topic = Topic::consumed().find(|topic| {
                schemas::EventType::ALL
                    .into_iter()
                    .any(|kind| kind.topic() == *topic && value["event_type"] == kind.name())
            });
            examples.entry(topic.expect("a topic")).or_default().push(value);
        }
        Self {
            random: StdRng::seed_from_u64(seed),
            now,
            examples,
            sequence: 0,
            kept: HashMap::new(),
        }
    }

    /// The next message: every third is bad or strange in one of the ways of [`Malice`], now and then a hundred in a row.
    pub fn next(&mut self, index: usize) -> Message {
        let malicious = (index / 100).is_multiple_of(7) || self.random.random_bool(0.4);
        let malice = if malicious {
            *Malice::ALL.choose(&mut self.random).expect("some malice")
        } else {
            Malice::None
        };
        // A megabyte each: a few are enough.
        let malice = match malice {
            Malice::HugeGarbage | Malice::HugeButGood if self.random.random_bool(0.985) => Malice::None,
            other => other,
        };
        self.message(malice)
    }

    pub fn message(&mut self, malice: Malice) -> Message {
        let topics: Vec<_> = Topic::consumed().collect();
        let topic = match *topics.choose(&mut self.random).expect("a topic") {
            // What a compacted topic still holds is never too old.
            compacted if compacted.is_compacted() && matches!(malice, Malice::OldAge | Malice::Year0) => Topic::View,
            topic => topic,
        };
        let partition = self.random.random_range(0..PARTITIONS);
        let mut message = Message {
            malice,
            topic,
            partition,
            key: Some(b"4512dddf78e5682f4e94ca7700e0aefa".to_vec()),
            value: None,
            headers: Vec::new(),
            fate: Fate::Skipped,
        };
        let event = self.good(topic);
        malice::apply(self, &mut message, event);
        // A compacted topic takes nothing without a key.
        if topic.is_compacted() {
            message.key.get_or_insert_default();
        }
        if self.random.random_bool(0.1) {
            message.headers = malice::headers(self);
        }
        if let (Fate::Kept(_), Some(value)) = (&message.fate, &message.value) {
            // What is huge is not sent again.
            if let Some(kept) = serde_json::from_slice::<Value>(value)
                .ok()
                .filter(|_| value.len() < 10_000)
            {
                let source = kept["source"]["instance"].as_str();
                if source == Some("hostile-shop") {
                    self.kept.insert((topic, partition), kept);
                }
            }
        }
        message
    }

    /// A good event of the topic: an example, some minutes old, with the next sequence.
    pub fn good(&mut self, topic: Topic) -> Value {
        let mut event = self.examples[&topic]
            .choose(&mut self.random)
            .expect("an example")
            .clone();
        let ago = self.random.random_range(0..600_000_000);
        self.sequence += self.random.random_range(1..4);
        event["timestamp"] = self.now.plus_micros(-ago).to_string().into();
        event["event_id"] = self.id().into();
        event["source"] = json!({ "instance": "hostile-shop", "sequence": self.sequence });
        event
    }

    pub fn id(&mut self) -> String {
        EventId::at(self.now, self.random.random()).to_string()
    }

    pub fn random_up_to(&mut self, most: i64) -> i64 {
        self.random.random_range(0..=most)
    }

    /// Leaves out some sequences.
    pub fn skip(&mut self, count: u64) -> u64 {
        self.sequence += count;
        self.sequence
    }

    /// The last good event of the partition, if there is one.
    pub fn kept(&self, message: &Message) -> Option<Value> {
        self.kept.get(&(message.topic, message.partition)).cloned()
    }
}
