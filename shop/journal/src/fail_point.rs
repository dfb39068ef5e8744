//! Places at which a test may kill the process: `SHOP_FAIL_POINT=after_append`, or `after_append:37` for the 37th time.
//!
//! Debug builds only; a release build compiles them to nothing.

/// A step at which a process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailPoint {
    /// The entries are written, nobody was told.
    AfterAppend,
    /// The flusher is about to sync.
    BeforeFsync,
    /// The new segment exists, nothing stands in it.
    DuringSegmentRoll,
    /// Kafka acknowledged, the cursor on disk is behind.
    AfterProduceBeforeCursor,
    /// Facts are durable in the journal, but not yet marked in the event store.
    BeforeMark,
}

impl FailPoint {
    pub const ALL: [Self; 5] = [
        Self::AfterAppend,
        Self::BeforeFsync,
        Self::DuringSegmentRoll,
        Self::AfterProduceBeforeCursor,
        Self::BeforeMark,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterAppend => "after_append",
            Self::BeforeFsync => "before_fsync",
            Self::DuringSegmentRoll => "during_segment_roll",
            Self::AfterProduceBeforeCursor => "after_produce_before_cursor",
            Self::BeforeMark => "before_mark",
        }
    }
}

/// Ends the process at once when the environment names this point.
#[cfg(debug_assertions)]
pub fn hit(point: FailPoint) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let setting = std::env::var("SHOP_FAIL_POINT").ok()?;
        let (name, times) = setting.split_once(':').unwrap_or((&setting, "1"));
        Some((name.to_owned(), AtomicU64::new(times.parse().unwrap_or(1))))
    });
    if let Some((name, left)) = wanted
        && name == point.name()
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
#[inline]
pub const fn hit(_: FailPoint) {}
