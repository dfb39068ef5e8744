//! The fourth hop, and the sink's books: SQLite or PostgreSQL, read only.

use std::path::PathBuf;
use std::str::FromStr;

use futures_util::TryStreamExt;
use schemas::{Timestamp, Topic};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, PgConnection, Row, SqliteConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::calendar::Calendar;
use super::error::AuditError;
use super::files::Committed;
use super::ledger::{Ledger, Order, Sighting};
use super::mark::Hop;
use super::progress::Progress;
use super::topics::{Partition, Positions};

/// Numbers as text, so that one SQL text and one reader serve both databases.
const POSITIONS: &str = "SELECT topic || ' ' || CAST(partition AS TEXT) || ' ' || CAST(next_offset AS TEXT) \
                         FROM sink_position WHERE consumer_group = $1";
const FILES: &str = "SELECT instance || ' ' || name || ' ' || CAST(length AS TEXT) FROM sink_file WHERE $1 = $1";
const ROWS: &str = "SELECT source_instance, source_sequence, event_id, event_time FROM user_activity_log";

/// Where the sink keeps its table.
#[derive(Debug, Clone)]
pub(super) enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// An open connection that can't write.
pub(super) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A row of the table, as far as the ledger needs it.
struct RowGlimpse {
    instance: String,
    sequence: i64,
    event_id: Uuid,
    day: super::mark::Day,
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path).into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = url.parse::<PgConnectOptions>().map_err(|error| error.to_string())?;
            return Ok(Self::Postgres(Box::new(options)));
        }
        Err("is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned())
    }
}

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> AuditError {
    move |source| AuditError::Database { doing, source }
}

impl Database {
    pub(super) async fn open(url: DatabaseUrl) -> Result<Self, AuditError> {
        let opened = match url {
            DatabaseUrl::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                options.connect().await.map(Self::Sqlite)
            }
            DatabaseUrl::Postgres(options) => {
                let options = options.options([("default_transaction_read_only", "on")]);
                options.connect().await.map(Self::Postgres)
            }
        };
        opened.map_err(failed("can't be opened"))
    }

    /// Where the sinks of a group stand in each partition.
    pub(super) async fn positions(&mut self, group: &str) -> Result<Positions, AuditError> {
        let texts = self
            .texts(POSITIONS, group)
            .await
            .map_err(failed("no sink's positions"))?;
        let mut positions = Positions::new();
        for text in texts {
            let mut words = text.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let topic = Topic::from_name(word());
            let numbers = (word().parse(), word().parse());
            if let (Some(topic), (Ok(number), Ok(next))) = (topic, numbers) {
                positions.insert(Partition { topic, number }, next);
            } else {
                return Err(AuditError::ImpossibleRow {
                    table: "sink_position",
                    row: text,
                });
            }
        }
        Ok(positions)
    }

    /// How much of each daily file is committed.
    pub(super) async fn committed(&mut self) -> Result<Committed, AuditError> {
        let texts = self.texts(FILES, "").await.map_err(failed("no sink's file lengths"))?;
        let mut committed = Committed::default();
        for text in texts {
            let mut words = text.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (sink, name, length) = (word(), word(), word().parse());
            let Ok(length) = length else {
                return Err(AuditError::ImpossibleRow {
                    table: "sink_file",
                    row: text,
                });
            };
            committed.note(sink, name, length);
        }
        Ok(committed)
    }

    async fn texts(&mut self, sql: &'static str, bound: &str) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Sqlite(db) => sqlx::query_scalar::<_, String>(sql).bind(bound).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_scalar::<_, String>(sql).bind(bound).fetch_all(db).await,
        }
    }

    /// Enters every row.
    pub(super) async fn read(&mut self, ledger: &mut Ledger) -> Result<(), AuditError> {
        let calendar = ledger.calendar;
        let mut progress = Progress::of("table", None);
        let failed = || failed("user_activity_log can't be read");
        match self {
            Self::Sqlite(db) => {
                let mut rows = sqlx::query(ROWS).fetch(db);
                while let Some(row) = rows.try_next().await.map_err(failed())? {
                    progress.step(1);
                    enter(ledger, &RowGlimpse::of_sqlite(&row, calendar).map_err(failed())?)?;
                }
            }
            Self::Postgres(db) => {
                let mut rows = sqlx::query(ROWS).fetch(db);
                while let Some(row) = rows.try_next().await.map_err(failed())? {
                    progress.step(1);
                    enter(ledger, &RowGlimpse::of_postgres(&row, calendar).map_err(failed())?)?;
                }
            }
        }
        Ok(())
    }
}

impl RowGlimpse {
    fn of_sqlite(row: &SqliteRow, calendar: Calendar) -> Result<Self, sqlx::Error> {
        let id = row.try_get::<&str, _>(2)?;
        Ok(Self {
            instance: row.try_get(0)?,
            sequence: row.try_get(1)?,
            event_id: Uuid::try_parse(id).map_err(|error| sqlx::Error::Decode(error.into()))?,
            day: calendar.day_in(row.try_get::<&str, _>(3)?.as_bytes()),
        })
    }

    fn of_postgres(row: &PgRow, calendar: Calendar) -> Result<Self, sqlx::Error> {
        Ok(Self {
            instance: row.try_get(0)?,
            sequence: row.try_get(1)?,
            event_id: row.try_get(2)?,
            day: calendar.day_of(Timestamp::from(row.try_get::<OffsetDateTime, _>(3)?)),
        })
    }
}

fn enter(ledger: &mut Ledger, row: &RowGlimpse) -> Result<(), AuditError> {
    let Some(sequence) = u64::try_from(row.sequence).ok().filter(|sequence| *sequence > 0) else {
        return Err(AuditError::ImpossibleRow {
            table: "user_activity_log",
            row: format!("{} has the sequence {}", row.event_id, row.sequence),
        });
    };
    if let Some(who) = ledger.who(&row.instance) {
        let sighting = Sighting {
            sequence,
            event_id: row.event_id,
            day: row.day,
            has_row: true,
        };
        ledger.instance(who).see(Hop::Table, &sighting, Order::Onward);
    }
    Ok(())
}
