//! The one loop: poll, sort out, commit, answer rebalances, recover.
//!
//! Promises: while a batch is committed the next one is gathered, never more than one of each; a batch waits at most
//! `flush_interval` for company; the consumer is polled whatever fails, so that the group keeps this member; after a failure
//! the batches under way are thrown away, the books are read, and reading goes on from there.

mod recover;
mod take;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, TopicPartitionList};
use schemas::{Clock, Topic};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::recover::Pending;
use self::watch::Watch;
use crate::assignment::Assignment;
use crate::batch::Batch;
use crate::commit::Committer;
use crate::error::Course;
use crate::health::Health;
use crate::kafka::Kafka;
use crate::part::Part;
use crate::rebalance::Ear;
use crate::receipt::Receipt;
use crate::settings::Settings;
use crate::topics::{self, Shape};
use crate::{ClusterId, SinkError, metric};

/// The longest silence between two looks at the stop signal and the batch under way.
const TURN: Duration = Duration::from_millis(50);
/// How often an unreachable Kafka is asked again, and how long it may take to answer.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Kafka is back once it answers, and nothing went wrong for so long.
const QUIET: Duration = Duration::from_secs(3);
/// How often topics are asked for that can't be made.
const TOPICS_EVERY: Duration = Duration::from_secs(1);
/// How often, and within which time, a sink may be shut out of its group before it takes that for another sink's doing.
const SHUT_OUT_AT_MOST: usize = 3;
const SHUT_OUT_WITHIN: Duration = Duration::from_mins(5);

/// What the loop is given.
pub(crate) struct Parts {
    pub settings: Settings,
    pub kafka: Kafka,
    pub committer: Arc<Mutex<Committer>>,
    pub health: Arc<Health>,
    pub clock: Clock,
    pub runtime: Handle,
    pub stop: CancellationToken,
}

/// The loop; it lives in a thread of its own and blocks there.
pub(crate) struct Loop {
    pub(crate) parts: Parts,
    config: ClientConfig,
    pub(crate) consumer: Arc<BaseConsumer<Ear>>,
    /// When Kafka last shut this sink out in favour of another one of the same name.
    shut_out: Vec<Instant>,
    pub(crate) assignment: Assignment,
    /// The cluster that the partitions were taken over from, where Kafka names one.
    pub(crate) cluster: Option<ClusterId>,
    pub(crate) batch: Option<Batch>,
    in_flight: Option<JoinHandle<Result<Receipt, SinkError>>>,
    pub(crate) pending: Option<Pending>,
    /// Commits that failed since the last one that succeeded.
    pub(crate) failed_commits: u32,
    probed: Instant,
    /// When Kafka last gave an error.
    heard: Instant,
    pub(crate) watch: Watch,
}

impl Loop {
    pub(crate) fn new(parts: Parts, instance: &str) -> Result<Self, SinkError> {
        let settings = &parts.settings;
        let config = parts
            .kafka
            .consumer_config(&settings.group, instance, settings.session_timeout);
        let consumer = config.create_with_context(Ear::default())?;
        Ok(Self {
            parts,
            config,
            consumer: Arc::new(consumer),
            shut_out: Vec::new(),
            assignment: Assignment::default(),
            cluster: None,
            batch: None,
            in_flight: None,
            pending: None,
            failed_commits: 0,
            probed: Instant::now(),
            heard: Instant::now(),
            watch: Watch::default(),
        })
    }

    /// Runs until it is told to stop, or can't go on.
    pub(crate) fn run(&mut self) -> Result<(), SinkError> {
        let done = self.run_until_stopped();
        if let Err(error) = self.settle() {
            tracing::warn!(%error, "the last batch was not committed; it is read again at the next start");
        }
        self.consumer.context().close();
        done
    }

    fn run_until_stopped(&mut self) -> Result<(), SinkError> {
        self.join()?;
        while !self.parts.stop.is_cancelled() {
            self.read()?;
        }
        if self.pending.is_none() && self.batch.is_some() {
            self.dispatch()?;
        }
        Ok(())
    }

