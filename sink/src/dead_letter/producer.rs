//! Sends dead letters and waits until they are safe.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use schemas::Topic;

use super::DeadLetter;
use crate::kafka::{ANSWER_WITHIN, Kafka, Quiet};
use crate::{Offset, SinkError, TopicPartition};

/// How long a letter may wait for room in the producer's queue.
pub(super) const QUEUE_WITHIN: Duration = Duration::from_secs(30);

/// Bytes of a key that go along when value and headers stay at the origin; a longer one stays there as well.
const LONGEST_KEY: usize = 64 * 1024;

/// The producer of dead letters.
#[derive(Clone)]
pub(crate) struct DeadLetters {
    producer: FutureProducer<Quiet>,
}

impl DeadLetters {
    pub(crate) fn new(kafka: &Kafka) -> Result<Self, SinkError> {
        Ok(Self {
            producer: kafka.producer_config().create_with_context(Quiet)?,
        })
    }

    /// For each of the partitions: the end of the partition of the dead-letter topic to which its letters go.
    pub(crate) async fn ends(
        &self,
        partitions: Vec<TopicPartition>,
    ) -> Result<BTreeMap<TopicPartition, Offset>, SinkError> {
        let producer = self.producer.clone();
        let asked = tokio::task::spawn_blocking(move || -> Result<_, SinkError> {
            let count = partition_count(&producer)?;
            let mut ends = BTreeMap::new();
            for at in partitions {
                let client = producer.client();
                let (_, end) =
                    client.fetch_watermarks(Topic::DeadLetter.name(), letter_box(at, count), ANSWER_WITHIN)?;
                ends.insert(at, Offset(end));
            }
            Ok(ends)
        });
        asked.await.map_err(|error| SinkError::Crashed {
            what: "asking for dead letters",
            reason: error.to_string(),
        })?
    }

    /// Returns once every letter is acknowledged by all replicas.
    pub(crate) async fn send(&self, letters: &[&DeadLetter]) -> Result<(), SinkError> {
        let producer = self.producer.clone();
        let count = tokio::task::spawn_blocking(move || partition_count(&producer)).await;
        let count = count.map_err(|error| SinkError::Crashed {
            what: "asking for dead letters",
            reason: error.to_string(),
        })??;
        try_join_all(letters.iter().map(|letter| self.send_one(letter, count)))
            .await
            .map(drop)
    }

    async fn send_one(&self, letter: &DeadLetter, count: i32) -> Result<(), SinkError> {
        let mut record = FutureRecord::<[u8], [u8]>::to(Topic::DeadLetter.name())
            .partition(letter_box(letter.at, count))
            .headers(letter.all_headers());
        record.key = letter.key.as_deref();
        record.payload = letter.value.as_deref();
        record.timestamp = Some(dated(letter));
        match self.producer.send(record, QUEUE_WITHIN).await {
            Ok(_) => Ok(()),
            Err((
                KafkaError::MessageProduction(
                    RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize,
                ),
                _,
            )) => self.send_envelope(letter, count).await,
            Err((error, _)) => Err(error.into()),
        }
    }

    /// The topic takes no letter of this size: reason and coordinates go alone, the message stays where it stands.
    async fn send_envelope(&self, letter: &DeadLetter, count: i32) -> Result<(), SinkError> {
        tracing::warn!(origin = %letter.at, offset = letter.offset.0, "too large for the dead-letter topic: sent without its value and headers");
        let mut record = FutureRecord::<[u8], [u8]>::to(Topic::DeadLetter.name())
            .partition(letter_box(letter.at, count))
            .headers(letter.envelope_headers());
        record.key = letter.key.as_deref().filter(|key| key.len() <= LONGEST_KEY);
        record.timestamp = Some(dated(letter));
        match self.producer.send(record, QUEUE_WITHIN).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.into()),
        }
    }
}

/// A letter is dated by its refusal: dated by its message, one about an old message would be past the topic's retention at once.
fn dated(letter: &DeadLetter) -> i64 {
    letter.refused.unix_millis()
}

/// Which partition of the dead-letter topic keeps the letters of a partition: always the same, so that they can be found.
pub(super) fn letter_box(at: TopicPartition, count: i32) -> i32 {
    at.partition.0 % count.max(1)
}

fn partition_count(producer: &FutureProducer<Quiet>) -> Result<i32, SinkError> {
    let metadata = producer
        .client()
        .fetch_metadata(Some(Topic::DeadLetter.name()), ANSWER_WITHIN)?;
    let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    match i32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition).into()),
    }
}
