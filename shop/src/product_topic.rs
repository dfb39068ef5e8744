//! Keeps `shop.product` whole. The topic is compacted: it must say of every product what holds now, or who reads it from the beginning knows
//! less than they think. Where Kafka was set up anew it says nothing, as nothing has changed: so what it lacks is said once more.
//!
//! Promises: looked at when the shop starts, and again when the topic has fewer messages than it had (it was made anew under a running
//! shop). Nothing is said twice while it may still be on its way: the outbox and the journal must be through, and what was published a moment
//! ago is left alone (`Store::say_again`). What is said once more keeps its `valid_from`, so that the sink's table doesn't change.
//! Not for: a topic that was cut short by hand; messages that were deleted one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use journal::Journal;
use journal::relay::{RelayOptions, RelayView, base_config};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};
use schemas::{Clock, ProductId, Sequence, Timestamp, Topic};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::sink_progress::Quiet;
use crate::store::{SaidAgain, Store, StoreError};

/// How often is looked, until the topic was seen whole; and after that.
const UNTIL_SEEN: Duration = Duration::from_secs(5);
const ONCE_SEEN: Duration = Duration::from_mins(1);
/// How long one question to Kafka may take, and reading the topic; a shop that stops waits for one question at most.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);
/// How long a reader waits for a message before it looks whether it is still wanted.
const STEP: Duration = Duration::from_millis(100);

/// Whoever must be asked.
pub(crate) struct ProductTopic {
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) relay: RelayView,
    pub(crate) kafka: RelayOptions,
    pub(crate) clock: Clock,
}

/// What stands on the topic.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// The sum of the partitions' ends: it only rises, unless the topic is made anew.
    ends: i64,
    products: BTreeSet<ProductId>,
}

/// Why it can't be said what the topic lacks; worth another try.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("the database does not answer")]
    Store(#[from] StoreError),
    #[error("Kafka does not answer")]
    Kafka(#[from] KafkaError),
    #[error("something may still be on its way")]
    OnItsWay,
    #[error("the task that asks Kafka was stopped")]
    Stopped(#[from] tokio::task::JoinError),
}

impl ProductTopic {
    /// Looks after the topic until `stop`.
    pub(crate) async fn keep_whole(self, stop: CancellationToken) {
        let mut had: Option<i64> = None;
        let mut every = tokio::time::interval(UNTIL_SEEN);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            match self.look(had, &stop).await {
                Ok(ends) => {
                    had = Some(ends);
                    every = tokio::time::interval_at(tokio::time::Instant::now() + ONCE_SEEN, ONCE_SEEN);
                }
                // Kafka's and the database's troubles are told by who needs them more.
                Err(error) => debug!(%error, "It is not known what shop.product lacks"),
            }
        }
    }

    /// Says once more what the topic lacks, unless it has as many messages as it `had` or more; tells how many it has, or will have.
    async fn look(&self, had: Option<i64>, stop: &CancellationToken) -> Result<i64, Unknown> {
        let asked = self.clock.now();
        let kafka = self.kafka.clone();
        if let Some(had) = had {
            let ends =
                tokio::task::spawn_blocking(move || Ok::<_, KafkaError>(sum(&ends(&reader(&kafka)?)?))).await??;
            // Made anew, it is looked at as at the start, at the next turn at the latest.
            return if ends >= had {
                Ok(ends)
            } else {
                self.complete(asked, stop).await
            };
        }
        self.complete(asked, stop).await
    }

    async fn complete(&self, asked: Timestamp, stop: &CancellationToken) -> Result<i64, Unknown> {
        if !self.is_through().await? {
            return Err(Unknown::OnItsWay);
        }
        let (kafka, stop) = (self.kafka.clone(), stop.clone());
        let Seen { ends, products } = tokio::task::spawn_blocking(move || read(&kafka, &stop)).await??;
        let stock = self.store.stock();
        let lacking: Vec<ProductId> = stock.products().filter(|id| !products.contains(id)).collect();
        let SaidAgain { said, too_new } = self.store.say_again(&lacking, asked).await?;
        if said > 0 {
            info!(
                products = said,
                "shop.product lacked products, as after Kafka was set up anew: they were said once more"
            );
        }
        if too_new > 0 {
            return Err(Unknown::OnItsWay);
        }
        // What was just said is to come.
        Ok(ends.saturating_add(i64::try_from(said).unwrap_or(i64::MAX)))
    }

    /// Whether Kafka answers, and has acknowledged all that this shop has recorded.
    async fn is_through(&self) -> Result<bool, StoreError> {
        if self.relay.state().trouble.is_some() {
            return Ok(false);
        }
        if !self
            .store
            .facts_not_in_journal(self.journal.instance(), 1)
            .await?
            .is_empty()
        {
            return Ok(false);
        }
        let last = Sequence(self.journal.next_sequence().0.saturating_sub(1));
        Ok(self.relay.state().acknowledged >= last.0)
    }
}

/// A client that joins no group and commits nothing.
fn reader(kafka: &RelayOptions) -> KafkaResult<BaseConsumer<Quiet>> {
    let mut config = base_config(kafka);
    config
        .set("group.id", "de-shop-products")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true");
    config.create_with_context(Quiet)
}

/// Where each partition of the topic ends.
fn ends(reader: &BaseConsumer<Quiet>) -> KafkaResult<BTreeMap<i32, i64>> {
    let metadata = reader.fetch_metadata(Some(Topic::Product.name()), PATIENCE)?;
    let topic = metadata.topics().first().filter(|topic| !topic.partitions().is_empty());
    let topic = topic.ok_or(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition))?;
    let end = |id| Ok((id, reader.fetch_watermarks(Topic::Product.name(), id, PATIENCE)?.1));
    topic.partitions().iter().map(|partition| end(partition.id())).collect()
}

fn sum(ends: &BTreeMap<i32, i64>) -> i64 {
    ends.values().sum()
}

/// Reads the whole topic: what is compacted is short.
fn read(kafka: &RelayOptions, stop: &CancellationToken) -> KafkaResult<Seen> {
    let reader = reader(kafka)?;
    let ends = ends(&reader)?;
    let mut list = TopicPartitionList::new();
    for id in ends.keys() {
        list.add_partition_offset(Topic::Product.name(), *id, Offset::Beginning)?;
    }
    reader.assign(&list)?;
    let mut left: BTreeSet<i32> = ends.keys().copied().collect();
    let mut products = BTreeSet::new();
    let until = Instant::now() + LONGEST;
    while !left.is_empty() {
        if Instant::now() > until || stop.is_cancelled() {
            return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
        }
        match reader.poll(STEP) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(id))) => {
                left.remove(&id);
            }
            Some(Err(error)) => return Err(error),
            Some(Ok(message)) => {
                let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
                let Some(id) = key.and_then(|key| key.parse().ok()).map(ProductId) else {
                    continue;
                };
                // A message without a value takes back what was said.
                match message.payload() {
                    Some(_) => products.insert(id),
                    None => products.remove(&id),
                };
            }
        }
    }
    Ok(Seen {
        ends: sum(&ends),
        products,
    })
}
