//! Where the last entries landed: the place that Kafka named when it acknowledged them, and when that was.
//!
//! Bounds: the last 65,536 sequences, 2.5 MiB. In memory: a restart forgets it. The relay writes it once for each handful of reports.
//!
//! Not for: proofs. What was sent twice has two places, of which this knows the second; `de-shop audit` counts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{Clock, Sequence, Timestamp};

/// How many sequences are remembered; a power of two.
const REMEMBERED: usize = 1 << 16;

/// The number of a partition, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub i32);

/// A position in a partition, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

/// The place of a message on its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub partition: Partition,
    pub offset: Offset,
}

/// An entry that Kafka has acknowledged; without a place when Kafka did not name it, as for a repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivered {
    pub sequence: Sequence,
    pub place: Option<Place>,
}

type Slot = Option<(Sequence, Place, Timestamp)>;

/// Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Landed(Arc<Mutex<Vec<Slot>>>);

impl Default for Landed {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(vec![None; REMEMBERED])))
    }
}

impl Landed {
    pub(super) fn remember(&self, delivered: &[Delivered]) {
        let now = Clock::system().now();
        let mut slots = self.slots();
        for Delivered { sequence, place } in delivered {
            if let Some(place) = place {
                slots[slot(*sequence)] = Some((*sequence, *place, now));
            }
        }
    }

    pub(super) fn place(&self, sequence: Sequence) -> Option<Place> {
        let (holder, place, _) = self.slots()[slot(sequence)]?;
        (holder == sequence).then_some(place)
    }

    /// When Kafka's acknowledgement was read.
    pub(super) fn acknowledged_at(&self, sequence: Sequence) -> Option<Timestamp> {
        let (holder, _, at) = self.slots()[slot(sequence)]?;
        (holder == sequence).then_some(at)
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        // Each slot is written whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn slot(sequence: Sequence) -> usize {
    // The remainder is below 2^16: it fits.
    usize::try_from(sequence.0 % REMEMBERED as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> Place {
        Place {
            partition: Partition(1),
            offset: Offset(offset),
        }
    }

    #[test]
    fn an_entry_is_remembered_until_a_later_one_needs_its_slot() {
        let landed = Landed::default();
        let delivered = |sequence, place| Delivered {
            sequence: Sequence(sequence),
            place,
        };
        landed.remember(&[delivered(7, Some(at(40))), delivered(8, None)]);
        assert_eq!(landed.place(Sequence(7)), Some(at(40)));
        assert_eq!(landed.place(Sequence(8)), None);
        let now = Clock::system().now();
        assert!(landed.acknowledged_at(Sequence(7)).is_some_and(|at| at <= now));
        assert_eq!(landed.acknowledged_at(Sequence(8)), None);
        let later = 7 + REMEMBERED as u64;
        assert_eq!(landed.place(Sequence(later)), None);
        landed.remember(&[delivered(later, Some(at(41)))]);
        assert_eq!(landed.place(Sequence(7)), None);
        assert_eq!(landed.place(Sequence(later)), Some(at(41)));
    }
}
