//! How often something may happen: so many times for a key within a window, then a pause until the window is over.
//!
//! In memory and per process; at most 10,000 keys are remembered, and when more than those are fresh all are forgotten.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::Timestamp;

const MOST_KEYS: usize = 10_000;
/// By more than this, in microseconds, a clock goes back only when it is set.
const BACK: i64 = 1_000_000;

/// How long to wait, in whole seconds, at least one: what `Retry-After` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(pub u64);

/// Counts by key.
#[derive(Debug)]
pub(super) struct Pace {
    most: u32,
    window: Duration,
    counts: Mutex<HashMap<u64, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Timestamp,
    times: u32,
}

impl Pace {
    /// `most` within `window`; 0 sets no limit.
    pub(super) fn new(most: u32, window: Duration) -> Self {
        Self {
            most,
            window,
            counts: Mutex::default(),
        }
    }

    /// How long `key` has to wait; none when it may go on.
    pub(super) fn wait(&self, key: &impl Hash, now: Timestamp) -> Option<Wait> {
        let count = self.counts().get(&digest(key)).copied()?;
        let left = self.left(count, now)?;
        (self.most > 0 && count.times >= self.most).then(|| Wait(left.as_secs().max(1)))
    }

    /// That it happened once more.
    pub(super) fn count(&self, key: &impl Hash, now: Timestamp) {
        if self.most == 0 {
            return;
        }
        let mut counts = self.counts();
        if counts.len() >= MOST_KEYS {
            counts.retain(|_, count| self.left(*count, now).is_some());
            if counts.len() >= MOST_KEYS {
                counts.clear();
            }
        }
        let fresh = Count { since: now, times: 0 };
        let count = counts.entry(digest(key)).or_insert(fresh);
        if self.left(*count, now).is_none() {
            *count = fresh;
        }
        count.times = count.times.saturating_add(1);
    }

    /// Counts, unless it has to wait.
    pub(super) fn take(&self, key: &impl Hash, now: Timestamp) -> Result<(), Wait> {
        if let Some(wait) = self.wait(key, now) {
            return Err(wait);
        }
        self.count(key, now);
        Ok(())
    }

    pub(super) fn forget(&self, key: &impl Hash) {
        self.counts().remove(&digest(key));
    }

    /// What is left of the window; none when it is over. So it is when the clock was set back: nobody waits for a moment that may lie years
    /// ahead. Clocks that are kept in step go back by less than a second.
    fn left(&self, count: Count, now: Timestamp) -> Option<Duration> {
        let passed = now.unix_micros().saturating_sub(count.since.unix_micros());
        if passed < -BACK {
            return None;
        }
        let passed = Duration::from_micros(u64::try_from(passed).unwrap_or(0));
        self.window.checked_sub(passed).filter(|left| !left.is_zero())
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<u64, Count>> {
        // Nothing in here can be left half done by a panic.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one place: an IPv4 address, or the 64 bits of an IPv6 address that one household has for itself.
pub(super) fn place(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    })
}

fn digest(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros_saturating(seconds * 1_000_000)
    }

    #[test]
    fn who_was_too_fast_waits_until_the_window_is_over() {
        let pace = Pace::new(2, Duration::from_mins(1));
        assert_eq!(pace.take(&"a", at(0)), Ok(()));
        assert_eq!(pace.take(&"a", at(10)), Ok(()));
        assert_eq!(pace.take(&"a", at(15)), Err(Wait(45)));
        assert_eq!(pace.take(&"b", at(15)), Ok(()));
        assert_eq!(pace.take(&"a", at(60)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting_for_the_time_it_lost() {
        let pace = Pace::new(2, Duration::from_mins(1));
        let year = 365 * 86_400;
        assert!((0..2).all(|_| pace.take(&"a", at(year)).is_ok()));
        assert_eq!(
            pace.take(&"a", Timestamp::from_unix_micros_saturating(year * 1_000_000 - 10)),
            Err(Wait(60))
        );
        assert!((0..2).all(|_| pace.take(&"a", at(0)).is_ok()));
        assert_eq!(pace.take(&"a", at(1)), Err(Wait(59)), "and counts on");
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let pace = Pace::new(0, Duration::from_mins(1));
        assert!((0..1000).all(|_| pace.take(&"a", at(0)).is_ok()));
    }

    #[test]
    fn an_ipv6_household_is_one_place() {
        let of = |address: &str| place(address.parse().ok());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
