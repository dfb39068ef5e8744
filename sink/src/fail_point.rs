//! Named places where a test may end the process as `kill -9` would: `SINK_FAIL_POINT=after_file_sync`. Debug builds only.

/// Every place that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailPoint {
    /// Dead letters are delivered, the position stands before them.
    AfterDeadLetters,
    /// Lines are on the disk, nothing is committed.
    AfterFileSync,
    /// Everything is committed, Kafka's own offset is not.
    AfterCommit,
    /// A file's length is forgotten, the file is still there.
    DuringRetention,
    /// Some of a chunk of letters are sent again, others not.
    DuringRedrive,
    /// A chunk of letters is sent again, and not marked as redriven.
    AfterRedrive,
    /// Some of a chunk of letters are marked as redriven or discarded, others not.
    DuringResolution,
    /// A chunk of letters is marked as redriven or discarded.
    AfterResolution,
}

impl FailPoint {
    const fn name(self) -> &'static str {
        match self {
            Self::AfterDeadLetters => "after_dead_letters",
            Self::AfterFileSync => "after_file_sync",
            Self::AfterCommit => "after_commit",
            Self::DuringRetention => "during_retention",
            Self::DuringRedrive => "during_redrive",
            Self::AfterRedrive => "after_redrive",
            Self::DuringResolution => "during_resolution",
            Self::AfterResolution => "after_resolution",
        }
    }

    /// Ends the process if this place is named.
    pub(crate) fn reach(self) {
        if cfg!(debug_assertions) && std::env::var_os("SINK_FAIL_POINT").is_some_and(|name| name == self.name()) {
            std::process::abort();
        }
    }
}