    /// Reads until it is told to stop, or goes on with another consumer.
    fn read(&mut self) -> Result<(), SinkError> {
        let consumer = Arc::clone(&self.consumer);
        while !self.parts.stop.is_cancelled() && Arc::ptr_eq(&consumer, &self.consumer) {
            match consumer.poll(TURN) {
                Some(Ok(message)) => self.take(&message)?,
                Some(Err(error)) => self.hear(error)?,
                None => self.probe(),
            }
            for change in consumer.context().changes() {
                self.answer(change)?;
            }
            self.commit_what_is_due()?;
            self.recover()?;
            self.watch();
        }
        Ok(())
    }

    /// Joins the group as soon as there are topics that it can share out.
    pub(crate) fn join(&self) -> Result<(), SinkError> {
        self.wait_for_topics();
        let names: Vec<_> = Topic::consumed().map(Topic::name).collect();
        Ok(self.consumer.subscribe(&names)?)
    }

    fn wait_for_topics(&self) {
        let settings = &self.parts.settings;
        let shape = Shape {
            partitions: settings.partitions.into(),
            retention_days: settings.retention_days,
        };
        while !self.parts.stop.is_cancelled() {
            match topics::ensure(&self.parts.kafka, shape, &self.parts.runtime) {
                Ok(()) => return self.parts.health.well(Part::Kafka),
                Err(error) => {
                    self.parts.health.trouble(Part::Kafka, error.to_string());
                    self.pause(TOPICS_EVERY);
                }
            }
        }
    }

