//! The relay: from the journal to Kafka, in order, nothing left out.
//!
//! Promises
//! - An entry counts as sent when Kafka has acknowledged it on all in-sync replicas, never because time has passed.
//! - The cursor moves over the acknowledged prefix only. It is written with every report and synced twice a second, so a kill -9 repeats
//!   what was on the wire and nothing else, a power cut half a second more; what is repeated carries the same sequence and is known by it.
//!   Before it sends, the relay reads the ends of the topics for what is there already ([`tail`]).
//! - Within a partition messages keep the order of the journal. When one fails for good, the producer is given up and a new one begins again
//!   at the first entry that was not acknowledged.
//! - With Kafka away the relay waits, and says so when that begins and when it ends. Kafka back with other data: the topics are created again, the journal goes on.
//! - At most 20,000 messages and 16 MiB are under way, one request at a time (why, says `client`).
//! - A topic whose `max.message.bytes` is small gets small batches. A message that is too large for it by itself is not left out: it, and all
//!   behind it, wait until the topic takes it, and `/readyz` says which it is.
//! - Nothing is left out for its age: what waited here for longer than the retention is sent all the same, and the sink puts it into the
//!   dead letters (`too_old`), where it can be looked at. Only the journal's size bounds how long Kafka may be away.
//!
//! Not for: transactions, other topics, changing topics that exist.

mod acks;
mod client;
mod health;
mod landed;
mod message;
mod session;
mod tail;
mod topics;

use std::io;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use schemas::{Sequence, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use self::client::base_config;
use self::client::{BatchBytes, Context};
use self::health::Health;
pub use self::health::RelayState;
use self::landed::Landed;
pub use self::landed::{Offset, Partition, Place};
use self::session::{End, Session};
use crate::{Cursor, Journal, JournalError};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So often the relay may begin again without a message that arrived before that is a trouble of its own.
const FRUITLESS: u32 = 3;

/// Where Kafka is, and how it is used.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// `HOST:PORT[,HOST:PORT..]`
    pub brokers: String,
    /// Further settings of librdkafka, such as `security.protocol` or `compression.codec`. Those that the promises rest on
    /// (idempotence, acks, partitioner, time-outs) can't be changed.
    pub extra: Vec<(String, String)>,
    /// Of a topic that is created.
    pub partitions: i32,
    /// Of a topic that is created.
    pub retention: Duration,
    /// How long a stop waits for what is under way.
    pub stop_timeout: Duration,
}

impl RelayOptions {
    /// 3 partitions, 30 days, 5 seconds to stop.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            extra: Vec::new(),
            partitions: 3,
            retention: Duration::from_hours(30 * 24),
            stop_timeout: Duration::from_secs(5),
        }
    }
}

/// Why the relay can't go on by itself.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("{}", without_value(.0))]
    Settings(KafkaError),
    #[error("the relay can't read the journal")]
    Journal(#[from] JournalError),
    #[error("the relay's cursor can't be kept")]
    Cursor(#[from] io::Error),
    #[error("the relay's thread has ended")]
    Thread(#[from] tokio::task::JoinError),
}

/// The client's own text shows the value, which may be a password.
fn without_value(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, what, key, _) => format!("a setting for Kafka is wrong: {key}: {what}"),
        other => format!("a setting for Kafka is wrong: {other}"),
    }
}

/// Sends the journal to Kafka.
#[derive(Debug)]
pub struct Relay {
    journal: Journal,
    options: RelayOptions,
    health: Health,
    landed: Landed,
}

/// Tells how the relay does, while it runs.
#[derive(Debug, Clone)]
pub struct RelayView {
    health: Health,
    landed: Landed,
}

impl RelayView {
    #[must_use]
    pub fn state(&self) -> RelayState {
        self.health.state()
    }

    /// Where this entry is on its topic, if that is still remembered.
    #[must_use]
    pub fn place(&self, sequence: Sequence) -> Option<Place> {
        self.landed.place(sequence)
    }

    /// When Kafka acknowledged this entry, as long as its place is remembered.
    #[must_use]
    pub fn acknowledged_at(&self, sequence: Sequence) -> Option<Timestamp> {
        self.landed.acknowledged_at(sequence)
    }
}

impl Relay {
    /// Checks the settings; a name or value that librdkafka does not know is an error.
    pub fn new(journal: Journal, options: RelayOptions) -> Result<Self, RelayError> {
        client::producer_config(&options, BatchBytes::LARGEST)
            .create_native_config()
            .map_err(RelayError::Settings)?;
        let health = Health::default();
        let cursor = Cursor::open(&journal.folder())?;
        health.acknowledged(cursor.acknowledged());
        Ok(Self {
            journal,
            options,
            health,
            landed: Landed::default(),
        })
    }

    /// For `/readyz`, `/metrics` and the drawer.
    #[must_use]
    pub fn view(&self) -> RelayView {
        RelayView {
            health: self.health.clone(),
            landed: self.landed.clone(),
        }
    }

    /// Runs until `stop`; then what is under way gets `stop_timeout`. Troubles are waited out, and shown by the view.
    pub async fn run(self, stop: CancellationToken) {
        let (mut pause, mut fruitless) = (FIRST_PAUSE, 0);
        let mut batch = BatchBytes::LARGEST;
        while !stop.is_cancelled() {
            let (before, began) = (self.health.state().delivered, Instant::now());
            match self.round(batch, &stop).await {
                Ok(End::Stopped) => return,
                Ok(End::Smaller(why)) => {
                    self.health.update(|state| state.restarts += 1);
                    info!(
                        why,
                        "The relay begins again after the last acknowledged entry, with smaller batches"
                    );
                    batch = batch.smaller();
                    wait(&stop, FIRST_PAUSE).await;
                    continue;
                }
                Ok(End::Again(why)) => {
                    self.health.update(|state| state.restarts += 1);
                    fruitless += 1;
                    if fruitless > FRUITLESS {
                        self.health.is_stuck(&why);
                    } else {
                        info!(why, "The relay begins again after the last acknowledged entry");
                    }
                }
                Err(error) => {
                    let causes = anyhow::Error::from(error);
                    self.health.is_stuck(&format!("{causes:#}"));
                }
            }
            let went_well = self.health.state().delivered > before || began.elapsed() > LONGEST_PAUSE;
            pause = if went_well {
                fruitless = 0;
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            wait(&stop, pause).await;
        }
    }

    /// One producer's life, topics first.
    async fn round(&self, batch: BatchBytes, stop: &CancellationToken) -> Result<End, RelayError> {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.ensure_topics(stop).await {
            let causes = anyhow::Error::from(error);
            self.health.is_away(&format!("{causes:#}"));
            wait(stop, pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        if stop.is_cancelled() {
            return Ok(End::Stopped);
        }
        self.health.is_back();
        let (journal, options) = (self.journal.clone(), self.options.clone());
        let (health, landed) = (self.health.clone(), self.landed.clone());
        let stop = stop.clone();
        tokio::task::spawn_blocking(move || {
            let mut cursor = Cursor::open(&journal.folder())?;
            Session::start(&journal, &options, (&health, &landed), (&mut cursor, batch), &stop)?.run()
        })
        .await?
    }

    /// Does nothing once stopped.
    async fn ensure_topics(&self, stop: &CancellationToken) -> Result<(), topics::TopicsError> {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            done = topics::ensure(&self.options, &self.health) => done,
        }
    }
}

async fn wait(stop: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
