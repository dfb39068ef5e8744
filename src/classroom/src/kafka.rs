//! Messages into topics: in order, each once, and never more than librdkafka's queue holds.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use schemas::message::{self, HeaderTexts};
use schemas::{Header, InstanceId, Unsealed};

use crate::error::ClassroomError;
use crate::topics;

/// How long a broker may be away before a message counts as lost.
const PATIENCE: Duration = Duration::from_mins(5);

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// Where it must go; otherwise its key decides.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: &'a [u8],
    pub(crate) millis: i64,
    pub(crate) headers: OwnedHeaders,
}

impl<'a> Outgoing<'a> {
    /// As the shop's relay sends an event: keyed by session, headers as CloudEvents says.
    pub(crate) fn of(event: &Unsealed, instance: &InstanceId, value: &'a [u8]) -> Self {
        let topic = event.event_type.topic();
        let key = message::key(event.event_type, event.session_id, instance, value);
        let source = message::source(instance);
        let texts = HeaderTexts::new(event.event_type, event.event_id, event.timestamp, &source);
        let put = |headers: OwnedHeaders, (header, text): (Header, &[u8])| {
            headers.insert(KafkaHeader {
                key: header.name(),
                value: Some(text),
            })
        };
        let headers = texts.all().into_iter().fold(OwnedHeaders::new(), put);
        Self {
            topic: topic.name(),
            partition: None,
            key: Some(key),
            value,
            millis: event.timestamp.unix_millis().max(0),
            headers,
        }
    }
}

/// Remembers what could not be delivered.
#[derive(Debug, Default)]
struct Losses {
    count: AtomicU64,
    first: Mutex<Option<String>>,
}

impl ClientContext for Losses {}

impl ProducerContext for Losses {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.count.fetch_add(1, Ordering::Relaxed);
            let mut first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            first.get_or_insert_with(|| error.to_string());
        }
    }
}

/// An idempotent producer: what it repeats after a broken connection stays single, and order is kept.
pub(crate) struct Producer {
    client: ThreadedProducer<Losses>,
    brokers: String,
    /// Topics that are there.
    known: BTreeSet<String>,
}

impl Producer {
    pub(crate) fn connect(brokers: &str) -> Result<Self, ClassroomError> {
        let failed = |source| ClassroomError::Kafka {
            brokers: brokers.to_owned(),
            source,
        };
        let client: ThreadedProducer<Losses> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("client.id", "de-shop-classroom")
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "5")
            .set("message.timeout.ms", PATIENCE.as_millis().to_string())
            .create_with_context(Losses::default())
            .map_err(failed)?;
        // Nobody there is told at once, not after the first messages have waited for minutes.
        client
            .client()
            .fetch_metadata(None, Duration::from_secs(10))
            .map_err(failed)?;
        Ok(Self {
            client,
            brokers: brokers.to_owned(),
            known: BTreeSet::new(),
        })
    }

    /// The topic is there afterwards; false where that was known.
    pub(crate) fn make_topic(&mut self, topic: &str) -> Result<bool, ClassroomError> {
        if self.known.contains(topic) {
            return Ok(false);
        }
        topics::ensure(&self.brokers, topic).map_err(|source| self.failed(source))?;
        Ok(self.known.insert(topic.to_owned()))
    }

    /// Waits while the queue is full, which it is when the broker is away.
    pub(crate) fn send(&mut self, message: &Outgoing<'_>) -> Result<(), ClassroomError> {
        self.make_topic(message.topic)?;
        let waits_since = Instant::now();
        let mut record = BaseRecord::<[u8], [u8]>::to(message.topic)
            .payload(message.value)
            .timestamp(message.millis)
            .headers(message.headers.clone());
        if let Some(key) = &message.key {
            record = record.key(key);
        }
        if let Some(partition) = message.partition {
            record = record.partition(partition);
        }
        loop {
            match self.client.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again))
                    if waits_since.elapsed() < PATIENCE =>
                {
                    record = again;
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err((source, _)) => return Err(self.failed(source)),
            }
        }
    }

    /// The numbers of the topic's partitions.
    pub(crate) fn partitions(&self, topic: &str) -> Result<Vec<i32>, ClassroomError> {
        let metadata = self
            .client
            .client()
            .fetch_metadata(Some(topic), Duration::from_secs(10));
        let metadata = metadata.map_err(|source| self.failed(source))?;
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        Ok(partitions.map(MetadataPartition::id).collect())
    }

    /// Waits for the last acknowledgement; an error names what was lost.
    pub(crate) fn flush(&self) -> Result<(), ClassroomError> {
        self.client.flush(PATIENCE).map_err(|source| self.failed(source))?;
        let losses = self.client.context();
        match losses.count.load(Ordering::Relaxed) {
            0 => Ok(()),
            count => Err(ClassroomError::Undelivered {
                count,
                first: losses
                    .first
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .clone()
                    .unwrap_or_default(),
            }),
        }
    }

    fn failed(&self, source: KafkaError) -> ClassroomError {
        ClassroomError::Kafka {
            brokers: self.brokers.clone(),
            source,
        }
    }
}
