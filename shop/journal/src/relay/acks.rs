//! Which entries Kafka has acknowledged without a gap before them.

use std::collections::VecDeque;

use schemas::{Sequence, Timestamp};

/// Entries under way, in order, and the end of the acknowledged prefix.
#[derive(Debug)]
pub(super) struct Acks {
    acknowledged: Sequence,
    /// When it happened, and whether it was acknowledged.
    under_way: VecDeque<(Sequence, Option<Timestamp>, bool)>,
}

impl Acks {
    pub(super) const fn new(acknowledged: Sequence) -> Self {
        Self {
            acknowledged,
            under_way: VecDeque::new(),
        }
    }

    /// Everything up to here is on its topic.
    pub(super) const fn acknowledged(&self) -> Sequence {
        self.acknowledged
    }

    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// When the first of those happened that are under way.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.under_way.front().and_then(|entry| entry.1)
    }

    /// An entry was handed to the producer; entries come in order.
    pub(super) fn sent(&mut self, sequence: Sequence, at: Timestamp) {
        self.under_way.push_back((sequence, Some(at), false));
    }

    /// There is nothing to send up to here, as the journal has lost it.
    pub(super) fn nothing_to_send(&mut self, upto: Sequence) {
        self.under_way.push_back((upto, None, true));
        self.advance();
    }

    /// Kafka has acknowledged an entry; true when it was under way.
    pub(super) fn confirm(&mut self, sequence: Sequence) -> bool {
        let Ok(at) = self.under_way.binary_search_by_key(&sequence, |entry| entry.0) else {
            return false;
        };
        self.under_way[at].2 = true;
        self.advance();
        true
    }

    fn advance(&mut self) {
        while let Some((sequence, _, _)) = self.under_way.pop_front_if(|entry| entry.2) {
            self.acknowledged = sequence;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_prefix_never_passes_an_entry_that_is_still_under_way(order in Just((1..=20_u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut acks = Acks::new(Sequence(0));
            (1..=20).for_each(|n| acks.sent(Sequence(n), Timestamp::MAX));
            let mut confirmed = std::collections::BTreeSet::new();
            for n in order {
                prop_assert!(acks.confirm(Sequence(n)));
                confirmed.insert(n);
                let prefix = (1..=20).take_while(|n| confirmed.contains(n)).count() as u64;
                prop_assert_eq!(acks.acknowledged(), Sequence(prefix));
            }
            prop_assert_eq!(acks.under_way(), 0);
        }
    }

    #[test]
    fn what_the_journal_lost_waits_for_what_is_before_it() {
        let mut acks = Acks::new(Sequence(4));
        acks.sent(Sequence(5), Timestamp::MAX);
        acks.nothing_to_send(Sequence(8));
        assert_eq!(acks.acknowledged(), Sequence(4));
        acks.confirm(Sequence(5));
        assert_eq!(acks.acknowledged(), Sequence(8));
        assert!(!acks.confirm(Sequence(5)), "a repeated report changes nothing");
    }
}
