//! Looks, every few seconds, whether every partition moves that has something to give: a batch that Kafka acknowledged once may be one
//! that no client can read, and librdkafka then says little or nothing.
//!
//! Promises: a partition that stands still for [`STILL_AFTER`] although its end is ahead is a trouble of its own, until it moves; all
//! others go on. The lag is that between the books and the end, also of what is not read. One question to Kafka at a time, whatever the
//! number of partitions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer as _;
use schemas::Topic;

use super::Loop;
use crate::part::Part;
use crate::{Offset, Partition, TopicPartition, metric};

const EVERY: Duration = Duration::from_secs(5);
const STILL_AFTER: Duration = Duration::from_secs(15);
/// The loop waits for the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What is known of the partitions that are this sink's.
#[derive(Debug)]
pub(crate) struct Watch {
    looked: Instant,
    still: BTreeMap<TopicPartition, Still>,
    /// What is not read, and why.
    stranded: BTreeMap<TopicPartition, Stranded>,
    /// What stands still, and where.
    stuck: BTreeMap<TopicPartition, Offset>,
    /// What librdkafka last said about a message of an unnamed partition.
    last_said: Option<String>,
}

/// A partition at its last move.
#[derive(Debug, Clone, Copy)]
struct Still {
    since: Instant,
    next: Offset,
    /// What librdkafka fetches next.
    fetched: i64,
}

/// A partition that is this sink's and is not read.
#[derive(Debug)]
pub(crate) struct Stranded {
    pub next: Offset,
    pub why: String,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            looked: Instant::now(),
            still: BTreeMap::new(),
            stranded: BTreeMap::new(),
            stuck: BTreeMap::new(),
            last_said: None,
        }
    }
}

impl Watch {
    /// Goes on with what a take-over found. What was not read before it isn't read afterwards, either: after a failure only what was
    /// read is taken back, and the group's next change ends it all.
    pub(crate) fn begin(&mut self, stranded: BTreeMap<TopicPartition, Stranded>) {
        for (at, stranded) in stranded {
            self.strand(at, stranded);
        }
    }

    /// A partition that is this sink's is read no longer.
    pub(crate) fn strand(&mut self, at: TopicPartition, stranded: Stranded) {
        self.still.remove(&at);
        self.stuck.remove(&at);
        self.stranded.insert(at, stranded);
    }

    /// Other sinks read from now on.
    pub(crate) fn end(&mut self) {
        for at in self.still.keys().chain(self.stranded.keys()) {
            metric::lag(at.topic.name(), at.partition.0, 0);
        }
        *self = Self::default();
    }

    /// librdkafka can't give out a message, and doesn't tell of which partition.
    pub(crate) fn note(&mut self, said: String) {
        self.last_said = Some(said);
    }

    /// Whether a partition that ends at `end` has stood still for too long.
    fn stands_still(&mut self, at: TopicPartition, now: Still, end: i64) -> bool {
        let last = *self.still.entry(at).or_insert(now);
        // Behind what was fetched there are only marks of transactions, which are no messages.
        let has_more = now.next.0 < end && now.fetched < end;
        if !has_more || last.next != now.next || last.fetched != now.fetched {
            self.still.insert(at, now);
            return false;
        }
        now.since.duration_since(last.since) >= STILL_AFTER
    }

    /// What is wrong with partitions.
    fn troubles(&self) -> String {
        let said = self
            .last_said
            .as_ref()
            .map_or(String::new(), |said| format!(" ({said})"));
        let stuck = self.stuck.iter().map(|(at, next)| {
            format!(
                "{at} stands still at {next}, though there is more: Kafka doesn't give it out, or no client can read it{said}. All other \
                 partitions are read on"
            )
        });
        let stranded = self.stranded.values().map(|stranded| stranded.why.clone());
        stranded.chain(stuck).collect::<Vec<_>>().join("; ")
    }
}

