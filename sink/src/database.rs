//! The connection to SQLite or PostgreSQL, and the few things that differ between them.
//!
//! Promises: one SQL text serves both; a connection that failed is thrown away, never used again; a SQLite transaction that
//! was answered survives a power cut (WAL, `synchronous=FULL`); a PostgreSQL session that stands still within a transaction
//! for 15 s is ended by the server, so that a stopped sink can't block the one that takes over.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::database::HasStatementCache;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, Database as Kind, Encode, Executor, PgConnection, Row as _,
    SqliteConnection, Type, migrate,
};

use crate::{SinkError, migrations};

/// Migrations of this crate keep their own table, so that the shop may live in the same PostgreSQL database.
const MIGRATIONS_TABLE: &str = "sink_migrations";

/// How long another writer of the same SQLite file is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long PostgreSQL waits for a lock before it gives up a statement.
const LOCK_TIMEOUT: &str = "10s";

/// Which database: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// An open connection.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// What is bound to a statement of the books.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Null,
    NoText,
}

/// A row of the books.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") {
                return Err("needs the path of a file, such as sqlite:./data/activity.db".to_owned());
            }
            Ok(Self::Sqlite(path.into()))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = url.parse::<PgConnectOptions>().map_err(|error| error.to_string())?;
            Ok(Self::Postgres(Box::new(options)))
        } else {
            Err("is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned())
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(options) => write!(
                f,
                "postgres://{}:{}/{}",
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
        }
    }
}

impl DatabaseUrl {
    pub(crate) async fn connect(&self) -> Result<Connection, SinkError> {
        match self {
            Self::Sqlite(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|error| SinkError::disk(folder, error))?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    // Rows are long and come in thousands: fewer, larger pages. A database that exists keeps its own.
                    .page_size(8192)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
                    .pragma("journal_size_limit", "67108864");
                Ok(Connection::Sqlite(options.connect().await?))
            }
            Self::Postgres(options) => {
                let options = options.as_ref().clone().application_name("de-shop sink").options([
                    ("statement_timeout", "30s"),
                    ("client_min_messages", "warning"),
                    ("lock_timeout", LOCK_TIMEOUT),
                    ("idle_in_transaction_session_timeout", "15s"),
                ]);
                let mut connection = options.connect().await?;
                // Without them a sink that stands still within a transaction would keep the others waiting.
                let taken = sqlx::raw_sql("SHOW lock_timeout").fetch_one(&mut connection).await?;
                if taken.try_get::<&str, _>(0)? != LOCK_TIMEOUT {
                    return Err(SinkError::Setting {
                        setting: "--database",
                        reason: format!("the session's settings are not taken: {}", hosting::POOLER),
                    });
                }
                Ok(Connection::Postgres(connection))
            }
        }
    }
}

impl DatabaseUrl {
    /// Connects to read only; nothing is made or changed.
    pub(crate) async fn look(&self) -> Result<Connection, SinkError> {
        match self {
            Self::Sqlite(path) => {
                // Not SQLite's own read-only mode, which can't follow a database in WAL mode that nobody has open.
                let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
                Ok(Connection::Sqlite(options.pragma("query_only", "ON").connect().await?))
            }
            Self::Postgres(options) => {
                let read_only = [("default_transaction_read_only", "on"), ("statement_timeout", "30s")];
                let options = options
                    .as_ref()
                    .clone()
                    .application_name("de-shop sink")
                    .options(read_only);
                Ok(Connection::Postgres(options.connect().await?))
            }
        }
    }
}

impl Connection {
    /// Brings the schema up to date, under a lock; a schema newer than this program is refused.
    pub(crate) async fn migrate(&mut self) -> Result<(), SinkError> {
        let done = match self {
            Self::Sqlite(connection) => {
                let mut migrator = migrations::sqlite();
                migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
                // One transaction that writes is SQLite's lock: sinks that start at once go one after the other.
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
                let done = migrator.run_direct(None, &mut *transaction, false).await;
                if done.is_ok() {
                    transaction.commit().await?;
                }
                done
            }
            Self::Postgres(connection) => {
                let mut migrator = migrations::postgres();
                migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
                // An index over a large table takes longer than any statement of the sink's own may.
                connection.execute("SET statement_timeout = 0").await?;
                let done = migrator.run_direct(None, &mut *connection, false).await;
                // The connection's options are what RESET goes back to.
                connection.execute("RESET statement_timeout").await?;
                done
            }
        };
        done.map_err(|error| match error {
            migrate::MigrateError::Execute(error) => SinkError::Database(error),
            migrate::MigrateError::VersionMissing(version) => SinkError::Setting {
                setting: "--database",
                reason: format!(
                    "was made by a newer sink (its version {version} is not known here) and was left as it is; start the newer sink, \
                     or restore the backup from before the upgrade"
                ),
            },
            other => SinkError::Setting {
                setting: "--database",
                reason: other.to_string(),
            },
        })
    }

    /// Runs a statement of the books; answers how many rows it hit.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, SinkError> {
        let done = match self {
            Self::Sqlite(connection) => bound(sql, values).execute(connection).await?.rows_affected(),
            Self::Postgres(connection) => bound(sql, values).execute(connection).await?.rows_affected(),
        };
        Ok(done)
    }

    /// Runs a statement of the books that answers with rows.
    pub(crate) async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, SinkError> {
        match self {
            Self::Sqlite(connection) => {
                let rows = bound(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(connection) => {
                let rows = bound(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Runs SQL without values: transaction control and definitions.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), SinkError> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.map(drop)?,
            Self::Postgres(connection) => connection.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&mut self) -> Result<(), SinkError> {
        match self {
            Self::Sqlite(_) => self.run("BEGIN IMMEDIATE").await,
            Self::Postgres(_) => self.run("BEGIN").await,
        }
    }

    pub(crate) async fn close(self) {
        let closed = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "closing the database connection");
        }
    }
}

/// A statement with its values; not cached, as the number of values changes from batch to batch.
fn bound<'q, D>(sql: &'q str, values: &'q [Value]) -> Query<'q, D, D::Arguments>
where
    D: Kind + HasStatementCache,
    i64: Encode<'q, D> + Type<D>,
    &'q str: Encode<'q, D> + Type<D>,
    &'q [u8]: Encode<'q, D> + Type<D>,
    Option<i64>: Encode<'q, D> + Type<D>,
    Option<&'q str>: Encode<'q, D> + Type<D>,
{
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    values.iter().fold(query, |query, value| match value {
        Value::Int(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.as_str()),
        Value::Bytes(bytes) => query.bind(bytes.as_slice()),
        Value::Null => query.bind(None::<i64>),
        Value::NoText => query.bind(None::<&'q str>),
    })
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, SinkError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>, SinkError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, SinkError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], SinkError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, SinkError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::NoText, Self::from)
    }
}

/// `($2,$3),($4,$5)`: the placeholders of `rows` tuples of `width` values, counted from `$first`.
pub(crate) fn tuples(rows: usize, width: usize, first: usize) -> String {
    use fmt::Write as _;
    let mut sql = String::with_capacity(rows * width * 6);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { "," };
            let number = first + row * width + column;
            // Writing to a String can't fail.
            let _ = write!(sql, "{comma}${number}");
        }
        sql.push(')');
    }
    sql
}
