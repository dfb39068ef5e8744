//! Why a classroom tool does not do what it was asked.

use std::io;
use std::path::{Path, PathBuf};

use crate::simulate::scenario::ScenarioError;

#[derive(Debug, thiserror::Error)]
pub enum ClassroomError {
    #[error("{setting} {}", path.display())]
    File {
        setting: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("--scenario {}", path.display())]
    Scenario {
        path: PathBuf,
        #[source]
        source: ScenarioError,
    },
    #[error("{setting}: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error("where to? name --out DIR or --kafka HOST:PORT")]
    NoTarget,
    #[error("ANSWER {}: {source}", path.display())]
    Answer {
        path: PathBuf,
        source: crate::grade::answer::AnswerError,
    },
    #[error(
        "exercise {exercise}: {draws} draws gave no data that holds every trap; take another student id, and report this"
    )]
    NoData { exercise: u8, draws: u64 },
    #[error("an event can't be written as JSON")]
    Encode(#[from] serde_json::Error),
    #[error("writing failed")]
    Write(#[source] io::Error),
    #[error("Kafka at {brokers}")]
    Kafka {
        brokers: String,
        #[source]
        source: rdkafka::error::KafkaError,
    },
    #[error("{count} messages were not taken by Kafka, the first because: {first}")]
    Undelivered { count: u64, first: String },
}

impl ClassroomError {
    pub(crate) fn file(setting: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            setting,
            path: path.to_owned(),
            source,
        }
    }

    /// 2 where the way it was called is to blame, as for all programs of this house.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::File { .. } | Self::Scenario { .. } | Self::Setting { .. } | Self::NoTarget | Self::Answer { .. } => {
                2
            }
            _ => 1,
        }
    }
}
