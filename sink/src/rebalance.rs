//! What librdkafka tells the loop. A rebalance is only noted here; the loop answers it between two messages, once the books are asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use schemas::Topic;

use crate::kafka::log_line;
use crate::{Partition, TopicPartition};

/// What the group decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Assigned(Vec<TopicPartition>),
    /// Everything is taken away; the group tells anew who gets what.
    Revoked,
}

/// The consumer's ear.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    changes: Mutex<Vec<Change>>,
    /// Cheaper to ask than the list, and it is asked after every message.
    heard: AtomicBool,
    closing: AtomicBool,
    /// What librdkafka fetches next.
    fetched: Mutex<BTreeMap<TopicPartition, i64>>,
}

impl Ear {
    /// What was decided since the last call, in order.
    pub(crate) fn changes(&self) -> Vec<Change> {
        if !self.heard.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What librdkafka fetches next of each partition, a few seconds ago.
    pub(crate) fn fetched(&self) -> BTreeMap<TopicPartition, i64> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on nobody asks for changes any more: revocations are answered here, so that the consumer can close.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    fn note(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        self.heard.store(true, Ordering::Release);
    }
}

impl ClientContext for Ear {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }

    fn stats(&self, statistics: Statistics) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        for (topic, partitions) in &statistics.topics {
            let Some(topic) = Topic::from_name(topic) else { continue };
            let numbered = partitions.partitions.iter().filter(|(number, _)| **number >= 0);
            for (number, partition) in numbered {
                let at = TopicPartition {
                    topic,
                    partition: Partition(*number),
                };
                fetched.insert(at, partition.next_offset);
            }
        }
    }
}

impl ConsumerContext for Ear {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.note(Change::Assigned(partitions(list)));
        } else if self.closing.load(Ordering::Acquire) {
            if let Err(error) = consumer.unassign() {
                tracing::debug!(%error, "giving the partitions back");
            }
        } else {
            self.note(Change::Revoked);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "Kafka's own offsets (for lag display only) were not kept");
        }
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements()
        .iter()
        .filter_map(|element| {
            let topic = Topic::from_name(element.topic())?;
            Some(TopicPartition {
                topic,
                partition: Partition(element.partition()),
            })
        })
        .collect()
}
