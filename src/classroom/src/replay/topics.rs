//! Topics as sources: each partition is read from a moment, or its beginning, up to the end that it had when the replay began.

use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Offset, TopicPartitionList};
use schemas::Timestamp;
use tokio_util::sync::CancellationToken;

use super::download;
use super::message::{Message, Record};
use crate::error::ClassroomError;

const ANSWER: Duration = Duration::from_secs(10);
/// How long a broker may say nothing before the replay gives up.
const PATIENCE: Duration = Duration::from_mins(5);

pub(super) struct Partition {
    consumer: BaseConsumer,
    brokers: String,
    begin: i64,
    end: i64,
    next: i64,
    patience: Duration,
    stop: CancellationToken,
}

/// All partitions of the topics that hold anything.
pub(super) fn open_all(
    brokers: &str,
    topics: &[String],
    from: Option<Timestamp>,
    stop: &CancellationToken,
) -> Result<Vec<Partition>, ClassroomError> {
    let failed = |source| ClassroomError::Kafka {
        brokers: brokers.to_owned(),
        source,
    };
    let asking = consumer(brokers).map_err(failed)?;
    let mut partitions = Vec::new();
    for topic in topics {
        let metadata = asking.fetch_metadata(Some(topic), ANSWER).map_err(failed)?;
        let numbers = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions().iter().map(MetadataPartition::id));
        let numbers: Vec<i32> = numbers.collect();
        if numbers.is_empty() {
            let reason = format!("{brokers} has no topic {topic}");
            return Err(ClassroomError::Setting {
                setting: "--topic",
                reason,
            });
        }
        for number in numbers {
            let (low, end) = asking.fetch_watermarks(topic, number, ANSWER).map_err(failed)?;
            let begin = begin(&asking, topic, number, from).map_err(failed)?.unwrap_or(low);
            if begin < end {
                partitions.push(Partition::open(brokers, topic, number, begin..end, stop).map_err(failed)?);
            }
        }
    }
    Ok(partitions)
}

fn consumer(brokers: &str) -> Result<BaseConsumer, KafkaError> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("client.id", "de-shop-classroom")
        // Assigned by hand: the group is never joined, and nothing is committed.
        .set("group.id", "de-shop-replay")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("allow.auto.create.topics", "false")
        .create()
}

/// The offset of the first record at or after the moment; the end where there is none.
fn begin(asking: &BaseConsumer, topic: &str, number: i32, from: Option<Timestamp>) -> Result<Option<i64>, KafkaError> {
    let Some(from) = from else { return Ok(None) };
    let mut times = TopicPartitionList::new();
    times.add_partition_offset(topic, number, Offset::Offset(from.unix_millis().max(0)))?;
    let found = asking.offsets_for_times(times, ANSWER)?;
    Ok(found.find_partition(topic, number).map(|found| match found.offset() {
        Offset::Offset(offset) => offset,
        _ => i64::MAX,
    }))
}

impl Partition {
    fn open(
        brokers: &str,
        topic: &str,
        number: i32,
        offsets: Range<i64>,
        stop: &CancellationToken,
    ) -> Result<Self, KafkaError> {
        let consumer = consumer(brokers)?;
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(topic, number, Offset::Offset(offsets.start))?;
        consumer.assign(&assigned)?;
        Ok(Self {
            consumer,
            brokers: brokers.to_owned(),
            begin: offsets.start,
            end: offsets.end,
            next: offsets.start,
            patience: PATIENCE,
            stop: stop.clone(),
        })
    }

    /// How many messages there were to read, and how many are read.
    pub(super) fn amount(&self) -> (u64, u64) {
        let from_begin = |offset: i64| u64::try_from(offset - self.begin).unwrap_or(0);
        (from_begin(self.end), from_begin(self.next))
    }

    /// The next message; none at the end, or when it was told to stop.
    pub(super) fn read(&mut self) -> Result<Option<Message>, ClassroomError> {
        let mut since = Instant::now();
        while self.next < self.end && !self.stop.is_cancelled() {
            match self.consumer.poll(Duration::from_millis(200)) {
                Some(Ok(record)) if record.offset() >= self.end => return Ok(None),
                Some(Ok(record)) => {
                    self.next = record.offset() + 1;
                    since = Instant::now();
                    // A tombstone says nothing that could be played.
                    if let Some(message) = message(&record) {
                        return Ok(Some(message));
                    }
                }
                // What is left up to the end was compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(None),
                // A broker that is away comes back; the client goes on by itself.
                Some(Err(source)) if since.elapsed() > self.patience => return Err(self.failed(source)),
                None if since.elapsed() > self.patience => {
                    let silent = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                    return Err(self.failed(silent));
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok(None)
    }

    fn failed(&self, source: KafkaError) -> ClassroomError {
        ClassroomError::Kafka {
            brokers: self.brokers.clone(),
            source,
        }
    }
}

/// The message with all that its record bears.
fn message(record: &BorrowedMessage<'_>) -> Option<Message> {
    let value = record.payload()?.to_vec();
    let key = record.key().map(<[u8]>::to_vec);
    let headers = record.headers().into_iter().flat_map(Headers::iter);
    let bears = Record {
        millis: record.timestamp().to_millis(),
        headers: headers
            .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
            .collect(),
    };
    Some(download::of_a_record(record.topic().to_owned(), key, value, bears))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A partition of a broker that takes connections and never says anything.
    fn silent(stop: &CancellationToken) -> (std::net::TcpListener, Partition) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let brokers = listener.local_addr().unwrap().to_string();
        let mut partition = Partition::open(&brokers, "shop.view", 0, 0..5, stop).unwrap();
        partition.patience = Duration::from_millis(300);
        (listener, partition)
    }

    #[test]
    fn a_broker_that_says_nothing_is_given_up_at_last() {
        let (_listener, mut partition) = silent(&CancellationToken::new());
        assert!(matches!(partition.read(), Err(ClassroomError::Kafka { .. })));
    }

    #[test]
    fn whoever_is_told_to_stop_does_not_wait_for_a_silent_broker() {
        let stop = CancellationToken::new();
        let (_listener, mut partition) = silent(&stop);
        partition.patience = PATIENCE;
        let stopping = stop.clone();
        let told = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            stopping.cancel();
        });
        let began = Instant::now();
        assert_eq!(partition.read().unwrap(), None);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        told.join().unwrap();
    }
}
