//! Taking partitions over: when the group gives them, and again after a failure. One way for both, and it begins with the books.
//!
//! A position belongs to the cluster that it was read from. When Kafka was set up anew (another cluster id) or no longer has what comes
//! next, the partition is not read: reading on would skip what stands before the position without a word.
//! So does a topic that was deleted and made again in the same cluster and has grown past the position: where the books know the last
//! message that was read, reading begins with it, and it must be the same (`trace`). Not found: a compacted topic made anew that has
//! compacted the message at that offset away.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer as _;
use schemas::Topic;

use super::Loop;
use super::watch::Stranded;
use crate::assignment::{Assignment, Wish};
use crate::books::Claim;
use crate::error::Course;
use crate::kafka::ANSWER_WITHIN;
use crate::part::Part;
use crate::rebalance::Change;
use crate::{ClusterId, Offset, SinkError, TopicPartition, metric};

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// A take-over that is to be done as soon as Kafka, the database and the disk let us.
#[derive(Debug)]
pub(crate) struct Pending {
    wishes: Vec<Wish>,
    due: Instant,
    backoff: Duration,
}

/// What Kafka has of a partition.
#[derive(Debug, Clone, Copy)]
struct Extent {
    low: Offset,
    high: Offset,
}

impl Pending {
    fn new(wishes: Vec<Wish>) -> Self {
        Self {
            wishes,
            due: Instant::now(),
            backoff: FIRST_BACKOFF,
        }
    }

    /// The more often it failed, the longer the wait.
    fn after_failures(wishes: Vec<Wish>, failures: u32) -> Self {
        let backoff = (FIRST_BACKOFF * (1 << failures.min(5))).min(LONGEST_BACKOFF);
        Self {
            wishes,
            due: Instant::now() + backoff,
            backoff,
        }
    }

    fn later(&mut self) {
        self.due = Instant::now() + self.backoff;
        self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
    }
}

impl Loop {
    /// Follows what the group decided.
    pub(crate) fn answer(&mut self, change: Change) -> Result<(), SinkError> {
        self.forget()?;
        match change {
            Change::Assigned(partitions) => {
                metric::rebalanced();
                tracing::info!(partitions = partitions.len(), "the group gave us partitions");
                let wishes = partitions
                    .into_iter()
                    .map(|at| Wish {
                        at,
                        only_if_ours: false,
                    })
                    .collect();
                self.pending = Some(Pending::new(wishes));
            }
            Change::Revoked => {
                tracing::info!("the group takes the partitions back");
                self.pending = None;
                self.consumer.unassign()?;
            }
        }
        Ok(())
    }

    /// Throws away what is under way and asks for the partitions again, from where the books stand.
    pub(crate) fn take_back(&mut self) {
        self.batch = None;
        if self.pending.is_some() {
            return;
        }
        // Given back, not paused: of pause, assign and resume in a row librdkafka can lose the last, and the partition is never read
        // again (librdkafka #5591). The group's membership stays.
        if let Err(error) = self.consumer.unassign() {
            tracing::debug!(%error, "giving partitions back");
        }
        self.pending = Some(Pending::after_failures(
            self.assignment.wanted_back(),
            self.failed_commits,
        ));
    }

    /// Takes over what is pending, if it is time to try.
    pub(crate) fn recover(&mut self) -> Result<(), SinkError> {
        let Some(mut pending) = self.pending.take_if(|pending| pending.due <= Instant::now()) else {
            return Ok(());
        };
        match self.take_over(&pending.wishes) {
            Ok(()) => Ok(()),
            Err(error) if error.course() == Course::Stop => Err(error),
            Err(error) => {
                self.parts.health.trouble(Part::of(&error), error.to_string());
                pending.later();
                self.pending = Some(pending);
                Ok(())
            }
        }
    }

