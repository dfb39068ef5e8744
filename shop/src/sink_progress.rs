//! How far the sink has got, as it shows Kafka after each of its commits: for the drawer, and for nothing else.
//!
//! Kafka is asked in the background, only while somebody wants to know, and at most once a second for everybody together. Whoever asks
//! gets the last answer at once, and none before the first.
//!
//! Promises: no page and no relay waits for it. With Kafka away the last answer stays as it is; nothing is told, as the relay tells it.
//! Not for: proofs; the sink's own books decide what is committed, and Kafka's offsets may be a moment behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use schemas::{Clock, Timestamp, Topic};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::reached::Reached;
use journal::relay::{Offset, Partition, RelayOptions, base_config};

const AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// How long Kafka may take for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// After so long without a question the connection is given up.
const QUIET_AFTER: Duration = Duration::from_mins(1);
/// What librdkafka says meanwhile is taken away, at most so much at a time.
const SAID: usize = 100;

type At = (Topic, Partition);

/// What the sink has committed, as far as it is known; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SinkProgress(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Partitions that somebody wants to know of.
    wanted: Mutex<BTreeSet<At>>,
    asked: Notify,
    /// The first offset of a partition that is not committed.
    next: Mutex<BTreeMap<At, Offset>>,
    /// When that was told, each time that it rose.
    told: Mutex<BTreeMap<At, Reached<Offset>>>,
    clock: Clock,
}

impl SinkProgress {
    /// Whether the sink has committed this message, as the last answer says; and has the answer renewed.
    #[must_use]
    pub fn is_past(&self, topic: Topic, partition: Partition, offset: Offset) -> bool {
        let known = held(&self.0.next).get(&(topic, partition)).copied();
        let past = known.is_some_and(|next| offset < next);
        if !past {
            held(&self.0.wanted).insert((topic, partition));
            self.0.asked.notify_one();
        }
        past
    }

    /// When it was known for the first time that the sink has committed this message: it did so then or, as it is asked once a second and
    /// only while somebody wants to know, before.
    #[must_use]
    pub fn known_since(&self, topic: Topic, partition: Partition, offset: Offset) -> Option<Timestamp> {
        let told = held(&self.0.told);
        told.get(&(topic, partition))?.when(Offset(offset.0.saturating_add(1)))
    }

    fn learn(&self, known: Vec<(At, Offset)>) {
        let now = self.0.clock.now();
        let mut told = held(&self.0.told);
        for (at, next) in &known {
            told.entry(*at).or_default().note(*next, now);
        }
        held(&self.0.next).extend(known);
    }

    /// Asks for the offsets of the consumer group `group` whenever somebody wants to know, until `stop`.
    pub(crate) async fn keep_asking(self, options: RelayOptions, group: String, stop: CancellationToken) {
        let mut asker: Option<Arc<BaseConsumer<Quiet>>> = None;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.asked.notified() => {}
                () = tokio::time::sleep(QUIET_AFTER), if asker.is_some() => {
                    asker = None;
                    continue;
                }
            }
            let wanted = std::mem::take(&mut *held(&self.0.wanted));
            if asker.is_none() {
                asker = connect(&options, &group).map(Arc::new);
            }
            if let Some(asker) = asker.clone() {
                match tokio::task::spawn_blocking(move || ask(&asker, &wanted)).await {
                    Ok(Ok(known)) => self.learn(known),
                    Ok(Err(error)) => debug!(%error, "Kafka does not tell how far the sink is"),
                    Err(error) => debug!(%error, "The question how far the sink is was given up"),
                }
            }
            tokio::time::sleep(AT_MOST_EVERY).await;
        }
    }
}

/// The settings were checked when the relay was made: what fails here is worth another try.
fn connect(options: &RelayOptions, group: &str) -> Option<BaseConsumer<Quiet>> {
    let mut config = base_config(options);
    config.set("group.id", group).set("enable.auto.commit", "false");
    let made = config.create_with_context(Quiet);
    made.inspect_err(|error| debug!(%error, "Kafka can't be asked how far the sink is"))
        .ok()
}

/// Joins no group and reads nothing: it only asks.
fn ask(asker: &BaseConsumer<Quiet>, wanted: &BTreeSet<At>) -> KafkaResult<Vec<(At, Offset)>> {
    // Errors that nobody takes would pile up.
    for _ in 0..SAID {
        if asker.poll(Duration::ZERO).is_none() {
            break;
        }
    }
    let mut list = TopicPartitionList::new();
    for (topic, Partition(partition)) in wanted {
        list.add_partition(topic.name(), *partition);
    }
    let answer = asker.committed_offsets(list, PATIENCE)?;
    let elements = answer.elements();
    let known = elements.iter().filter_map(|element| {
        let topic = Topic::from_name(element.topic())?;
        let KafkaOffset::Offset(next) = element.offset() else {
            return None;
        };
        Some(((topic, Partition(element.partition())), Offset(next)))
    });
    Ok(known.collect())
}

/// A panic elsewhere leaves whole values behind these locks.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kafka's troubles are told by the relay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        debug!(?level, facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        debug!(%error, reason, "librdkafka reports an error");
    }
}

impl ConsumerContext for Quiet {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_as_committed_below_the_next_offset_of_its_partition() {
        let progress = SinkProgress::default();
        let (view, one) = (Topic::View, Partition(1));
        assert!(!progress.is_past(view, one, Offset(5)), "nobody has answered yet");
        assert!(held(&progress.0.wanted).contains(&(view, one)));
        assert_eq!(progress.known_since(view, one, Offset(5)), None);
        progress.learn(vec![((view, one), Offset(6))]);
        assert!(progress.is_past(view, one, Offset(5)));
        assert!(!progress.is_past(view, one, Offset(6)));
        assert!(!progress.is_past(view, Partition(2), Offset(5)));
        assert!(progress.known_since(view, one, Offset(5)).is_some());
        assert_eq!(progress.known_since(view, one, Offset(6)), None);
    }
}
