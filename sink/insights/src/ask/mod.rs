//! A question of one's own in SQL: read-only by construction, bounded in time, rows and bytes.
//!
//! SQLite is opened read-only, and a question is one statement that begins with SELECT, WITH, VALUES or EXPLAIN, so that it can't
//! attach another file. PostgreSQL is asked through a URL of its own, whose role can't write and is no superuser; that is looked up before
//! each question. Bounds are named when they are met.

mod postgres;
mod sqlite;
mod statement;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

/// How long connecting and closing may take beside the statement.
const TO_CONNECT: Duration = Duration::from_secs(2);

/// Where questions are put.
#[derive(Debug, Clone)]
pub enum AskDatabase {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// How much a question may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub time: Duration,
    pub rows: usize,
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(5),
            rows: 1000,
            bytes: 1 << 20,
        }
    }
}

/// What came back; a cell is none where the database says null.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    /// The bound that cut the rows off.
    pub cut: Option<&'static str>,
    bytes: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("a question is one statement that begins with SELECT, WITH, VALUES or EXPLAIN")]
    NoQuestion,
    #[error("a question is a single statement: take out the semicolon (in a text, char(59) or chr(59) writes one)")]
    Several,
    #[error(
        "it took longer than {} s, the bound of time. A condition on event_time reads fewer days; count with the other pages, which keep \
         the events in memory",
        .0.as_secs()
    )]
    Time(Duration),
    #[error("as many questions as may be worked on at once are being answered; ask again in a moment")]
    Busy,
    #[error("{0}")]
    Role(String),
    #[error("{0}")]
    Database(String),
}

impl AskDatabase {
    /// Puts the question.
    pub async fn ask(&self, sql: &str, bounds: Bounds) -> Result<Answer, AskError> {
        let sql = statement::only(sql)?;
        let answering = async {
            match self {
                Self::Sqlite(path) => sqlite::ask(path, sql, bounds).await,
                Self::Postgres(options) => postgres::ask(options, sql, bounds).await,
            }
        };
        // The databases end a statement themselves; this ends what they don't: a connection that doesn't come about.
        let answered = tokio::time::timeout(bounds.time + TO_CONNECT, answering).await;
        answered.unwrap_or(Err(AskError::Time(bounds.time)))
    }

    /// Everyday questions: what they ask, and the SQL for this database.
    #[must_use]
    pub const fn examples(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Sqlite(_) => sqlite::EXAMPLES,
            Self::Postgres(_) => postgres::EXAMPLES,
        }
    }
}

impl Answer {
    /// Takes a row in; false when a bound is met.
    fn take(&mut self, row: Vec<Option<String>>, bounds: Bounds) -> bool {
        self.bytes += row.iter().flatten().map(|cell| cell.len() + 8).sum::<usize>();
        if self.rows.len() >= bounds.rows {
            self.cut = Some("rows");
        } else if self.bytes > bounds.bytes {
            self.cut = Some("bytes");
        } else {
            self.rows.push(row);
        }
        self.cut.is_none()
    }
}
