//! What is wrong, and since when: `/readyz`, and one log line when it begins and one when it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use schemas::{Clock, Timestamp};
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

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Trouble {
    pub part: Part,
    pub since: Timestamp,
    pub what: String,
}

/// All that is wrong at the moment.
#[derive(Debug)]
pub(crate) struct Health {
    clock: Clock,
    troubles: Mutex<BTreeMap<Part, Trouble>>,
}

impl Part {
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
            SinkError::Fenced { .. }
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

impl Health {
    pub(crate) const fn new(clock: Clock) -> Self {
        Self {
            clock,
            troubles: Mutex::new(BTreeMap::new()),
        }
    }

    /// Not well yet, as nothing has been tried: nothing to be said aloud.
    pub(crate) fn not_yet(&self, part: Part, what: &str) {
        let trouble = Trouble {
            part,
            since: self.clock.now(),
            what: what.to_owned(),
        };
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(part, trouble);
    }

    /// Something is wrong; it is said aloud when it begins.
    pub(crate) fn trouble(&self, part: Part, what: impl Into<String>) {
        let what = what.into();
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let since = troubles
            .get(&part)
            .map_or_else(|| self.clock.now(), |known| known.since);
        if troubles.contains_key(&part) {
            tracing::debug!(part = part.name(), "{what}");
        } else {
            tracing::warn!(part = part.name(), "{what}");
        }
        troubles.insert(part, Trouble { part, since, what });
    }

    /// It is well again.
    pub(crate) fn well(&self, part: Part) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trouble) = troubles.remove(&part) {
            tracing::info!(part = part.name(), since = %trouble.since, "well again");
        }
    }

    pub(crate) fn is_well(&self, part: Part) -> bool {
        !self
            .troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&part)
    }

    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}
