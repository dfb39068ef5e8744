//! What can go wrong with the store, and what it refuses (out of stock, wrong password): an answer to whoever asked, not a failure.

use std::time::Duration;

use schemas::{InstanceId, OrderId};

/// Why the store couldn't do what it was asked. Nothing was recorded, except where [`StoreError::Database`] hits a COMMIT: then it is
/// unknown, and repeating is safe where a token is given (checkout).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database address is not understood: {0}")]
    Address(String),
    #[error("the database can't be used: {0}")]
    Pooler(String),
    /// At the start only: it is refused, unknown, or the password is wrong; the source says which.
    #[error("the database can't be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("the database doesn't do as it is told")]
    Database(#[from] sqlx::Error),
    /// It may have been done, as above.
    #[error("the database gave no answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the database's tables can't be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    #[error(
        "the database was made by a newer shop (its version {0} is not known here) and was left as it is; start the newer shop, or restore the backup from before the upgrade"
    )]
    NewerSchema(i64),
    #[error("the folder of the database can't be made")]
    Folder(#[source] std::io::Error),
    #[error("the embedded catalogue can't be read: {0}")]
    Seed(String),
    /// Somebody changed the same thing at the same time; it was tried again several times.
    #[error("the same thing was changed at the same time, again and again")]
    Conflict,
    #[error(
        "another shop of the name {0} was started, on a copy of this journal folder: its facts are that one's. Stop it, give it a journal \
         folder of its own, and start this one again"
    )]
    Namesake(InstanceId),
    #[error("an event of {bytes} bytes is more than the journal takes")]
    TooLarge { bytes: usize },
    #[error("an event can't be encoded")]
    Encode(#[source] serde_json::Error),
    #[error("table {table}, row {row}: {reason}")]
    ImpossibleRow {
        table: &'static str,
        row: String,
        reason: String,
    },
    #[error("order {0} was recorded, but its row is missing")]
    OrderMissing(OrderId),
    #[error("a password can't be hashed: {0}")]
    PasswordHash(String),
}

/// Why something was not done; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum NotDone<R> {
    /// An answer to whoever asked.
    #[error("{0}")]
    Refused(R),
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl<R> From<sqlx::Error> for NotDone<R> {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What the work of a transaction may end with instead of being done.
pub(super) trait Unfinished: From<StoreError> {
    /// None for a refusal.
    fn failure(&self) -> Option<&StoreError>;
}

impl Unfinished for StoreError {
    fn failure(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl<R> Unfinished for NotDone<R> {
    fn failure(&self) -> Option<&StoreError> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}

impl StoreError {
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what they just made")]
    pub(super) fn impossible(table: &'static str, row: impl ToString, reason: impl ToString) -> Self {
        Self::ImpossibleRow {
            table,
            row: row.to_string(),
            reason: reason.to_string(),
        }
    }

    /// Whether the same work may succeed when it is simply done again.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Conflict => true,
            Self::Database(error) => database_conflict(error),
            _ => false,
        }
    }
}

/// Serialization failure, deadlock (PostgreSQL); busy, for whatever reason (SQLite); a row that was first inserted by somebody else.
fn database_conflict(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.is_unique_violation() || matches!(error.code().as_deref(), Some("40001" | "40P01" | "5" | "261" | "517"))
}