impl Loop {
    /// Looks whether all partitions move, if it is time to.
    pub(crate) fn watch(&mut self) {
        if self.watch.looked.elapsed() < EVERY || self.pending.is_some() {
            return;
        }
        self.watch.looked = Instant::now();
        let ends = match self.ends() {
            Ok(ends) => ends,
            Err(error) => {
                tracing::debug!(%error, "the ends of the partitions");
                return;
            }
        };
        let fetched = self.consumer.context().fetched();
        let held: Vec<_> = self.assignment.iter().map(|(at, held)| (at, held.next)).collect();
        self.watch.stuck.clear();
        for (at, next) in held {
            let Some(end) = ends.get(&at) else { continue };
            let now = Still {
                since: self.watch.looked,
                next,
                fetched: fetched.get(&at).copied().unwrap_or(-1),
            };
            if self.watch.stands_still(at, now, *end) {
                self.watch.stuck.insert(at, next);
            }
            let is_at_end = now.fetched >= *end && self.batch.is_none();
            metric::lag(
                at.topic.name(),
                at.partition.0,
                if is_at_end { 0 } else { (end - next.0).max(0) },
            );
        }
        for (at, stranded) in &self.watch.stranded {
            if let Some(end) = ends.get(at) {
                metric::lag(at.topic.name(), at.partition.0, (end - stranded.next.0).max(0));
            }
        }
        self.say_partitions();
    }

    /// Says what is wrong with partitions, or that nothing is.
    pub(crate) fn say_partitions(&self) {
        let troubles = self.watch.troubles();
        if troubles.is_empty() {
            self.parts.health.well(Part::Partitions);
        } else {
            self.parts.health.trouble(Part::Partitions, troubles);
        }
    }

    /// Where each partition ends now.
    fn ends(&self) -> Result<BTreeMap<TopicPartition, i64>, rdkafka::error::KafkaError> {
        let mut list = TopicPartitionList::new();
        let held = self.assignment.iter().map(|(at, _)| at);
        for at in held.chain(self.watch.stranded.keys().copied()) {
            list.add_partition_offset(at.topic.name(), at.partition.0, rdkafka::Offset::End)?;
        }
        if list.count() == 0 {
            return Ok(BTreeMap::new());
        }
        let ends = self.consumer.offsets_for_times(list, ANSWER_WITHIN)?;
        let end = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let at = TopicPartition {
                topic: Topic::from_name(element.topic())?,
                partition: Partition(element.partition()),
            };
            match element.offset() {
                rdkafka::Offset::Offset(end) => Some((at, end)),
                _ => None,
            }
        };
        Ok(ends.elements().iter().filter_map(end).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: TopicPartition = TopicPartition {
        topic: Topic::View,
        partition: Partition(0),
    };

    #[test]
    fn what_is_not_read_stays_a_trouble_when_the_others_are_taken_back() {
        let mut watch = Watch::default();
        let why = "its topic was made anew".to_owned();
        watch.begin(BTreeMap::from([(AT, Stranded { next: Offset(5), why })]));
        watch.begin(BTreeMap::new());
        assert_eq!(watch.troubles(), "its topic was made anew");
        watch.end();
        assert_eq!(watch.troubles(), "");
    }

    #[test]
    fn only_what_has_more_and_does_not_move_stands_still() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut look = |seconds, next, fetched, end| {
            let since = start + Duration::from_secs(seconds);
            let next = Offset(next);
            watch.stands_still(AT, Still { since, next, fetched }, end)
        };
        assert!(!look(0, 5, 5, 9));
        assert!(!look(14, 5, 5, 9));
        assert!(look(15, 5, 5, 9) && look(20, 5, 5, 12));
        // It moved; then it is at its end; then only the mark of a transaction is left.
        assert!(!look(25, 6, 6, 12) && !look(60, 12, 12, 12) && !look(90, 12, 12, 12));
        assert!(!look(95, 12, 13, 13) && !look(200, 12, 13, 13));
        assert!(!look(205, 12, 13, 14) && look(220, 12, 13, 14));
    }
}
