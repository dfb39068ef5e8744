//! How every Kafka client of the sink is set up.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;

use crate::SinkError;

/// How long Kafka may take to answer a question about topics and offsets.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The context of clients that have nothing to say to the loop: librdkafka's lines become ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Quiet {}

/// What librdkafka says. An unreachable broker is said once by `health`, not by every client every second.
pub(crate) fn log_line(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::warn!(target: "librdkafka", facility, "{message}");
        }
        _ => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

/// Where Kafka is, and what the operator adds for librdkafka.
#[derive(Debug, Clone)]
pub(crate) struct Kafka {
    pub brokers: String,
    pub options: Vec<(String, String)>,
}

impl Kafka {
    /// What all clients share; what a client sets afterwards wins over the operator's options.
    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("reconnect.backoff.max.ms", "2000")
            .set("socket.keepalive.enable", "true");
        for (key, value) in &self.options {
            config.set(key, value);
        }
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "de-shop-sink");
        config
    }

    /// The consumer: positions come from the books only, so librdkafka keeps, resets and assigns nothing by itself.
    /// A fixed member id lets a sink that was killed come back without waiting for its session to end.
    pub(crate) fn consumer_config(&self, group: &str, instance: &str, session_timeout: Duration) -> ClientConfig {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("group.instance.id", instance)
            .set("session.timeout.ms", session_timeout.as_millis().to_string())
            .set("heartbeat.interval.ms", (session_timeout.as_millis() / 4).to_string())
            .set("partition.assignment.strategy", "range")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("check.crcs", "true")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("statistics.interval.ms", "5000")
            .set("fetch.queue.backoff.ms", "20")
            .set("queued.max.messages.kbytes", "16384");
        config
    }

    /// The producer of dead letters: in order, once, acknowledged by all replicas.
    pub(crate) fn producer_config(&self) -> ClientConfig {
        let mut config = self.config();
        config
            .set("enable.idempotence", "true")
            // With more, librdkafka may report a letter as delivered that is not: see the shop's relay.
            .set("max.in.flight.requests.per.connection", "1")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("message.max.bytes", "8388608")
            .set("message.timeout.ms", "30000")
            .set("linger.ms", "5");
        config
    }

    /// A reader of whole partitions, in no group's name: it commits nothing.
    pub(crate) fn reader_config(&self) -> ClientConfig {
        let mut config = self.config();
        config
            .set("group.id", "de-shop-sink-reader")
            .set("enable.partition.eof", "true")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error");
        config
    }
}

impl Kafka {
    /// Refuses options that librdkafka doesn't know or can't use, such as a certificate that isn't there, before anything runs.
    pub(crate) fn check(&self) -> Result<(), SinkError> {
        match self.config().create::<BaseProducer>() {
            Ok(_) => Ok(()),
            Err(error) => Err(SinkError::Setting {
                setting: "--kafka-config",
                reason: match error {
                    // Its own text shows the value, which may be a password.
                    KafkaError::ClientConfig(_, what, key, _) => format!("{key}: {what}"),
                    other => other.to_string(),
                },
            }),
        }
    }
}
