//! A broker to try things on, and the clients to try them with.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use broker::{Broker, BrokerError, HealthView, Settings};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Longer than anything here may take on a busy machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A message that was found: partition, offset, value.
pub(crate) type Found = (i32, i64, String);

/// A broker in this process, on a folder of its own.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) health: HealthView,
    folder: TempDir,
    stop: CancellationToken,
    running: JoinHandle<Result<(), BrokerError>>,
}

impl World {
    pub(crate) async fn start() -> Result<Self, Failure> {
        Self::start_with(|_| {}).await
    }

    /// With other settings than the defaults.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Result<Self, Failure> {
        Self::on(tempfile::tempdir()?, 0, change).await
    }

    async fn on(folder: TempDir, port: u16, change: impl FnOnce(&mut Settings)) -> Result<Self, Failure> {
        let listen = SocketAddr::from(([127, 0, 0, 1], port));
        let mut settings = Settings {
            listen,
            data: folder.path().to_owned(),
            ..Settings::default()
        };
        change(&mut settings);
        let broker = Broker::bind(settings).await?;
        let (address, stop, health) = (broker.address(), CancellationToken::new(), broker.health());
        let running = tokio::spawn(broker.run(stop.clone()));
        Ok(Self {
            address,
            health,
            folder,
            stop,
            running,
        })
    }

    /// Stops the broker and starts it again on the same folder and port.
    pub(crate) async fn restart(self) -> Result<Self, Failure> {
        let port = self.address.port();
        Self::on(self.stop().await?, port, |_| {}).await
    }

    /// Stops the broker; what it kept is in the folder.
    pub(crate) async fn stop(self) -> Result<TempDir, Failure> {
        self.stop.cancel();
        self.running.await??;
        Ok(self.folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn clients(&self) -> Clients {
        Clients { address: self.address }
    }
}

/// Clients of the broker at an address.
#[derive(Clone, Copy)]
pub(crate) struct Clients {
    pub(crate) address: SocketAddr,
}

impl Clients {
    fn config(self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.address.to_string());
        config
    }

    pub(crate) fn admin(self) -> Result<AdminClient<DefaultClientContext>, Failure> {
        Ok(AdminClient::from_config(&self.config())?)
    }

    pub(crate) async fn creates(self, topic: &str, partitions: i32) -> Outcome {
        let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        let made = self
            .admin()?
            .create_topics([&topic], &AdminOptions::new().request_timeout(Some(PATIENCE)))
            .await?;
        for result in made {
            result.map_err(|(topic, code)| format!("{topic}: {code}"))?;
        }
        Ok(())
    }

    pub(crate) fn producer(self, settings: &[(&str, &str)]) -> Result<FutureProducer, Failure> {
        let mut config = self.config();
        config
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("reconnect.backoff.max.ms", "200");
        for (name, value) in settings {
            config.set(*name, *value);
        }
        Ok(config.create()?)
    }

    pub(crate) fn consumer(self, group: &str, settings: &[(&str, &str)]) -> Result<StreamConsumer, Failure> {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false");
        for (name, value) in settings {
            config.set(*name, *value);
        }
        Ok(config.create()?)
    }

    /// A consumer without a group.
    pub(crate) fn reader(self) -> Result<BaseConsumer, Failure> {
        Ok(self
            .config()
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .create()?)
    }

    /// Reads everything that a topic holds, by partition and offset.
    pub(crate) fn reads_all(self, topic: &str) -> Result<Vec<Found>, Failure> {
        let reader = self.reader()?;
        let metadata = reader.fetch_metadata(Some(topic), PATIENCE)?;
        let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        let mut assignment = TopicPartitionList::new();
        let mut expected = 0;
        for partition in 0..i32::try_from(partitions)? {
            assignment.add_partition_offset(topic, partition, Offset::Beginning)?;
            let (low, high) = reader.fetch_watermarks(topic, partition, PATIENCE)?;
            expected += high - low;
        }
        reader.assign(&assignment)?;
        let mut found = Vec::new();
        while found.len() < usize::try_from(expected)? {
            let message = reader.poll(PATIENCE).ok_or("the topic ended early")??;
            let value = String::from_utf8(message.payload().unwrap_or_default().to_vec())?;
            found.push((message.partition(), message.offset(), value));
        }
        found.sort();
        Ok(found)
    }
}

/// Sends values one after the other to one partition, each acknowledged.
pub(crate) async fn sends(producer: &FutureProducer, topic: &str, values: impl IntoIterator<Item = String>) -> Outcome {
    for value in values {
        let record: FutureRecord<'_, (), String> = FutureRecord::to(topic).partition(0).payload(&value);
        producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    }
    Ok(())
}
