//! A source that is played again and again: each round goes on in time where the one before ended.

use std::num::NonZeroU32;

use super::rewrite::Change;
use super::settings::Settings;

const MINUTE: i64 = 60 * 1_000_000;

/// Which round it is, and how far its times are moved.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    number: u32,
    /// The first and the latest time of the source, as far as it was read.
    times: Option<(i64, i64)>,
    /// A round's length; known when the first one is over.
    length: i64,
}

impl Rounds {
    /// Takes notice of a time of the source, before it is moved.
    pub(super) fn saw(&mut self, at: i64) {
        let (first, latest) = self.times.unwrap_or((at, at));
        self.times = Some((first.min(at), latest.max(at)));
    }

    /// Begins another round if one is wanted. A source without messages has one only.
    pub(super) fn another(&mut self, wanted: Option<NonZeroU32>, is_endless: bool) -> bool {
        let Some((first, latest)) = self.times else {
            return false;
        };
        if !is_endless && wanted.is_none_or(|wanted| self.number + 1 >= wanted.get()) {
            return false;
        }
        // Whole minutes: windows of minutes lie in each round as they lay in the first one.
        self.length = (latest.saturating_sub(first) / MINUTE + 1).saturating_mul(MINUTE);
        self.number = self.number.saturating_add(1);
        true
    }

    /// What this round does to its messages, where the first one does `first`.
    pub(super) fn change(&self, first: Change, settings: &Settings) -> Change {
        if self.number == 0 {
            return first;
        }
        Change {
            micros: first
                .micros
                .saturating_add(self.length.saturating_mul(self.number.into())),
            renew: settings
                .as_instance
                .as_ref()
                .map(|name| pattern(&format!("{name} {}", self.number))),
        }
    }
}

/// A pattern of the name: the same name renews to the same ids.
pub(super) fn pattern(name: &str) -> u64 {
    let hash = <sha2::Sha256 as sha2::Digest>::digest(name);
    let start = hash.iter().take(8);
    start.fold(0, |pattern, byte| pattern << 8 | u64::from(*byte)) | 1
}