    fn hear(&mut self, error: KafkaError) -> Result<(), SinkError> {
        match error {
            KafkaError::PartitionEOF(_) => Ok(()),
            KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId) if self.is_shut_out_by_itself() => {
                tracing::warn!("Kafka takes this sink for another one of the same name; joining the group anew");
                self.join_anew()
            }
            fatal @ KafkaError::MessageConsumptionFatal(_) => Err(SinkError::KafkaFatal(fatal)),
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                tracing::warn!("Kafka no longer has what is to be read next; looking which partition it is");
                self.take_back();
                Ok(())
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::BadMessage) => {
                tracing::error!(
                    "messages are damaged on Kafka's disk (their checksum is wrong); `de-shop audit` tells which are lost"
                );
                metric::damaged();
                Ok(())
            }
            KafkaError::MessageConsumption(code) if is_of_a_partition(code) => {
                // `watch` finds which one, and tells when it moves again.
                tracing::debug!(%code, "a message that can't be given out");
                self.watch.note(code.to_string());
                Ok(())
            }
            other => {
                self.heard = Instant::now();
                self.parts.health.trouble(Part::Kafka, other.to_string());
                if means_a_topic_is_gone(&other) {
                    // Once it is there again it may be another one, of the same name.
                    self.take_back();
                }
                Ok(())
            }
        }
    }

    /// Waits, unless it is told to stop.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.parts.stop.is_cancelled() && Instant::now() < until {
            std::thread::sleep(TURN);
        }
    }

    /// What a sink sent before Kafka died can reach Kafka after the sink has joined anew: then its own older self shuts it out, once. Another
    /// sink of that name would do so again and again.
    fn is_shut_out_by_itself(&mut self) -> bool {
        self.shut_out.retain(|moment| moment.elapsed() < SHUT_OUT_WITHIN);
        self.shut_out.push(Instant::now());
        self.shut_out.len() <= SHUT_OUT_AT_MOST
    }

    /// Goes on with a consumer of its own; librdkafka's gives up for good once it is shut out.
    fn join_anew(&mut self) -> Result<(), SinkError> {
        self.forget()?;
        self.pending = None;
        self.consumer.context().close();
        self.consumer = Arc::new(self.config.create_with_context(Ear::default())?);
        self.join()
    }

    /// Asks an unreachable Kafka whether it is back.
    fn probe(&mut self) {
        if !self.parts.health.is_well(Part::Kafka) && self.pending.is_none() && self.probed.elapsed() > PROBE_EVERY {
            let answers = self.consumer.fetch_metadata(Some(Topic::View.name()), PROBE_EVERY);
            if answers.is_ok() && self.heard.elapsed() > QUIET {
                self.parts.health.well(Part::Kafka);
            }
            self.probed = Instant::now();
        }
    }

    fn commit_what_is_due(&mut self) -> Result<(), SinkError> {
        if self.in_flight.as_ref().is_some_and(JoinHandle::is_finished) {
            self.settle_or_take_back()?;
        }
        let settings = &self.parts.settings;
        let Some(batch) = &self.batch else { return Ok(()) };
        let full = batch.counts.messages >= settings.batch_messages
            || batch.counts.bytes as u64 >= settings.batch_bytes.as_u64();
        let waited = || batch.started.elapsed() >= settings.flush_interval;
        if full || (self.in_flight.is_none() && waited()) {
            return self.dispatch();
        }
        Ok(())
    }

    /// Hands the batch over to be committed, once the one before it is.
    fn dispatch(&mut self) -> Result<(), SinkError> {
        self.expose_suspects()?;
        self.settle_or_take_back()?;
        if self.batch.is_some() && self.cluster_now() != self.cluster {
            tracing::warn!("Kafka has become another cluster; what was read is thrown away and the books are asked");
            self.take_back();
            return Ok(());
        }
        if let Some(batch) = self.batch.take() {
            let committer = Arc::clone(&self.parts.committer);
            let commit = async move { committer.lock().await.commit(batch).await };
            self.in_flight = Some(self.parts.runtime.spawn(commit));
        }
        Ok(())
    }

    /// The cluster as Kafka last named it; asks nobody.
    pub(crate) fn cluster_now(&self) -> Option<ClusterId> {
        let name = self.consumer.client().fetch_cluster_id(Duration::ZERO);
        name.as_deref().map(ClusterId::from)
    }

    pub(crate) fn settle_or_take_back(&mut self) -> Result<(), SinkError> {
        match self.settle() {
            Ok(()) => Ok(()),
            Err(error) => self.take_back_after(error),
        }
    }

    /// Stops, or throws away what is under way and waits until it can be tried again.
    pub(crate) fn take_back_after(&mut self, error: SinkError) -> Result<(), SinkError> {
        if error.course() == Course::Stop {
            return Err(error);
        }
        if let SinkError::KeptMeanwhile { .. } = error {
            // Nothing is wrong: the books know better, and are read.
            tracing::info!(%error, "reading again");
        } else {
            let part = Part::of(&error);
            metric::failed(part);
            self.failed_commits += 1;
            self.parts.health.trouble(part, error.to_string());
        }
        self.take_back();
        Ok(())
    }

    /// Waits for the batch that is being committed, if there is one.
    pub(crate) fn settle(&mut self) -> Result<(), SinkError> {
        let Some(commit) = self.in_flight.take() else {
            return Ok(());
        };
        let crashed = |error: tokio::task::JoinError| SinkError::Crashed {
            what: "the commit",
            reason: error.to_string(),
        };
        let receipt = self.parts.runtime.block_on(commit).map_err(crashed)??;
        metric::committed(&receipt);
        self.failed_commits = 0;
        for part in [Part::Database, Part::Logs] {
            self.parts.health.well(part);
        }
        self.show_position(&receipt);
        Ok(())
    }

    /// Kafka's own offsets: nobody reads them but tools that display lag.
    fn show_position(&self, receipt: &Receipt) {
        let mut list = TopicPartitionList::new();
        for (at, moved) in &receipt.moves {
            let next = rdkafka::Offset::Offset(moved.next.0);
            if let Err(error) = list.add_partition_offset(at.topic.name(), at.partition.0, next) {
                tracing::debug!(%error, "an offset that Kafka can't keep");
            }
        }
        if let Err(error) = self.consumer.commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "Kafka's own offsets (for lag display only) were not kept");
        }
    }
}

const fn means_a_topic_is_gone(error: &KafkaError) -> bool {
    matches!(
        error,
        KafkaError::MessageConsumption(
            RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicId
        )
    )
}

/// Whether librdkafka means a message that it can't read, and not Kafka as a whole.
const fn is_of_a_partition(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::BadCompression
            | RDKafkaErrorCode::NotImplemented
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::UnsupportedCompressionType
            | RDKafkaErrorCode::UnsupportedForMessageFormat
            | RDKafkaErrorCode::KafkaStorageError
    )
}
