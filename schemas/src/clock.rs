//! The only door to the wall clock; everything else takes a [`Clock`] or a [`Timestamp`].
//!
//! Debug builds only, for tests on whole processes: `DE_SHOP_CLOCK_OFFSET` names a file that holds a number of seconds, which are added
//! to the machine's clock. It is read each time, so that the clock jumps while a program runs. A release build knows nothing of it.

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
        Timestamp::from(now).plus_micros(offset_micros())
    }
}

#[cfg(debug_assertions)]
fn offset_micros() -> i64 {
    static FILE: std::sync::OnceLock<Option<std::path::PathBuf>> = std::sync::OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("DE_SHOP_CLOCK_OFFSET").map(Into::into));
    // No file, no number: the test has not asked for anything yet.
    let seconds = file
        .as_ref()
        .and_then(|file| std::fs::read_to_string(file).ok()?.trim().parse::<i64>().ok());
    seconds.unwrap_or(0).saturating_mul(1_000_000)
}

#[cfg(not(debug_assertions))]
const fn offset_micros() -> i64 {
    0
}
