//! Everything that can go wrong in the sink, and what follows from it.

use std::io;
use std::path::PathBuf;

use rdkafka::error::KafkaError;

use crate::TopicPartition;

/// Why the sink can't go on, at once or for now.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// A setting that can't work; the line names it.
    #[error("{setting}: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("database: no answer within {seconds} s")]
    DatabaseSilent { seconds: u64 },
    /// The transaction may have been committed or not; only the database knows.
    #[error("database: the COMMIT was not answered: {reason}")]
    CommitUnanswered { reason: String },
    #[error(
        "table {table}: impossible row: {reason}; it was changed by hand or is damaged: restore a backup of the database"
    )]
    ImpossibleRow { table: &'static str, reason: String },
    #[error("{}: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    /// After a failed fsync nobody knows what is on the disk; only a new process may read it again.
    #[error("{}: could not be made durable: {source}; start the sink again once the disk is well", path.display())]
    Sync { path: PathBuf, source: io::Error },
    #[error(
        "{} holds {found} bytes, but {recorded} were committed to it; bring the file back, or let the sink forget it: `sink files forget NAME`",
        path.display()
    )]
    ShortFile { path: PathBuf, recorded: u64, found: u64 },
    #[error(
        "{} is not in the database's books (another database, or a file put there by hand); move it out of the log folder",
        path.display()
    )]
    UnknownFile { path: PathBuf },
    /// The retention would take everything that it kept when it looked last.
    #[error(
        "by the clock it is {now}, {days} days after the retention last looked ({looked}), and all that was kept then would be deleted. \
         Nothing is, until the clock is set right; if it is right, say so with `sink clock confirm`"
    )]
    ClockLeapt {
        looked: schemas::Timestamp,
        now: schemas::Timestamp,
        days: i64,
    },
    /// Another sink has taken over a partition of the batch.
    #[error("another sink has taken over: {taken} of {of} partitions of the batch")]
    Fenced { taken: u64, of: u64 },
    /// Another sink has kept the same events since this one has asked.
    #[error("{events} events of the batch were kept by another sink meanwhile; they are read once more and skipped")]
    KeptMeanwhile { events: u64 },
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    #[error(
        "Kafka: this instance is used by another sink that runs: {0}; each sink needs a log folder (--logs) of its own"
    )]
    KafkaFatal(KafkaError),
    #[error(
        "{partition}: {count} messages in a row can't be read, the last because {reason}; \
         mend what writes them, or raise --max-bad-run to send them to the dead-letter topic"
    )]
    BadRun {
        partition: TopicPartition,
        count: u64,
        reason: String,
    },
    /// Each was said on its own before.
    #[error("{left} of the chosen dead letters were left as they are")]
    LettersLeft { left: u64 },
    #[error(
        "{what} ended unexpectedly: {reason}; that is a mistake in the program: start the sink again, and report this line"
    )]
    Crashed { what: &'static str, reason: String },
}

/// What the loop does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Wait, read the books, go on from there.
    Retry,
    /// End the process; going on would harm.
    Stop,
}

impl SinkError {
    /// 2 for what the caller can mend in the settings, 1 for the rest.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Setting { .. } => 2,
            _ => 1,
        }
    }

    pub(crate) const fn course(&self) -> Course {
        match self {
            Self::Database(_)
            | Self::DatabaseSilent { .. }
            | Self::CommitUnanswered { .. }
            | Self::Disk { .. }
            | Self::ClockLeapt { .. }
            | Self::Fenced { .. }
            | Self::KeptMeanwhile { .. }
            | Self::Kafka(_) => Course::Retry,
            Self::Setting { .. }
            | Self::ImpossibleRow { .. }
            | Self::Sync { .. }
            | Self::ShortFile { .. }
            | Self::UnknownFile { .. }
            | Self::KafkaFatal(_)
            | Self::BadRun { .. }
            | Self::LettersLeft { .. }
            | Self::Crashed { .. } => Course::Stop,
        }
    }

    pub(crate) fn disk(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Disk {
            path: path.into(),
            source,
        }
    }
}
