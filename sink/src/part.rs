//! What the sink depends on, each by its name.

use serde::Serialize;

use crate::SinkError;

/// What the sink depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Kafka,
    Database,
    Logs,
    /// Partitions that are not read, though they are this sink's.
    Partitions,
    Retention,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [
        Self::Kafka,
        Self::Database,
        Self::Logs,
        Self::Partitions,
        Self::Retention,
    ];

    /// What the operator does about it.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::Kafka => "bring Kafka back (--kafka); nothing is lost, and the sink goes on by itself",
            Self::Database => "look after the database (--database); nothing is lost, and the sink goes on by itself",
            Self::Logs => "look after the disk of --logs; nothing is lost, and the sink goes on by itself",
            Self::Partitions => {
                "what is read elsewhere ends with the group's next change; README says more under `When something is wrong`"
            }
            Self::Retention => {
                "what is too old stays for now; look after the clock, the database and the disk of --logs"
            }
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Database => "database",
            Self::Logs => "logs",
            Self::Partitions => "partitions",
            Self::Retention => "retention",
        }
    }

    /// The part that an error belongs to.
    pub(crate) const fn of(error: &SinkError) -> Self {
        match error {
            SinkError::Kafka(_) | SinkError::KafkaFatal(_) => Self::Kafka,
            SinkError::Disk { .. }
            | SinkError::Sync { .. }
            | SinkError::ShortFile { .. }
            | SinkError::UnknownFile { .. } => Self::Logs,
            SinkError::ClockLeapt { .. } => Self::Retention,
            SinkError::Fenced { .. }
            | SinkError::KeptMeanwhile { .. }
            | SinkError::BadRun { .. }
            | SinkError::LettersLeft { .. }
            | SinkError::Crashed { .. } => Self::Partitions,
            SinkError::Setting { .. }
            | SinkError::Database(_)
            | SinkError::DatabaseSilent { .. }
            | SinkError::CommitUnanswered { .. }
            | SinkError::ImpossibleRow { .. } => Self::Database,
        }
    }
}
