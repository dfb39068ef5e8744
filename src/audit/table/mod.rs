//! The fourth hop, and the sink's books: SQLite or PostgreSQL, read only.

mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::str::FromStr;

use schemas::Topic;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::bytes::Hash;
use super::error::AuditError;
use super::files::Committed;
use super::ledger::{Ledger, Sighting, Who};
use super::mark::{Day, Flag, Hop};
use super::topics::{Partition, Positions};

/// Numbers as text, so that one SQL text and one reader serve both databases.
const POSITIONS: &str = "SELECT topic || ' ' || CAST(partition AS TEXT) || ' ' || CAST(next_offset AS TEXT) \
                         FROM sink_position WHERE consumer_group = $1";
const MARKS: &str = "SELECT instance, stretch, marks FROM sink_mark";
const UNMARKED: &str = "SELECT instance, MAX(unmarked_to) FROM sink_source GROUP BY instance";
/// Sequences in a row of marks.
const STRETCH: u64 = 256;
const FILES: &str = "SELECT instance || ' ' || name || ' ' || CAST(length AS TEXT) FROM sink_file WHERE $1 = $1";

/// Where the sink keeps its table.
#[derive(Debug, Clone)]
pub(super) enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// An open connection that can't write.
pub(super) enum Database {
    Sqlite(SqliteConnection, PathBuf),
    Postgres(PgConnection),
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
                let opened = sqlite::options(&path).connect().await;
                opened.map(|db| Self::Sqlite(db, path))
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
        let mut committed = Committed::of_books();
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

    /// What the sink's books say to be kept, where they keep marks; to be entered with [`Marks::enter`].
    pub(super) async fn marks(&mut self) -> Result<Option<Marks>, AuditError> {
        let is_there = match self {
            Self::Sqlite(..) => "SELECT CAST(COUNT(*) AS TEXT) FROM sqlite_master WHERE name = 'sink_mark' AND $1 = $1",
            Self::Postgres(_) => {
                "SELECT CAST(COUNT(*) AS TEXT) FROM pg_class WHERE oid = to_regclass('sink_mark') AND $1 = $1"
            }
        };
        let found = self.texts(is_there, "").await.map_err(failed("no list of tables"))?;
        if found.first().is_none_or(|count| count == "0") {
            return Ok(None);
        }
        let marked = match self {
            Self::Sqlite(db, _) => sqlx::query_as(MARKS).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_as(MARKS).fetch_all(db).await,
        };
        let unmarked = match self {
            Self::Sqlite(db, _) => sqlx::query_as(UNMARKED).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_as(UNMARKED).fetch_all(db).await,
        };
        Ok(Some(Marks {
            marked: marked.map_err(failed("no sink's marks"))?,
            unmarked: unmarked.map_err(failed("no sink's sources"))?,
        }))
    }

    async fn texts(&mut self, sql: &'static str, bound: &str) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Sqlite(db, _) => sqlx::query_scalar::<_, String>(sql).bind(bound).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_scalar::<_, String>(sql).bind(bound).fetch_all(db).await,
        }
    }

    /// Enters every row.
    pub(super) async fn read(&mut self, ledger: &mut Ledger) -> Result<(), AuditError> {
        match self {
            Self::Sqlite(db, path) => sqlite::read(db, path, ledger).await,
            Self::Postgres(db) => postgres::read(db, ledger).await,
        }
    }
}

/// What the sink's books say to be kept.
pub(super) struct Marks {
    /// A shop, a stretch of 256 of its sequences, and the marks of the events among them.
    marked: Vec<(String, i64, Vec<u8>)>,
    /// Up to where there are no marks, as there were none yet.
    unmarked: Vec<(String, i64)>,
}

impl Marks {
    pub(super) fn enter(&self, flag: Flag, ledger: &mut Ledger) {
        ledger.has_marks = true;
        for (name, stretch, marks) in &self.marked {
            let Some(who) = ledger.who(name) else { continue };
            let instance = ledger.instance(who);
            let first = stretch.unsigned_abs().saturating_mul(STRETCH);
            let (marks, _) = marks.as_chunks::<4>();
            for (sequence, mark) in (first..).zip(marks.iter().map(|mark| u32::from_le_bytes(*mark))) {
                if mark != 0 {
                    instance.see_mark(sequence, mark, flag);
                }
            }
        }
        for (name, unmarked_to) in &self.unmarked {
            if let Some(who) = ledger.who(name) {
                ledger.instance(who).unmarked_to = u64::try_from(*unmarked_to).unwrap_or(0);
            }
        }
    }
}

/// A row of the table, as far as the ledger needs it.
struct RowGlimpse<'a> {
    instance: &'a str,
    sequence: i64,
    event_id: Uuid,
    day: Day,
    values: Hash,
}

impl RowGlimpse<'_> {
    /// `last` is the instance of the row before, which is nearly always this row's, too.
    fn enter(&self, ledger: &mut Ledger, last: &mut Option<(String, Option<Who>)>) -> Result<(), AuditError> {
        let Some(sequence) = u64::try_from(self.sequence).ok().filter(|sequence| *sequence > 0) else {
            return Err(impossible(format!(
                "{} has the sequence {}",
                self.event_id, self.sequence
            )));
        };
        let who = match last {
            Some((name, who)) if name == self.instance => *who,
            _ => {
                let who = ledger.who(self.instance);
                *last = Some((self.instance.to_owned(), who));
                who
            }
        };
        if let Some(who) = who {
            let sighting = Sighting {
                sequence,
                event_id: self.event_id,
                day: self.day,
                has_row: true,
                bytes: Hash::NONE,
                values: self.values,
            };
            ledger.instance(who).see(Hop::Table, &sighting);
        }
        Ok(())
    }
}

fn impossible(row: String) -> AuditError {
    AuditError::ImpossibleRow {
        table: "user_activity_log",
        row,
    }
}

fn unreadable(source: sqlx::Error) -> AuditError {
    AuditError::Database {
        doing: "user_activity_log can't be read",
        source,
    }
}
