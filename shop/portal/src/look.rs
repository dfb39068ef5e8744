//! The last messages of a topic, read in the background and kept for a while.
//!
//! Whoever asks gets what is kept, at once. Only the first question of all waits, at most [`FIRST`], and not while Kafka is away.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaResult;
use schemas::{EventType, Topic};
use tokio::sync::{Notify, Semaphore};

use crate::declared;
use crate::kafka::{Kafka, Range, read, whole};
use crate::message::Message;
use crate::observed::Observed;

/// So many messages of a topic are looked at.
pub const LAST: u64 = 10_000;
/// What was read longer ago is read again when somebody asks.
const FRESH: Duration = Duration::from_secs(5);
/// How long the first question waits.
const FIRST: Duration = Duration::from_secs(1);
/// How long one look may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Topics that are read at the same time.
const AT_ONCE: usize = 2;

type Maps = BTreeMap<&'static str, Arc<BTreeSet<String>>>;

/// The maps in the messages of each type.
static MAPS: LazyLock<Maps> = LazyLock::new(|| {
    let of = |event_type| {
        let fields = declared::fields(event_type);
        let maps = declared::maps(fields).into_iter().map(str::to_owned);
        Arc::new(maps.collect::<BTreeSet<_>>())
    };
    EventType::ALL
        .map(|event_type| (event_type.name(), of(event_type)))
        .into()
});

/// What was seen of each topic.
#[derive(Debug)]
pub(crate) struct Looks {
    kafka: Kafka,
    kept: Mutex<BTreeMap<Topic, (Instant, Arc<Observed>)>>,
    running: Mutex<BTreeSet<Topic>>,
    done: Notify,
    turns: Semaphore,
}

impl Looks {
    pub(crate) fn new(kafka: Kafka) -> Self {
        Self {
            kafka,
            kept: Mutex::default(),
            running: Mutex::default(),
            done: Notify::new(),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// What is kept, however old; it is read again if it is older than this.
    pub(crate) fn kept(self: &Arc<Self>, topic: Topic, older: Duration) -> Option<Arc<Observed>> {
        let kept = lock(&self.kept).get(&topic).cloned();
        if kept.as_ref().is_none_or(|(at, _)| at.elapsed() > older) {
            self.begin(topic);
        }
        kept.map(|(_, observed)| observed)
    }

    /// As fresh as it comes without waiting; the first time it waits a moment.
    pub(crate) async fn of(self: &Arc<Self>, topic: Topic, is_away: bool) -> Option<Arc<Observed>> {
        if let Some(kept) = self.kept(topic, FRESH) {
            return Some(kept);
        }
        if is_away {
            return None;
        }
        let first = async {
            loop {
                let done = self.done.notified();
                if let Some((_, observed)) = lock(&self.kept).get(&topic).cloned() {
                    return observed;
                }
                done.await;
            }
        };
        tokio::time::timeout(FIRST, first).await.ok()
    }

    fn begin(self: &Arc<Self>, topic: Topic) {
        if !lock(&self.running).insert(topic) {
            return;
        }
        let looks = Arc::clone(self);
        tokio::spawn(async move {
            let turn = looks.turns.acquire().await;
            let kafka = looks.kafka.clone();
            match tokio::task::spawn_blocking(move || look(&kafka, topic)).await {
                Ok(Ok(observed)) => drop(lock(&looks.kept).insert(topic, (Instant::now(), Arc::new(observed)))),
                Ok(Err(error)) => tracing::debug!(%error, topic = topic.name(), "The portal can't read a topic"),
                Err(error) => tracing::error!(%error, "Reading a topic has broken, which is a mistake in the program"),
            }
            drop(turn);
            lock(&looks.running).remove(&topic);
            looks.done.notify_waiters();
        });
    }
}

fn look(kafka: &Kafka, topic: Topic) -> KafkaResult<Observed> {
    let client = kafka.reader()?;
    let deadline = Instant::now() + DEADLINE;
    let ranges = whole(&client, topic)?;
    let mut observed = Observed::default();
    let last = last_of(&ranges, LAST);
    read(&client, topic, &last, deadline, |message| {
        if let Some(message) = Message::of(message) {
            observed.take(&Arc::new(message), |event_type| MAPS.get(event_type).cloned());
        }
        ControlFlow::Continue(())
    })?;
    if last != ranges {
        let first = ranges.iter().map(|range| Range {
            until: range.until.min(range.from + 1),
            ..*range
        });
        let first: Vec<Range> = first.collect();
        read(&client, topic, &first, deadline, |message| {
            if let Some(millis) = message_millis(message) {
                observed.oldest = Some(observed.oldest.map_or(millis, |oldest| oldest.min(millis)));
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(observed)
}

fn message_millis(message: &rdkafka::message::BorrowedMessage<'_>) -> Option<i64> {
    rdkafka::Message::timestamp(message).to_millis()
}

/// The ends of these ranges, so that they are `most` messages together, as evenly as they allow.
fn last_of(ranges: &[Range], most: u64) -> Vec<Range> {
    let (mut low, mut high) = (0, most);
    let taken = |each: u64| ranges.iter().map(|range| range.len().min(each)).sum::<u64>();
    // The largest share of each partition that is not too much.
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if taken(middle) <= most {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let cut = ranges.iter().map(|range| Range {
        from: range.from.max(range.until - i64::try_from(low).unwrap_or(i64::MAX)),
        ..*range
    });
    cut.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(partition: i32, from: i64, until: i64) -> Range {
        Range { partition, from, until }
    }

    #[test]
    fn the_last_messages_come_from_all_partitions_as_far_as_they_reach() {
        let ranges = [range(0, 5, 8), range(1, 0, 1000), range(2, 100, 1100)];
        let last = last_of(&ranges, 103);
        assert_eq!(last, [range(0, 5, 8), range(1, 950, 1000), range(2, 1050, 1100)]);
        assert_eq!(last_of(&ranges, 10_000), ranges);
        assert_eq!(last_of(&[], 10), []);
    }
}