    /// Before partitions go: lets the commit under way end, and forgets what was only gathered.
    pub(crate) fn forget(&mut self) -> Result<(), SinkError> {
        self.batch = None;
        let settled = self.settle();
        self.failed_commits = 0;
        self.assignment = Assignment::default();
        self.watch.end();
        match settled {
            Err(error) if error.course() == Course::Stop => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the last batch before the rebalance was not committed");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn take_over(&mut self, wishes: &[Wish]) -> Result<(), SinkError> {
        // The watermarks come without the cluster's name; this answer brings it.
        let metadata = self.consumer.fetch_metadata(None, ANSWER_WITHIN)?;
        let cluster = self.cluster_now();
        let is_another = self.cluster.is_some() && cluster != self.cluster;
        let is_there = |topic: Topic| metadata.topics().iter().any(|found| found.name() == topic.name());
        if is_another || !Topic::ALL.into_iter().all(is_there) {
            self.cluster = cluster;
            return self.leave_and_join();
        }
        let extents = self.extents(wishes)?;
        let claims: Vec<_> = wishes
            .iter()
            .filter_map(|wish| {
                let extent = extents.get(&wish.at)?;
                Some(Claim {
                    at: wish.at,
                    only_if_ours: wish.only_if_ours,
                    earliest: extent.low,
                    end: extent.high,
                })
            })
            .collect();
        let committer = std::sync::Arc::clone(&self.parts.committer);
        let mut assignment = self
            .parts
            .runtime
            .block_on(async { committer.lock().await.take_over(&claims, cluster.as_ref()).await })?;
        let stranded = strand(&mut assignment, &extents, wishes, cluster.as_ref());
        for (at, Extent { low, .. }) in &extents {
            if let Some(held) = assignment.get_mut(*at).filter(|held| held.next <= *low) {
                held.unproven = None;
            }
        }
        let list = list(&assignment);
        self.consumer.assign(&list)?;
        self.consumer.resume(&list)?;
        tracing::info!(partitions = list.count(), "reading on");
        self.assignment = assignment;
        self.cluster = cluster;
        self.parts.health.well(Part::Kafka);
        // After a failed commit only one that succeeds proves that disk and database are well.
        if self.failed_commits == 0 {
            self.parts.health.well(Part::Database);
            self.parts.health.well(Part::Logs);
        }
        self.watch.begin(stranded);
        self.say_partitions();
        Ok(())
    }

    /// The group may have met while topics were gone, and given nothing to anyone. librdkafka asks it to meet again only when topics differ
    /// from those that it remembers, so never once they are back: whoever leaves forgets, and is given what there is.
    fn leave_and_join(&self) -> Result<(), SinkError> {
        tracing::warn!("Kafka was set up anew, or topics are gone: leaving the group and joining it again");
        // What the group gave wants an answer before it can be given back.
        self.consumer.assign(&TopicPartitionList::new())?;
        self.consumer.unsubscribe();
        self.join()
    }

    /// Reads a partition no longer, and says why.
    pub(crate) fn strand(&mut self, at: TopicPartition, next: Offset, why: String) {
        self.assignment.remove(at);
        let mut list = TopicPartitionList::new();
        list.add_partition(at.topic.name(), at.partition.0);
        if let Err(error) = self.consumer.pause(&list) {
            tracing::debug!(%error, "pausing");
        }
        self.watch.strand(at, Stranded { next, why });
        self.say_partitions();
    }

    fn extents(&self, wishes: &[Wish]) -> Result<HashMap<TopicPartition, Extent>, SinkError> {
        let extent = |wish: &Wish| {
            let (topic, partition) = (wish.at.topic.name(), wish.at.partition.0);
            let (low, high) = self.consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN)?;
            Ok((
                wish.at,
                Extent {
                    low: Offset(low),
                    high: Offset(high),
                },
            ))
        };
        wishes.iter().map(extent).collect()
    }
}

/// The partitions with the offsets from which they are read.
fn list(assignment: &Assignment) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (at, held) in assignment.iter() {
        let next = rdkafka::Offset::Offset(held.begin().0);
        if let Err(error) = list.add_partition_offset(at.topic.name(), at.partition.0, next) {
            tracing::error!(%at, %error, "an offset that Kafka doesn't take, which is a mistake in the program: report this line");
        }
    }
    list
}

/// Gives up what another sink has taken, and what Kafka no longer has at the position; answers what to say about it.
fn strand(
    assignment: &mut Assignment,
    extents: &HashMap<TopicPartition, Extent>,
    wishes: &[Wish],
    cluster: Option<&ClusterId>,
) -> BTreeMap<TopicPartition, Stranded> {
    let mut stranded = BTreeMap::new();
    for Wish { at, .. } in wishes {
        let Some(Extent { low, high }) = extents.get(at) else {
            continue;
        };
        let Some((next, home)) = assignment.get_mut(*at).map(|held| (held.next, held.cluster.clone())) else {
            let why = format!("{at} was taken over by another sink");
            stranded.insert(*at, Stranded { next: *high, why });
            continue;
        };
        let mut strand = |why: String| {
            assignment.remove(*at);
            stranded.insert(*at, Stranded { next, why });
        };
        if let (Some(home), Some(cluster)) = (home, cluster)
            && home != *cluster
        {
            strand(format!(
                "{at} stands at {next} of the Kafka cluster {home}, but this is the cluster {cluster}: Kafka was set up anew, or \
                 --kafka names another one. The partition is not read. If the old cluster is gone for good, stop the sinks and run \
                 `sink positions forget --all`: reading then starts at the beginning, known messages are skipped"
            ));
        } else if next < *low || next > *high {
            strand(format!(
                "{at} stands at {next}, but Kafka has only {low} to {high}: messages are missing. The partition is not read. If they \
                 are lost for good, stop the sinks and run `sink positions forget --topic {} --partition {}`: reading then starts at \
                 {low}, known messages are skipped",
                at.topic.name(),
                at.partition.0
            ));
        }
    }
    stranded
}
