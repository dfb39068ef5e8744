//! What can go wrong with the journal, and what the caller does then.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The folder can't be used, or an entry in it can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal folder {folder} is in use by another process")]
    Locked { folder: PathBuf },
    #[error("{path}: {doing}")]
    File {
        path: PathBuf,
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not what the journal wrote there: {why}; restore it, or move the whole journal folder away")]
    Instance { path: PathBuf, why: String },
    #[error(
        "{path} was made by a newer shop (format {found}, known here: {known}) and was left as it is; start the newer shop, or restore the backup from before the upgrade"
    )]
    Format { path: PathBuf, found: u32, known: u32 },
    #[error("entry {sequence} has a sound checksum but an unknown shape: {why}")]
    Entry { sequence: u64, why: &'static str },
    #[error("the journal has been closed")]
    Closed,
}

impl JournalError {
    pub(super) fn file(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, doing, source }
    }
}

/// Why an append was refused. Nothing of it is in the journal; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The size cap is reached: Kafka has been away for long. Observations are dropped and counted, facts wait.
    #[error("the journal is full ({bytes} of {max_bytes} bytes)")]
    Full { bytes: u64, max_bytes: u64 },
    /// The disk refused, for instance because it is full. The journal goes on by itself once it has room.
    #[error("the journal can't be written")]
    Io(#[source] Arc<io::Error>),
    /// Larger than any message may be; trying again is of no use.
    #[error("an event of {bytes} bytes is larger than the journal takes ({max})")]
    TooLarge { bytes: usize, max: usize },
}
