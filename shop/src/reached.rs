//! When a mark that only rises was reached: how far the journal is synced, how far the sink has committed.
//!
//! Bounds: the last 4,096 rises, a few minutes of a busy shop. In memory: a restart forgets it.

use std::collections::VecDeque;

use schemas::Timestamp;

const REMEMBERED: usize = 4096;

/// The rises of one mark, the oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Reached<T> {
    rises: VecDeque<(T, Timestamp)>,
    forgot: bool,
}

impl<T> Default for Reached<T> {
    fn default() -> Self {
        Self {
            rises: VecDeque::new(),
            forgot: false,
        }
    }
}

impl<T: Ord + Copy> Reached<T> {
    /// A mark that stands there already, nobody knows since when.
    #[must_use]
    pub(crate) fn beyond(mark: T, at: Timestamp) -> Self {
        Self {
            rises: VecDeque::from([(mark, at)]),
            forgot: true,
        }
    }

    /// The mark stands at `mark` by now; what is no rise is no news.
    pub(crate) fn note(&mut self, mark: T, at: Timestamp) {
        if self.rises.back().is_some_and(|(last, _)| mark <= *last) {
            return;
        }
        if self.rises.len() == REMEMBERED {
            self.rises.pop_front();
            self.forgot = true;
        }
        self.rises.push_back((mark, at));
    }

    /// When the mark was seen at `wanted` or above for the first time; none when it is not there, or when that is forgotten.
    #[must_use]
    pub(crate) fn when(&self, wanted: T) -> Option<Timestamp> {
        let at = self.rises.partition_point(|(mark, _)| *mark < wanted);
        (at > 0 || !self.forgot).then(|| self.rises.get(at).map(|(_, at)| *at))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: i64) -> Timestamp {
        Timestamp::from_unix_micros_saturating(number * 1_000_000)
    }

    #[test]
    fn a_mark_is_reached_when_it_is_first_seen_there_or_above() {
        let mut reached = Reached::default();
        assert_eq!(reached.when(1), None);
        reached.note(5, second(1));
        reached.note(5, second(2));
        reached.note(9, second(3));
        assert_eq!(
            [3, 5, 6, 9].map(|mark| reached.when(mark)),
            [1, 1, 3, 3].map(|at| Some(second(at)))
        );
        assert_eq!(reached.when(10), None);
        let mut resumed = Reached::beyond(5, second(1));
        resumed.note(6, second(2));
        assert_eq!([5, 6].map(|mark| resumed.when(mark)), [None, Some(second(2))]);
    }

    #[test]
    fn what_is_forgotten_is_not_dated_by_what_came_later() {
        let mut reached = Reached::default();
        for mark in 0..=4096 {
            reached.note(mark, second(mark));
        }
        assert_eq!(reached.when(0), None, "the first rise is forgotten");
        assert_eq!(reached.when(1), None, "it may be the one that was forgotten");
        assert_eq!(reached.when(2), Some(second(2)));
    }
}
