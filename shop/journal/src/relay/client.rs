//! How the shop talks to librdkafka: its settings, its reports, its log lines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, Producer as _, ProducerContext};
use schemas::Sequence;
use tracing::debug;

use super::RelayOptions;
use super::health::Health;
use super::landed::{Delivered, Offset, Partition, Place};

/// Settings of every client of the shop: where Kafka is, and what the operator adds.
#[must_use]
pub fn base_config(options: &RelayOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &options.brokers)
        .set("client.id", "de-shop")
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000")
        .set("log.connection.close", "false");
    for (name, value) in &options.extra {
        config.set(name, value);
    }
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// How large a request's part for one partition may be. A topic refuses a batch that is larger than its `max.message.bytes`, however small
/// the messages in it are, and librdkafka, unlike Java's client, does not divide what was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchBytes(u32);

impl BatchBytes {
    /// librdkafka's own limit.
    pub(super) const LARGEST: Self = Self(1_000_000);
    const DIVISOR: u32 = 8;

    /// The next smaller one; at 1 each message is a batch of its own.
    pub(super) fn smaller(self) -> Self {
        Self((self.0 / Self::DIVISOR).max(1))
    }

    pub(super) const fn is_one_message(self) -> bool {
        self.0 == 1
    }
}

/// What the promises rest on; the operator's own settings can't change these.
pub(super) fn producer_config(options: &RelayOptions, batch: BatchBytes) -> ClientConfig {
    let mut tuned = RelayOptions {
        extra: [("linger.ms", "5"), ("queue.buffering.max.kbytes", "16384")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..options.clone()
    };
    tuned.extra.extend(options.extra.iter().cloned());
    let mut config = base_config(&tuned);
    config
        .set("enable.idempotence", "true")
        // A message that fails for good must not be overtaken: the sink takes a smaller sequence for a repetition.
        .set("enable.gapless.guarantee", "true")
        // One request at a time. Of two under way the first can fail (a leader that is not ready yet) and the second succeed, as a
        // broker takes any sequence for a producer's first in a partition; librdkafka then reports the first as delivered, too, and
        // it is lost (`rd_kafka_handle_idempotent_Produce_success`, "implicit ack").
        .set("max.in.flight.requests.per.connection", "1")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        // Messages wait for Kafka as long as it takes; only Kafka's own answer counts.
        .set("message.timeout.ms", "0")
        // How long a topic may be missing before its messages come back: Kafka may have lost its data.
        .set("topic.metadata.propagation.max.ms", "5000")
        .set("queue.buffering.max.messages", "50000");
    if batch != BatchBytes::LARGEST {
        config.set("batch.size", batch.0.to_string());
    }
    config
}

/// Waits, then takes in all that the producer has to report. It's given no time itself: rdkafka counts in whole milliseconds and spins
/// through what is left of any other time.
pub(super) fn poll(producer: &BaseProducer<Context>, wait: Duration) {
    std::thread::sleep(wait);
    let reports = || producer.context().reports().taken_in;
    let mut before = reports();
    loop {
        producer.poll(Duration::ZERO);
        let now = reports();
        if now == before {
            return;
        }
        before = now;
    }
}

/// What the producer has reported since it was last asked.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// How many.
    taken_in: u64,
    pub(super) delivered: Vec<Delivered>,
    /// The first message that Kafka refused for good.
    pub(super) failed: Option<String>,
    /// The first message that only shares the fate of one that was refused: the producer gives up all that waits behind it, and may tell
    /// of these first.
    pub(super) given_up: Option<String>,
    /// A topic takes no batch of this size.
    pub(super) too_large: bool,
}

/// Receives delivery reports, errors and log lines.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    reports: Arc<Mutex<Reports>>,
    health: Health,
}

impl Context {
    pub(crate) fn new(health: Health) -> Self {
        Self {
            reports: Arc::default(),
            health,
        }
    }

    pub(super) fn take_reports(&self) -> Reports {
        std::mem::take(&mut *self.reports())
    }

    fn reports(&self) -> MutexGuard<'_, Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Connection troubles come as errors too, and are reported once there; the rest is for whoever searches.
        debug!(?level, facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        debug!(%error, reason, "librdkafka reports an error");
        self.reports().taken_in += 1;
        // One that the producer can't go on after is about a message, and is told with it.
        if !is_about_a_message(&error) {
            self.health.is_away(reason);
        }
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, sequence: usize) {
        let mut reports = self.reports();
        reports.taken_in += 1;
        let too_large = KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge);
        reports.too_large |= result.as_ref().is_err_and(|(error, _)| *error == too_large);
        match result {
            Ok(message) => reports.delivered.push(Delivered {
                sequence: Sequence(sequence as u64),
                place: place(message),
            }),
            Err((error, message)) => {
                let Reports { failed, given_up, .. } = &mut *reports;
                let first = if is_a_consequence(error) { given_up } else { failed };
                first.get_or_insert_with(|| format!("entry {sequence} for {}: {error}", message.topic()));
            }
        }
    }
}

/// The producer's own end, which the session tells with the message that it is about; Kafka is there.
const fn is_about_a_message(error: &KafkaError) -> bool {
    matches!(
        error,
        KafkaError::Global(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::GaplessGuarantee)
    )
}

/// What becomes of the messages behind one that was refused.
const fn is_a_consequence(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{Fatal, GaplessGuarantee, PurgeInflight, PurgeQueue};
    matches!(
        error,
        KafkaError::MessageProduction(Fatal | GaplessGuarantee | PurgeInflight | PurgeQueue)
    )
}

/// A negative offset is librdkafka's way to say that it was not told.
fn place(message: &BorrowedMessage<'_>) -> Option<Place> {
    (message.offset() >= 0).then(|| Place {
        partition: Partition(message.partition()),
        offset: Offset(message.offset()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_of_the_operator_puts_two_requests_under_way() {
        let mut options = RelayOptions::new("127.0.0.1:9092");
        options.extra = vec![("max.in.flight.requests.per.connection".to_owned(), "5".to_owned())];
        let config = producer_config(&options, BatchBytes::LARGEST);
        assert_eq!(config.get("max.in.flight.requests.per.connection"), Some("1"));
    }

    #[test]
    fn a_message_that_is_refused_is_no_kafka_that_is_away() {
        assert!(is_about_a_message(&KafkaError::Global(
            RDKafkaErrorCode::GaplessGuarantee
        )));
        assert!(!is_about_a_message(&KafkaError::Global(
            RDKafkaErrorCode::AllBrokersDown
        )));
    }

    #[test]
    fn of_what_failed_the_message_that_was_refused_is_told() {
        for code in [RDKafkaErrorCode::PurgeQueue, RDKafkaErrorCode::Fatal] {
            assert!(is_a_consequence(&KafkaError::MessageProduction(code)));
        }
        let refused = KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge);
        assert!(!is_a_consequence(&refused));
    }

    #[test]
    fn batches_shrink_until_each_message_is_one() {
        let sizes = std::iter::successors(Some(BatchBytes::LARGEST), |size| {
            (!size.is_one_message()).then(|| size.smaller())
        });
        assert_eq!(
            sizes.map(|size| size.0).collect::<Vec<_>>(),
            [1_000_000, 125_000, 15_625, 1_953, 244, 30, 3, 1]
        );
    }
}
