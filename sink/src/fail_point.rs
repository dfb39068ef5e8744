//! Named places where a test may end the process as `kill -9` would: `SINK_FAIL_POINT=after_file_sync`, or `after_file_sync:3`
//! for the third time, or `after_file_sync:3:freeze` to stop it there as SIGSTOP would. Debug builds only.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

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

    /// Ends or freezes the process if this is the named place, and the named time.
    pub(crate) fn reach(self) {
        static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();
        if !cfg!(debug_assertions) {
            return;
        }
        let wanted = WANTED.get_or_init(|| Wanted::parse(&std::env::var("SINK_FAIL_POINT").ok()?));
        if let Some(wanted) = wanted
            && wanted.name == self.name()
            && wanted.left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            if wanted.freezes {
                freeze()
            } else {
                std::process::abort()
            }
        }
    }
}

/// What the environment asks for.
#[derive(Debug)]
struct Wanted {
    name: String,
    left: AtomicU64,
    freezes: bool,
}

impl Wanted {
    fn parse(setting: &str) -> Option<Self> {
        let mut parts = setting.split(':');
        Some(Self {
            name: parts.next()?.to_owned(),
            left: AtomicU64::new(parts.next().map_or(Ok(1), str::parse).ok()?),
            freezes: parts.next() == Some("freeze"),
        })
    }
}

/// SIGSTOP to ourselves: nothing moves until somebody sends SIGCONT.
fn freeze() {
    let myself = std::process::id().to_string();
    let sent = std::process::Command::new("kill").args(["-STOP", &myself]).status();
    if !sent.is_ok_and(|status| status.success()) {
        // A test that waits for a frozen sink must not go on with one that runs.
        std::process::abort();
    }
}
