//! A mark for each sequence of one instance: four bytes an event, whatever the order in which they come.
//!
//! Kept in chunks of 1,024, so that a message with an absurd sequence costs 4 KiB and no more. The chunk that was asked for last
//! is at hand: neighbours come together.

use std::collections::BTreeMap;

use super::mark::Mark;

const CHUNK: usize = 1024;

/// What was seen of each sequence; they count from 1.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    chunks: Vec<Box<[Mark; CHUNK]>>,
    /// Where each chunk stands among them.
    places: BTreeMap<u64, usize>,
    at_hand: Option<(u64, usize)>,
    last: u64,
}

/// Neighbouring sequences with the same fate: one that was seen, or a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) mark: Mark,
    /// The mark of the next sequence that was seen: this one, or the one behind the gap. Empty behind the last.
    pub(super) next: Mark,
}

impl Sequences {
    /// The mark of a sequence, to be changed.
    pub(super) fn mark(&mut self, sequence: u64) -> &mut Mark {
        self.last = self.last.max(sequence);
        let (id, at) = place(sequence);
        let chunk = match self.at_hand {
            Some((known, chunk)) if known == id => chunk,
            _ => self.fetch(id),
        };
        &mut self.chunks[chunk][at]
    }

    fn fetch(&mut self, id: u64) -> usize {
        let chunk = *self.places.entry(id).or_insert_with(|| {
            self.chunks.push(Box::new([Mark::default(); CHUNK]));
            self.chunks.len() - 1
        });
        self.at_hand = Some((id, chunk));
        chunk
    }

    /// The highest sequence that was seen.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Visits 1 to `upto` in order, a gap in one step.
    pub(super) fn for_each_run(&self, upto: u64, mut visit: impl FnMut(Run)) {
        let mut gap_from = 1;
        for (id, chunk) in &self.places {
            for (at, mark) in (0..)
                .zip(self.chunks[*chunk].iter())
                .filter(|(_, mark)| !mark.is_empty())
            {
                let sequence = id * CHUNK as u64 + at;
                if gap_from < sequence {
                    visit(Run {
                        first: gap_from,
                        last: sequence - 1,
                        mark: Mark::default(),
                        next: *mark,
                    });
                }
                visit(Run {
                    first: sequence,
                    last: sequence,
                    mark: *mark,
                    next: *mark,
                });
                gap_from = sequence + 1;
            }
        }
        if gap_from <= upto {
            visit(Run {
                first: gap_from,
                last: upto,
                mark: Mark::default(),
                next: Mark::default(),
            });
        }
    }
}

fn place(sequence: u64) -> (u64, usize) {
    let at = usize::try_from(sequence % CHUNK as u64).unwrap_or(0);
    (sequence / CHUNK as u64, at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::mark::{Flag, Hop};
    use super::*;

    proptest! {
        #[test]
        fn runs_name_each_sequence_once_and_in_order(seen in proptest::collection::btree_set(1_u64..5_000, 0..200), beyond in 0_u64..50) {
            let mut sequences = Sequences::default();
            for sequence in seen.iter().rev() {
                sequences.mark(*sequence).set(Flag::Found(Hop::Files));
            }
            let upto = sequences.last() + beyond;
            let (mut next, mut found) = (1, BTreeSet::new());
            sequences.for_each_run(upto, |run| {
                assert_eq!(run.first, next);
                next = run.last + 1;
                if !run.mark.is_empty() {
                    found.extend(run.first..=run.last);
                }
            });
            prop_assert_eq!(next, upto + 1);
            prop_assert_eq!(found, seen);
        }
    }

    #[test]
    fn an_absurd_sequence_costs_one_chunk() {
        let mut sequences = Sequences::default();
        sequences.mark(i64::MAX.unsigned_abs()).set(Flag::DeadLettered);
        assert_eq!(sequences.chunks.len(), 1);
        let mut runs = Vec::new();
        sequences.for_each_run(0, |run| runs.push((run.first, run.last)));
        assert_eq!(
            runs,
            [
                (1, i64::MAX.unsigned_abs() - 1),
                (i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs())
            ]
        );
    }
}
