//! Connections, migrations and transactions, for either database.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, Transaction};

use crate::store::error::Unfinished;
use crate::store::{NotDone, StoreError, migrations, projection};

const TRIES: u32 = 10;
/// What is deleted is overwritten with zeros: a person who is erased is in no free page, either.
const OF_THE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON";
/// Brings the write-ahead log into the file and empties it.
const EMPTY_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
/// How long the shop's own tasks wait for an answer (pages have `--answer-timeout`). A connection that was lost without a word, because
/// the database failed over or a firewall forgot it, never answers.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long a connection that is given back may take to show that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// The server ends what it hears nothing of in the middle of a transaction: a shop whose network is gone would keep its locks for hours.
const OF_EACH_CONNECTION: &str = "SET search_path TO shop; SET idle_in_transaction_session_timeout TO '60s'";

#[derive(Debug)]
pub(super) struct Database {
    writer: AnyPool,
    readers: AnyPool,
    begin: &'static str,
    begin_snapshot: &'static str,
    /// Waits for every transaction that records facts, and lets none begin; SQLite has one writer anyway.
    keep_others_out: Option<String>,
    /// Empties the log in which what was deleted still stands; a server has its own ways with its log.
    empty_log: Option<&'static str>,
    /// Why the last transaction failed to be written, since when; none once one succeeded.
    write_trouble: Mutex<Option<(Instant, String)>>,
}

impl Database {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        if let Some(file) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(file.strip_prefix("//").unwrap_or(file)).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await
        } else {
            Err(StoreError::Address("it begins with sqlite: or postgres:".to_owned()))
        }
    }

    async fn open_sqlite(file: &str) -> Result<Self, StoreError> {
        if file.is_empty() || file.starts_with(":memory:") || file.contains('?') {
            return Err(StoreError::Address(
                "sqlite: is followed by the path of a file, and nothing else".to_owned(),
            ));
        }
        if let Some(folder) = Path::new(file).parent() {
            std::fs::create_dir_all(folder).map_err(StoreError::Folder)?;
        }
        let address = connect_options(&format!(
            "sqlite:{}?mode=rwc",
            file.replace('%', "%25").replace('#', "%23")
        ))?;
        try_out(&address).await?;
        let writer = sqlite_pool(1, OF_THE_WRITER).connect_with(address.clone()).await?;
        migrate_sqlite(&writer).await?;
        let readers = sqlite_pool(4, "PRAGMA query_only = ON").connect_with(address).await?;
        Ok(Self {
            writer,
            readers,
            begin: "BEGIN IMMEDIATE",
            begin_snapshot: "BEGIN",
            keep_others_out: None,
            empty_log: Some(EMPTY_LOG),
            write_trouble: Mutex::default(),
        })
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let address = connect_options(url)?;
        try_out(&address).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(OF_EACH_CONNECTION).await.map(drop) })
            })
            // Whoever gave up waiting gives back a connection that may be dead: without this it would hold its place in the pool for ever.
            .after_release(|connection, _| Box::pin(lives(connection)))
            .connect_with(address)
            .await?;
        let mut migrator = migrations::postgres();
        migrator.create_schema("shop");
        // Under sqlx's advisory lock: shops that start at once go one after the other.
        migrate(migrator, &mut *pool.acquire().await?).await?;
        Ok(Self {
            writer: pool.clone(),
            readers: pool,
            begin: "BEGIN",
            begin_snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            keep_others_out: Some(format!(
                "LOCK TABLE {}, event IN EXCLUSIVE MODE",
                projection::TABLES.map(|table| table.name).join(", ")
            )),
            empty_log: None,
            write_trouble: Mutex::default(),
        })
    }

    pub(super) async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// All that follows in the transaction sees the database as it is now.
    pub(super) async fn snapshot(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let mut snapshot = self.readers.begin_with(self.begin_snapshot).await?;
        // Either database takes it with the first reading.
        snapshot.execute("SELECT 1 FROM counter").await?;
        Ok(snapshot)
    }

    /// For the rest of the transaction nobody else records a fact.
    pub(super) async fn keep_others_out(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if let Some(lock) = &self.keep_others_out {
            connection.execute(AssertSqlSafe(lock.as_str())).await?;
        }
        Ok(())
    }

    /// What was deleted is no longer in the database's files. While somebody reads what was there before, it stays until the next time, or
    /// until the shop stops.
    pub(super) async fn forget(&self) -> Result<(), StoreError> {
        if let Some(empty) = self.empty_log {
            self.writer.acquire().await?.execute(empty).await?;
        }
        Ok(())
    }

    /// Takes note of how a transaction ended: a disk without room lets everything be read and nothing be written.
    pub(super) fn note<T>(&self, outcome: &Result<T, impl Unfinished>) {
        let mut trouble = self.write_trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome.as_ref().err().and_then(Unfinished::failure) {
            None => *trouble = None,
            Some(StoreError::Database(error)) => {
                let since = trouble.take().map_or_else(Instant::now, |(since, _)| since);
                *trouble = Some((since, error.to_string()));
            }
            Some(_) => {}
        }
    }

    pub(super) fn write_trouble(&self) -> Option<(Instant, String)> {
        self.write_trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        match self.writer.begin_with(self.begin).await {
            // SQLite ends a transaction by itself when its disk is full, and the driver goes on counting it: only a new connection helps.
            // It is the only one that writes, so it is the one that the pool gives.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                if let Err(error) = self.writer.acquire().await?.close().await {
                    tracing::debug!(%error, "closing a connection whose transaction has failed");
                }
                Ok(self.writer.begin_with(self.begin).await?)
            }
            begun => Ok(begun?),
        }
    }
}

