//! How often somebody may try to sign in: 10 failures for an address and an e-mail within 10 minutes, then a pause until they are over.
//!
//! In memory and per process; at most 10,000 pairs are remembered, and when more than those are fresh all are forgotten.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::Timestamp;

const MOST_FAILURES: u32 = 10;
const WINDOW_MICROS: i64 = 10 * 60 * 1_000_000;
const MOST_PAIRS: usize = 10_000;

/// Counts failed tries.
#[derive(Debug, Default)]
pub(super) struct SignInLimit(Mutex<HashMap<u64, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl SignInLimit {
    pub(super) fn is_reached(&self, key: (&str, &str), now: Timestamp) -> bool {
        let failures = self.pairs().get(&hash(key)).copied();
        failures.is_some_and(|failures| failures.count >= MOST_FAILURES && !is_over(failures, now))
    }

    pub(super) fn count(&self, key: (&str, &str), now: Timestamp) {
        let mut pairs = self.pairs();
        if pairs.len() >= MOST_PAIRS {
            pairs.retain(|_, failures| !is_over(*failures, now));
            if pairs.len() >= MOST_PAIRS {
                pairs.clear();
            }
        }
        let fresh = Failures { since: now, count: 0 };
        let failures = pairs.entry(hash(key)).or_insert(fresh);
        if is_over(*failures, now) {
            *failures = fresh;
        }
        failures.count += 1;
    }

    pub(super) fn forget(&self, key: (&str, &str)) {
        self.pairs().remove(&hash(key));
    }

    fn pairs(&self) -> MutexGuard<'_, HashMap<u64, Failures>> {
        // Nothing in here can be left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_over(failures: Failures, now: Timestamp) -> bool {
    now.unix_micros() - failures.since.unix_micros() >= WINDOW_MICROS
}

fn hash((address, email): (&str, &str)) -> u64 {
    let mut hasher = DefaultHasher::new();
    (address, email.to_lowercase()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_waits_until_ten_minutes_are_over() {
        let limit = SignInLimit::default();
        let start = Timestamp::from_unix_micros_saturating(0);
        let key = ("127.0.0.1", "A@example.com");
        for _ in 0..MOST_FAILURES {
            assert!(!limit.is_reached(key, start));
            limit.count(key, start);
        }
        assert!(limit.is_reached(("127.0.0.1", "a@example.com"), start));
        assert!(!limit.is_reached(("127.0.0.2", "a@example.com"), start));
        assert!(!limit.is_reached(key, start.plus_micros(WINDOW_MICROS)));
    }
}
