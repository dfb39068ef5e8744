//! What a partition remembers of each idempotent producer, so that a repeated batch is kept once.
//!
//! Apache Kafka's rules (`ProducerStateManager`): the last five batches are remembered; a repeat of one is answered with
//! its first offset; the next batch must follow on; a lower epoch is fenced; a higher one starts again at sequence 0;
//! a producer that is not remembered (its batches were deleted) may start anywhere.

use std::collections::{HashMap, VecDeque};

use super::Offset;
use super::batch::{BatchHeader, ProducerStamp};

/// How many batches of one producer are remembered; idempotent clients keep no more in flight.
const REMEMBERED: usize = 5;

/// Why a batch was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SequenceError {
    #[error("sequence {found} does not follow {last}")]
    OutOfOrder { last: i32, found: i32 },
    #[error("producer epoch {found} is older than {current}")]
    OldEpoch { current: i16, found: i16 },
}

/// What to do with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    New,
    /// It is in the log already, from `base` up to (not including) `next`.
    Duplicate {
        base: Offset,
        next: Offset,
    },
}

#[derive(Debug, Clone, Copy)]
struct Remembered {
    first: i32,
    last: i32,
    base: Offset,
    next: Offset,
}

#[derive(Debug, Clone)]
struct ProducerState {
    epoch: i16,
    batches: VecDeque<Remembered>,
    /// When the last batch came, to the nearest check; `None` until the next one.
    last_seen: Option<i64>,
}

/// The producers of one partition.
#[derive(Debug, Default)]
pub(crate) struct Producers(HashMap<i64, ProducerState>);

impl Producers {
    pub(crate) fn judge(&self, header: &BatchHeader) -> Result<Verdict, SequenceError> {
        let Some(stamp) = header.producer else {
            return Ok(Verdict::New);
        };
        let Some(state) = self.0.get(&stamp.id) else {
            return Ok(Verdict::New);
        };
        if stamp.epoch < state.epoch {
            return Err(SequenceError::OldEpoch {
                current: state.epoch,
                found: stamp.epoch,
            });
        }
        let first = stamp.first_sequence;
        if stamp.epoch > state.epoch {
            return if first == 0 {
                Ok(Verdict::New)
            } else {
                Err(SequenceError::OutOfOrder { last: -1, found: first })
            };
        }
        let last = last_sequence(stamp, header.last_delta);
        if let Some(same) = state
            .batches
            .iter()
            .find(|kept| kept.first == first && kept.last == last)
        {
            return Ok(Verdict::Duplicate {
                base: same.base,
                next: same.next,
            });
        }
        match state.batches.back() {
            Some(newest) if first != advance(newest.last, 1) => Err(SequenceError::OutOfOrder {
                last: newest.last,
                found: first,
            }),
            _ => Ok(Verdict::New),
        }
    }

    /// Remembers a batch that is in the log under `header.base`.
    pub(crate) fn remember(&mut self, header: &BatchHeader) {
        let Some(stamp) = header.producer else { return };
        let fresh = || ProducerState {
            epoch: stamp.epoch,
            batches: VecDeque::with_capacity(REMEMBERED),
            last_seen: None,
        };
        let state = self.0.entry(stamp.id).or_insert_with(fresh);
        if state.epoch != stamp.epoch {
            *state = fresh();
        }
        if state.batches.len() == REMEMBERED {
            state.batches.pop_front();
        }
        let last = last_sequence(stamp, header.last_delta);
        state.batches.push_back(Remembered {
            first: stamp.first_sequence,
            last,
            base: header.base,
            next: header.next(),
        });
        state.last_seen = None;
    }

    /// Where the last batch of each begins.
    pub(crate) fn last_batches(&self) -> HashMap<i64, Offset> {
        let last = |(id, state): (&i64, &ProducerState)| Some((*id, state.batches.back()?.base));
        self.0.iter().filter_map(last).collect()
    }

    /// Forgets batches that were taken back out of the log.
    pub(crate) fn forget_from(&mut self, end: Offset) {
        for state in self.0.values_mut() {
            state.batches.retain(|kept| kept.base < end);
        }
        self.0.retain(|_, state| !state.batches.is_empty());
    }

