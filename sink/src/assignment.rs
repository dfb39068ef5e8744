//! What the sink holds in memory of the partitions that it was given. The books are the truth; this is a copy that runs ahead
//! by the batches under way, and is thrown away when one of them fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemas::Source;

use crate::books::{Position, Sources};
use crate::marks::Marks;
use crate::trace::Trace;
use crate::{ClusterId, Epoch, Offset, TopicPartition};

/// One partition, as far as it was read.
#[derive(Debug)]
pub(crate) struct Held {
    pub epoch: Epoch,
    pub next: Offset,
    /// The cluster that `next` belongs to, as far as it is known.
    pub cluster: Option<ClusterId>,
    pub bad_run: u64,
    /// The last message that was good, of those that this sink has read itself.
    last_good: Option<Offset>,
    /// The last sequence of each source.
    pub seen: Sources,
    /// Up to where each source was kept before there were marks.
    pub unmarked: Sources,
    /// Offsets whose dead letters were already delivered before a crash.
    pub already_dead: BTreeSet<Offset>,
    /// Of the message before `next`, until it was read once more: what proves that the partition is still the one that was read.
    pub unproven: Option<Trace>,
}

/// Every partition that this sink holds.
#[derive(Debug, Default)]
pub(crate) struct Assignment {
    partitions: BTreeMap<TopicPartition, Held>,
    pub(crate) marks: Marks,
}

/// A partition that is to be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub at: TopicPartition,
    /// After a failure: only if nobody else has taken it since.
    pub only_if_ours: bool,
}

impl Held {
    /// Where reading begins: one message before the next one, where that has to prove something.
    pub(crate) fn begin(&self) -> Offset {
        match self.unproven {
            Some(_) => Offset(self.next.0 - 1),
            None => self.next,
        }
    }

    /// Whether the first message that comes is of the partition that was read before. Where the one before `next` is gone, because of
    /// its age or by compaction, nothing can be told, and reading goes on.
    pub(crate) fn is_proven_by(&mut self, offset: Offset, trace: Trace) -> bool {
        match self.unproven.take() {
            Some(known) if offset.next() == self.next => known == trace,
            _ => true,
        }
    }

    /// The message at `offset` is good.
    pub(crate) const fn end_bad_run(&mut self, offset: Offset) {
        self.last_good = Some(offset);
        self.bad_run = 0;
    }

    /// The message at `offset`, with a run of `bad_run` in front of it, was found to be good after all.
    pub(crate) fn no_bad_run_before(&mut self, offset: Offset, bad_run: u64) {
        if self.last_good.is_none_or(|good| good < offset) {
            self.last_good = Some(offset);
            self.bad_run -= bad_run.min(self.bad_run);
        }
    }

    /// The message at `offset` was found to be bad after all.
    pub(crate) fn lengthen_bad_run(&mut self, offset: Offset) {
        if self.last_good.is_none_or(|good| good < offset) {
            self.bad_run += 1;
        }
    }

    pub(crate) fn saw(&mut self, source: &Source) {
        match self.seen.get_mut(&source.instance) {
            Some(last) => *last = source.sequence.max(*last),
            None => drop(self.seen.insert(source.instance.clone(), source.sequence)),
        }
    }
}

impl Assignment {
    /// Starts from what the books say.
    pub(crate) fn new(
        positions: Vec<Position>,
        mut sources: HashMap<TopicPartition, Sources>,
        mut unmarked: HashMap<TopicPartition, Sources>,
        mut already_dead: HashMap<TopicPartition, BTreeSet<Offset>>,
    ) -> Self {
        let partitions = positions
            .into_iter()
            .map(|position| {
                let held = Held {
                    epoch: position.epoch,
                    next: position.next,
                    cluster: position.cluster,
                    bad_run: position.bad_run,
                    last_good: None,
                    seen: sources.remove(&position.at).unwrap_or_default(),
                    unmarked: unmarked.remove(&position.at).unwrap_or_default(),
                    already_dead: already_dead.remove(&position.at).unwrap_or_default(),
                    unproven: position.trace,
                };
                (position.at, held)
            })
            .collect();
        Self {
            partitions,
            marks: Marks::default(),
        }
    }

    /// A partition, with the marks that all of them share.
    pub(crate) fn hold(&mut self, at: TopicPartition) -> Option<(&mut Held, &mut Marks)> {
        Some((self.partitions.get_mut(&at)?, &mut self.marks))
    }

    pub(crate) fn get_mut(&mut self, at: TopicPartition) -> Option<&mut Held> {
        self.partitions.get_mut(&at)
    }

    pub(crate) fn remove(&mut self, at: TopicPartition) -> Option<Held> {
        self.partitions.remove(&at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TopicPartition, &Held)> {
        self.partitions.iter().map(|(at, held)| (*at, held))
    }

    /// What to take back after a failure: only what nobody else has taken.
    pub(crate) fn wanted_back(&self) -> Vec<Wish> {
        self.iter().map(|(at, _)| Wish { at, only_if_ours: true }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Partition;

    /// What is held of a partition that was read up to offset 6.
    fn held(trace: Option<Trace>) -> Held {
        let at = TopicPartition {
            topic: schemas::Topic::View,
            partition: Partition(0),
        };
        let position = Position {
            at,
            epoch: Epoch(1),
            next: Offset(7),
            cluster: None,
            bad_run: 0,
            dead_letters_from: None,
            trace,
        };
        let (nothing, none) = (HashMap::new(), HashMap::new());
        let mut assignment = Assignment::new(vec![position], nothing, none, HashMap::new());
        assignment.remove(at).unwrap()
    }

    #[test]
    fn only_another_message_before_the_next_one_tells_that_the_partition_is_another() {
        let trace = |value: &[u8]| Trace::of(Some(1), None, Some(value));
        let (this, other) = (trace(b"this"), trace(b"other"));
        assert_eq!(held(Some(this)).begin(), Offset(6));
        assert!(held(Some(this)).is_proven_by(Offset(6), this));
        assert!(!held(Some(this)).is_proven_by(Offset(6), other));
        // It is gone; books that are older than traces.
        assert!(held(Some(this)).is_proven_by(Offset(7), other));
        assert_eq!(held(None).begin(), Offset(7));
        assert!(held(None).is_proven_by(Offset(7), other));
        // Proven once, it is not asked again.
        let mut proven = held(Some(this));
        assert!(proven.is_proven_by(Offset(6), this) && proven.is_proven_by(Offset(6), other));
    }
}
