//! The portal: the pages under `/data`, for those who attach to the topics.
//!
//! Promises:
//! - what is written comes from what runs: fields from the Rust types, everything else from Kafka, asked in the background;
//! - a page shows the last answer of Kafka and since when there is none; only a jump, a search and the first look at a topic wait, for a
//!   bounded time;
//! - personal fields are hidden but for the reader's own session; without leave to read (`--portal-token`) no message is shown;
//! - it joins no group and commits nothing.
//!
//! Not here: HTTP and the frame around the pages (the shop's `web::data`), the shop's and the sink's databases.

mod assignment;
pub mod declared;
pub mod documents;
pub mod filter;
pub mod kafka;
mod language;
pub mod look;
pub mod message;
mod nearest;
pub mod observed;
pub mod pages;
pub mod personal;
pub mod recipes;
pub mod search;
pub mod survey;
mod table;
pub mod tail;
mod topics;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use maud::Markup;
use rdkafka::ClientConfig;
use schemas::Clock;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::documents::Described;
pub use self::documents::schema;
pub use self::filter::Filter;
use self::kafka::Kafka;
pub use self::language::Language;
use self::look::Looks;
pub use self::pages::{Jump, Told, TopicQuery, schema_address};
use self::survey::Survey;
use self::tail::Tail;

/// Searches that run at the same time; more wait for their turn.
const SEARCHES: usize = 2;
/// Downloads that run at the same time: a receiver may be slow, so they keep no search waiting.
const DOWNLOADS: usize = 2;

/// What the portal is told by the shop.
pub struct Options {
    /// How the shop reaches Kafka.
    pub kafka: ClientConfig,
    /// Where readers reach it: `HOST:PORT,..`.
    pub bootstrap: String,
    /// Where readers reach the shop, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
    /// The consumer group of the sink.
    pub sink_group: String,
    /// How the shop makes topics.
    pub partitions: i32,
    pub retention: Duration,
    /// What the shop knows of its own part of the way.
    pub way: Arc<dyn Fn() -> Way + Send + Sync>,
}

/// How far the shop's own part of the way has got.
#[derive(Debug, Clone, Copy, Default)]
pub struct Way {
    /// Events in the journal, from its beginning.
    pub journal: u64,
    /// Of those, the ones that Kafka has acknowledged.
    pub acknowledged: u64,
}

/// Who reads.
#[derive(Debug, Clone)]
pub struct Reader {
    pub language: Language,
    /// The reader's own session: its fields are not hidden.
    pub session: Option<String>,
    /// Whether messages may be shown at all.
    pub may_read: bool,
    /// Whether there is a classroom beside the shop, with exercises on the topics.
    pub has_classroom: bool,
}

/// A page without the frame around it.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub title: String,
    pub content: Markup,
}

/// The portal; clones share it.
#[derive(Clone)]
pub struct Portal(Arc<Parts>);

struct Parts {
    kafka: Kafka,
    bootstrap: String,
    public_url: String,
    sink_group: String,
    partitions: i32,
    retention: Duration,
    way: Arc<dyn Fn() -> Way + Send + Sync>,
    survey: Arc<Survey>,
    looks: Arc<Looks>,
    tail: Arc<Tail>,
    searches: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
    /// Made when somebody asks, and then kept: the program and its settings don't change.
    described: OnceLock<Described>,
}

impl Portal {
    #[must_use]
    pub fn new(options: Options) -> Self {
        let kafka = Kafka { config: options.kafka };
        let clock = options.clock;
        Self(Arc::new(Parts {
            survey: Arc::new(Survey::new(kafka.clone(), clock.clone())),
            looks: Arc::new(Looks::new(kafka.clone())),
            tail: Arc::new(Tail::new(kafka.clone(), clock.clone())),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            described: OnceLock::new(),
            kafka,
            bootstrap: options.bootstrap,
            public_url: options.public_url,
            sink_group: options.sink_group,
            partitions: options.partitions,
            retention: options.retention,
            way: options.way,
        }))
    }

    /// Where readers find Kafka.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.0.bootstrap
    }

    /// Asks Kafka in the background until `stop`; then those who watch the tail are told that it ends.
    pub async fn run(self, stop: CancellationToken) {
        let survey = Arc::clone(&self.0.survey).run(stop.clone());
        let tail = Arc::clone(&self.0.tail).run(stop);
        tokio::join!(survey, tail);
    }
}