    /// Forgets producers that wrote nothing for `silence` before `now` (milliseconds). Records can be dated as they like,
    /// so it is the checks that tell the time.
    pub(crate) fn expire(&mut self, now: i64, silence: i64) {
        self.0
            .retain(|_, state| *state.last_seen.get_or_insert(now) >= now - silence);
    }
}

fn last_sequence(stamp: ProducerStamp, last_delta: i32) -> i32 {
    advance(stamp.first_sequence, last_delta)
}

/// Sequences run from 0 to `i32::MAX` and begin again at 0.
fn advance(sequence: i32, by: i32) -> i32 {
    let sum = (i64::from(sequence) + i64::from(by)) & i64::from(i32::MAX);
    i32::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::BatchMaker;
    use super::*;

    fn header(sequence: i32, records: i32, base: i64) -> BatchHeader {
        let batch = BatchMaker {
            producer: Some((7, 1, sequence)),
            records,
            ..BatchMaker::default()
        }
        .at(base);
        BatchHeader::parse(&batch).expect("a batch made here is sound")
    }

    fn remembering(sequences: impl IntoIterator<Item = i32>) -> Producers {
        let mut producers = Producers::default();
        for sequence in sequences {
            producers.remember(&header(sequence, 1, i64::from(sequence)));
        }
        producers
    }

    #[test]
    fn the_next_batch_is_new_and_a_repeat_of_the_last_five_is_known() {
        let producers = remembering(0..6);
        assert_eq!(producers.judge(&header(6, 1, 0)), Ok(Verdict::New));
        for known in 1..6 {
            let (base, next) = (Offset(i64::from(known)), Offset(i64::from(known) + 1));
            assert_eq!(
                producers.judge(&header(known, 1, 0)),
                Ok(Verdict::Duplicate { base, next })
            );
        }
        assert_eq!(
            producers.judge(&header(0, 1, 0)),
            Err(SequenceError::OutOfOrder { last: 5, found: 0 })
        );
    }

    #[test]
    fn a_gap_is_refused() {
        let producers = remembering(0..2);
        assert_eq!(
            producers.judge(&header(3, 1, 0)),
            Err(SequenceError::OutOfOrder { last: 1, found: 3 })
        );
    }

    #[test]
    fn a_producer_that_is_not_remembered_may_start_anywhere() {
        assert_eq!(Producers::default().judge(&header(41, 2, 0)), Ok(Verdict::New));
    }

    #[test]
    fn an_older_epoch_is_fenced_and_a_newer_one_starts_at_zero() {
        let producers = remembering(0..3);
        let judge = |epoch, sequence| {
            let batch = BatchMaker {
                producer: Some((7, epoch, sequence)),
                ..BatchMaker::default()
            }
            .at(0);
            producers.judge(&BatchHeader::parse(&batch).expect("sound"))
        };
        assert_eq!(judge(0, 3), Err(SequenceError::OldEpoch { current: 1, found: 0 }));
        assert_eq!(judge(2, 3), Err(SequenceError::OutOfOrder { last: -1, found: 3 }));
        assert_eq!(judge(2, 0), Ok(Verdict::New));
    }

    #[test]
    fn sequences_wrap_around_to_zero() {
        let mut producers = Producers::default();
        producers.remember(&header(i32::MAX - 1, 3, 0));
        assert_eq!(producers.judge(&header(1, 1, 0)), Ok(Verdict::New));
    }

    #[test]
    fn a_producer_is_forgotten_a_week_after_its_last_batch_whatever_its_records_are_dated() {
        let mut producers = remembering(0..1);
        let is_known = |producers: &Producers| producers.judge(&header(0, 1, 0)) != Ok(Verdict::New);
        producers.expire(10_000, 500);
        producers.expire(10_500, 500);
        assert!(is_known(&producers));
        producers.remember(&header(1, 1, 1));
        producers.expire(10_900, 500);
        producers.expire(11_400, 500);
        assert!(is_known(&producers));
        producers.expire(11_401, 500);
        assert!(!is_known(&producers));
    }

    #[test]
    fn batches_taken_back_are_forgotten() {
        let mut producers = remembering(0..4);
        producers.forget_from(Offset(2));
        assert_eq!(producers.judge(&header(2, 1, 0)), Ok(Verdict::New));
    }
}