/// Ends a transaction as its work ended; none when it collided and is to be done again.
pub(super) async fn end<T, E: Unfinished>(
    transaction: Transaction<'static, Any>,
    work: Result<T, E>,
    tries: &mut u32,
) -> Option<Result<T, E>> {
    let failed = |error: sqlx::Error| E::from(StoreError::from(error));
    let outcome = match work {
        Ok(done) => transaction.commit().await.map(|()| done).map_err(failed),
        // The first error is the one that tells what is wrong.
        Err(why) => match transaction.rollback().await {
            Err(error) if why.failure().is_none() => Err(failed(error)),
            _ => Err(why),
        },
    };
    if outcome
        .as_ref()
        .err()
        .and_then(Unfinished::failure)
        .is_some_and(StoreError::passes)
        && *tries < TRIES
    {
        // Out of step with whoever it collided with.
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..5 * u64::from(*tries)))).await;
        *tries += 1;
        return None;
    }
    Some(outcome)
}

/// Only says what the work of a transaction returns.
pub(super) async fn may_refuse<T, R>(work: impl Future<Output = Result<T, NotDone<R>>>) -> Result<T, NotDone<R>> {
    work.await
}

/// As [`may_refuse`], for work that never does.
pub(super) async fn always<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    work.await
}

/// Does work in one transaction: committed when it says yes, rolled back when it refuses or fails; done again when it collided.
///
/// A macro, because the future of a function that takes an async closure is not `Send` for the compiler when the closure borrows
/// (rust-lang/rust#110338), and a web server needs it to be.
macro_rules! transaction {
    ($database:expr, |$connection:ident| $work:expr) => {
        $crate::store::database::transaction!($database, may_refuse, |$connection| $work)
    };
    ($database:expr, $kind:ident, |$connection:ident| $work:expr) => {{
        let mut tries = 1;
        loop {
            let mut transaction = match $database.begin().await {
                Ok(transaction) => transaction,
                // A database that another program has locked lets everything be read and nothing be begun.
                Err(error) => {
                    let outcome = Err(error.into());
                    $database.note(&outcome);
                    break outcome;
                }
            };
            let work = {
                let $connection: &mut sqlx::AnyConnection = &mut transaction;
                $crate::store::database::$kind(async { $work }).await
            };
            if let Some(outcome) = $crate::store::database::end(transaction, work, &mut tries).await {
                $database.note(&outcome);
                break outcome;
            }
        }
    }};
}

/// As [`transaction`], for work that never refuses.
macro_rules! transaction_always {
    ($database:expr, |$connection:ident| $work:expr) => {
        $crate::store::database::transaction!($database, always, |$connection| $work)
    };
}

pub(super) use {transaction, transaction_always};

/// An answer to what the shop asks for itself, if it comes in time.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(ANSWER_WITHIN, work)
        .await
        .unwrap_or(Err(StoreError::Silent(ANSWER_WITHIN)))
}

/// False for a connection that is to be closed.
async fn lives(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Says at once why there is no connection; a pool would try again until it could only say that time was up.
async fn try_out(address: &AnyConnectOptions) -> Result<(), StoreError> {
    let connection = AnyConnection::connect_with(address).await;
    let connection = connection.map_err(|error| match hosting::pooler_hint(&error.to_string()) {
        Some(hint) => StoreError::Pooler(format!("{error}; {hint}")),
        None => StoreError::Unreachable(error),
    })?;
    connection.close().await.map_err(StoreError::Unreachable)
}

fn connect_options(url: &str) -> Result<AnyConnectOptions, StoreError> {
    AnyConnectOptions::from_str(url).map_err(|error| StoreError::Address(error.to_string()))
}

/// Connections that stay open; SQLite's driver waits up to 5 s for a lock and checks foreign keys by itself.
fn sqlite_pool(size: u32, pragmas: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(async move { connection.execute(pragmas).await.map(drop) }))
}

/// All in one transaction that writes, which is SQLite's lock: shops that start at once go one after the other, and a database that
/// is refused is left as it was.
async fn migrate_sqlite(writer: &AnyPool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    migrate(migrations::sqlite(), &mut transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn migrate(mut migrator: Migrator, connection: &mut AnyConnection) -> Result<(), StoreError> {
    migrator.dangerous_set_table_name("shop_migrations");
    let done = migrator.run_direct(None, connection, false).await;
    done.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema(version),
        error => StoreError::Migration(error),
    })
}
