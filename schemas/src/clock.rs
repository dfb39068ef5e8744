//! The only door to the wall clock; everything else takes a [`Clock`] or a [`Timestamp`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Timestamp;

/// Tells the time: the system's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `start` until [`Clock::set`] moves it; clones share it.
    #[must_use]
    pub fn standing_at(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.unix_micros()))))
    }

    /// Moves a standing clock, forwards or back; the system's clock ignores it.
    pub fn set(&self, to: Timestamp) {
        if let Some(micros) = &self.0 {
            micros.store(to.unix_micros(), Ordering::Relaxed);
        }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        if let Some(micros) = &self.0 {
            return Timestamp::from_unix_micros_saturating(micros.load(Ordering::Relaxed));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the wall clock"
        )]
        let now = time::OffsetDateTime::now_utc();
        Timestamp::from(now)
    }
}
