//! Why an audit can't be made. Every one of these exits with 2: it says nothing about the events.

use std::io;
use std::path::PathBuf;

use journal::JournalError;
use rdkafka::error::KafkaError;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("{setting}: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error("--journal")]
    Journal(#[from] JournalError),
    #[error("--kafka {address}")]
    Kafka {
        address: String,
        #[source]
        source: KafkaError,
    },
    #[error(
        "--kafka {address}: {topic}/{partition} has given nothing for {seconds} s, though it goes on at offset {offset}"
    )]
    KafkaSilent {
        address: String,
        topic: &'static str,
        partition: i32,
        offset: i64,
        seconds: u64,
    },
    #[error("{}: batch at offset {offset} is compressed; read it through its broker: --kafka", path.display())]
    Compressed { path: PathBuf, offset: i64 },
    #[error("--database: {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    #[error("--database: table {table}: impossible row: {row}")]
    ImpossibleRow { table: &'static str, row: String },
    #[error("{}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("no events: nothing was found in what was looked at, so nothing is proved")]
    NoEvents,
    #[error("the reader of {what} ended unexpectedly")]
    Crashed { what: &'static str },
    #[error("the report can't be written")]
    Report(#[source] io::Error),
}

impl AuditError {
    /// 2: an audit that could not be made proves nothing, either way.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        2
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
