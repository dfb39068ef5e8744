//! What of this shop's journal stands at the ends of the topics already, though its acknowledgement was never seen: a shop that was killed
//! had entries under way. They are not sent once more, so readers need not drop them.
//!
//! Promises: an entry counts as there only if these very bytes are, under its sequence; bounded in time and memory (15 s, 65,536
//! messages of a partition), and what isn't found within them is repeated as ever, which every reader knows by its sequence.
//!
//! Not found: what was on the wire when the shop died, and arrives after the ends were read.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use schemas::{InstanceId, Sequence, Source, Topic};
use serde::Deserialize;

use super::RelayOptions;
use super::client::base_config;

/// How long the shop's events may wait for this.
const WITHIN: Duration = Duration::from_secs(15);
/// Messages of a partition that are read first; then four times as many, and so on.
const FIRST_WINDOW: i64 = 256;
const LONGEST_WINDOW: i64 = 65_536;

/// Entries above the cursor that are on their topics, by the hash of their bytes.
#[derive(Debug, Default)]
pub(super) struct AlreadyThere(HashMap<Sequence, u64>);

/// A partition whose end is being read.
#[derive(Debug, Clone, Copy)]
struct End {
    topic: &'static str,
    partition: i32,
    low: i64,
    high: i64,
    window: i64,
}

#[derive(Deserialize)]
struct FromShop {
    source: Source,
}

impl AlreadyThere {
    /// Whether the entry stands on its topic; asked once.
    pub(super) fn take(&mut self, sequence: Sequence, value: &[u8]) -> bool {
        self.0.remove(&sequence).is_some_and(|found| found == hash(value))
    }
}

/// Reads the ends of all topics for what this instance has sent above `acknowledged`. Blocking.
pub(super) fn read(options: &RelayOptions, instance: &InstanceId, acknowledged: Sequence) -> KafkaResult<AlreadyThere> {
    let until = Instant::now() + WITHIN;
    let mut config = base_config(options);
    config
        .set("group.id", "de-shop-relay")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create()?;
    let mut open = ends(&consumer, until)?;
    let mut there = AlreadyThere::default();
    while !open.is_empty() && Instant::now() < until {
        let lowest = read_once(&consumer, &open, instance, acknowledged, until, &mut there)?;
        open = open
            .into_iter()
            .filter(|end| {
                let reaches_back = lowest
                    .get(&(end.topic, end.partition))
                    .is_some_and(|lowest| *lowest <= acknowledged);
                !reaches_back && end.from() > end.low && end.window < LONGEST_WINDOW
            })
            .map(|end| End {
                high: end.from(),
                window: end.window * 4,
                ..end
            })
            .collect();
    }
    Ok(there)
}

impl End {
    fn from(&self) -> i64 {
        (self.high - self.window).max(self.low)
    }
}

/// Where the partitions of the shop's topics begin and end: two questions, however many partitions there are.
fn ends(consumer: &BaseConsumer, until: Instant) -> KafkaResult<Vec<End>> {
    let metadata = consumer.fetch_metadata(None, left(until))?;
    let mut asked = TopicPartitionList::new();
    for topic in metadata.topics() {
        if Topic::from_name(topic.name()).is_some() {
            for partition in topic.partitions() {
                asked.add_partition(topic.name(), partition.id());
            }
        }
    }
    if asked.count() == 0 {
        return Ok(Vec::new());
    }
    let answered = |at: Offset| -> KafkaResult<HashMap<(&'static str, i32), i64>> {
        let mut asked = asked.clone();
        asked.set_all_offsets(at)?;
        let found = consumer.offsets_for_times(asked, left(until))?;
        let elements = found.elements();
        Ok(elements.iter().filter_map(known_offset).collect())
    };
    let (lows, highs) = (answered(Offset::Beginning)?, answered(Offset::End)?);
    let end = |((topic, partition), high)| End {
        topic,
        partition,
        low: lows.get(&(topic, partition)).copied().unwrap_or(0),
        high,
        window: FIRST_WINDOW,
    };
    Ok(highs.into_iter().map(end).filter(|end| end.low < end.high).collect())
}

/// A partition and its offset; none where Kafka could not tell.
fn known_offset(element: &TopicPartitionListElem<'_>) -> Option<((&'static str, i32), i64)> {
    let topic = Topic::from_name(element.topic())?;
    match element.offset() {
        Offset::Offset(offset) if element.error().is_ok() => Some(((topic.name(), element.partition()), offset)),
        _ => None,
    }
}

type Lowest = HashMap<(&'static str, i32), Sequence>;

/// Reads the windows of the partitions; answers the lowest sequence of the instance in each.
fn read_once(
    consumer: &BaseConsumer,
    open: &[End],
    instance: &InstanceId,
    acknowledged: Sequence,
    until: Instant,
    there: &mut AlreadyThere,
) -> KafkaResult<Lowest> {
    let mut list = TopicPartitionList::new();
    let mut waiting = HashMap::new();
    for end in open {
        list.add_partition_offset(end.topic, end.partition, Offset::Offset(end.from()))?;
        waiting.insert((end.topic, end.partition), end.high);
    }
    consumer.assign(&list)?;
    let mut lowest = Lowest::new();
    while !waiting.is_empty() && Instant::now() < until {
        let message = match consumer.poll(left(until)) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(_))) | None => continue,
            Some(Err(error)) => return Err(error),
        };
        let Some(topic) = Topic::from_name(message.topic()) else {
            continue;
        };
        let place = (topic.name(), message.partition());
        let Some(high) = waiting.get(&place).copied() else {
            continue;
        };
        if message.offset() + 1 >= high {
            waiting.remove(&place);
        }
        let value = message.payload().unwrap_or_default();
        let Ok(FromShop { source }) = serde_json::from_slice(value) else {
            continue;
        };
        if message.offset() < high && source.instance == *instance {
            let known = lowest.entry(place).or_insert(source.sequence);
            *known = source.sequence.min(*known);
            if source.sequence > acknowledged {
                there.0.insert(source.sequence, hash(value));
            }
        }
    }
    Ok(lowest)
}

fn left(until: Instant) -> Duration {
    until
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1))
}

fn hash(value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(value);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_under_the_same_sequence_are_there_and_only_once() {
        let mut landed = AlreadyThere(HashMap::from([
            (Sequence(7), hash(b"seven")),
            (Sequence(8), hash(b"another")),
        ]));
        assert!(!landed.take(Sequence(6), b"seven"));
        assert!(landed.take(Sequence(7), b"seven") && !landed.take(Sequence(7), b"seven"));
        assert!(!landed.take(Sequence(8), b"eight"));
    }

    #[test]
    fn a_window_never_reaches_before_the_beginning() {
        let end = End {
            topic: "shop.view",
            partition: 0,
            low: 10,
            high: 100,
            window: FIRST_WINDOW,
        };
        assert_eq!((end.from(), End { high: 300, ..end }.from()), (10, 44));
    }
}
