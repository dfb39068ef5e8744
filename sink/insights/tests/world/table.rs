//! A sink's tables, made by its own migrations and filled from the lines of log files.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use insights::Source;
use serde_json::Value;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection};

const COLUMNS: [&str; 26] = [
    "event_time",
    "event_id",
    "session_id",
    "user_id",
    "activity_type",
    "entity_type",
    "entity_id",
    "endpoint",
    "method",
    "path",
    "args",
    "form",
    "response_status",
    "ip_address",
    "user_agent",
    "referrer",
    "request_id",
    "details",
    "source_instance",
    "source_sequence",
    "kafka_topic",
    "kafka_partition",
    "kafka_offset",
    "visitor_id",
    "page_view_id",
    "bot",
];
/// Rows of one statement.
const BATCH: usize = 500;

/// A database with a sink's tables.
pub enum Table {
    Sqlite(tempfile::TempDir, Box<Filler>),
    Postgres(OwnDatabase, Box<Filler>),
}

/// A database on a server of PostgreSQL, and the role that may be made for it; both go with it.
pub struct OwnDatabase {
    server: String,
    name: String,
    pub url: String,
    pub role: String,
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let (server, name, role) = (self.server.clone(), self.name.clone(), self.role.clone());
        // On a thread of its own, as a test's own runtime can't be waited for within it.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut db = PgConnection::connect(&server).await?;
                let database = format!("DROP DATABASE {name} WITH (FORCE)");
                for sql in [database, format!("DROP ROLE IF EXISTS {role}")] {
                    db.execute(AssertSqlSafe(sql)).await?;
                }
                Ok(db.close().await?)
            })
        });
        let dropped = dropping.join().expect("dropping a database does not panic");
        if !std::thread::panicking() {
            dropped.expect("the test's database is dropped");
        }
    }
}

/// Where the next message of each partition goes, and which are known.
#[derive(Default)]
pub struct Filler {
    next: HashMap<(&'static str, i32), i64>,
    known: HashSet<String>,
}

impl Table {
    /// One of each kind of database that is at hand.
    pub async fn all() -> Result<Vec<Self>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("activity.db");
        make_sqlite(&path).await?;
        let mut all = vec![Self::Sqlite(folder, Box::default())];
        let Ok(server) = std::env::var("DE_SHOP_TEST_POSTGRES") else {
            let said = "SKIPPED on PostgreSQL: DE_SHOP_TEST_POSTGRES is not set\n";
            assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
            // Past the test harness, which keeps what passing tests print.
            std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes())?;
            return Ok(all);
        };
        all.push(Self::Postgres(make_postgres(&server).await?, Box::default()));
        Ok(all)
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    pub fn source(&self) -> Result<Source> {
        Ok(match self {
            Self::Sqlite(folder, _) => Source::sqlite(folder.path().join("activity.db")),
            Self::Postgres(server, _) => Source::postgres(server.url.parse()?),
        })
    }

    pub async fn execute(&self, sql: &str) -> Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(folder, _) => {
                let mut db = open_sqlite(&folder.path().join("activity.db")).await?;
                db.execute(sql).await?;
                Ok(db.close().await?)
            }
            Self::Postgres(server, _) => {
                let mut db = PgConnection::connect(&server.url).await?;
                db.execute(sql).await?;
                Ok(db.close().await?)
            }
        }
    }

    /// Deletes the days before `first` as the sink does: rows of SQLite, partitions of PostgreSQL.
    pub async fn forget_before(&self, first: &str) -> Result<()> {
        let sql = match self {
            Self::Sqlite(..) => format!("DELETE FROM user_activity_log WHERE event_time < '{first}'"),
            Self::Postgres(..) => format!(
                "DO $$ DECLARE day text; BEGIN FOR day IN SELECT inhrelid::regclass::text FROM pg_inherits \
                 WHERE inhparent = 'user_activity_log'::regclass AND right(inhrelid::regclass::text, 8) < '{}' \
                 LOOP EXECUTE 'DROP TABLE ' || day; END LOOP; END $$",
                first.replace('-', "")
            ),
        };
        self.execute(&sql).await
    }

    /// Writes lines as a sink does: each event once, whatever comes again.
    pub async fn write(&mut self, lines: &[String]) -> Result<()> {
        match self {
            Self::Sqlite(folder, filler) => {
                let mut db = open_sqlite(&folder.path().join("activity.db")).await?;
                filler.sqlite(&mut db, lines).await?;
                Ok(db.close().await?)
            }
            Self::Postgres(server, filler) => {
                let mut db = PgConnection::connect(&server.url).await?;
                filler.postgres(&mut db, lines).await?;
                Ok(db.close().await?)
            }
        }
    }
}

pub async fn open_sqlite(path: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    Ok(options.pragma("synchronous", "OFF").connect().await?)
}

/// The sink's, of one kind of database.
pub async fn migrations(kind: &str) -> Result<Migrator> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(kind);
    let mut migrator = Migrator::new(folder).await?;
    migrator.dangerous_set_table_name("sink_migrations");
    Ok(migrator)
}

pub async fn make_sqlite(path: &Path) -> Result<()> {
    let mut db = open_sqlite(path).await?;
    let migrator = migrations("sqlite").await?;
    migrator.run_direct(None, &mut db, false).await?;
    Ok(db.close().await?)
}

/// A database of its own on this server.
pub async fn make_postgres(server: &str) -> Result<OwnDatabase> {
    let name = format!("insights_{}", uuid::Uuid::new_v4().simple());
    let mut db = PgConnection::connect(server).await?;
    db.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    db.close().await?;
    let (start, _) = server.rsplit_once('/').context("the URL names no database")?;
    let made = OwnDatabase {
        server: server.to_owned(),
        url: format!("{start}/{name}"),
        role: format!("{name}_asker"),
        name,
    };
    let mut db = PgConnection::connect(&made.url).await?;
    let migrator = migrations("postgres").await?;
    migrator.run_direct(None, &mut db, false).await?;
    db.close().await?;
    Ok(made)
}

impl Filler {
    pub async fn sqlite(&mut self, db: &mut SqliteConnection, lines: &[String]) -> Result<()> {
        for batch in lines.chunks(BATCH) {
            let rows = self.rows(batch)?;
            if rows.is_empty() {
                continue;
            }
            let row = format!("({})", vec!["?"; COLUMNS.len()].join(","));
            let sql = format!(
                "INSERT INTO user_activity_log ({}) VALUES {}",
                COLUMNS.join(","),
                vec![row; rows.len()].join(",")
            );
            let mut transaction = db.begin().await?;
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in rows.iter().flatten() {
                query = match value {
                    Value::Null => query.bind(None::<String>),
                    Value::Bool(flag) => query.bind(i64::from(*flag)),
                    Value::Number(number) => query.bind(number.as_i64()),
                    Value::String(text) => query.bind(text),
                    other => query.bind(other.to_string()),
                };
            }
            query.execute(&mut *transaction).await?;
            self.positions(&mut transaction).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn positions(&self, db: &mut SqliteConnection) -> Result<()> {
        for sql in self.position_sql() {
            db.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }

    fn position_sql(&self) -> Vec<String> {
        let one = |((topic, partition), next): (&(&str, i32), &i64)| {
            format!(
                "INSERT INTO sink_position (consumer_group, topic, partition, epoch, next_offset, bad_run, owner) \
                 VALUES ('test', '{topic}', {partition}, 1, {next}, 0, 'test') \
                 ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = {next}"
            )
        };
        self.next.iter().map(one).collect()
    }

    pub async fn postgres(&mut self, db: &mut PgConnection, lines: &[String]) -> Result<()> {
        for batch in lines.chunks(20_000) {
            let rows = self.rows(batch)?;
            let days: HashSet<&str> = rows.iter().filter_map(|row| row[0].as_str()?.get(..10)).collect();
            for day in days {
                let name = day.replace('-', "");
                let sql = format!(
                    "CREATE TABLE IF NOT EXISTS user_activity_log_{name} PARTITION OF user_activity_log \
                     FOR VALUES FROM ('{day} 00:00:00+00') TO ('{day} 00:00:00+00'::timestamptz + interval '1 day')"
                );
                db.execute(AssertSqlSafe(sql)).await?;
            }
            let mut csv = String::new();
            for row in &rows {
                let cells = row.iter().map(|value| match value {
                    Value::Null => String::new(),
                    Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
                    other => format!("\"{}\"", other.to_string().replace('"', "\"\"")),
                });
                writeln!(csv, "{}", cells.collect::<Vec<_>>().join(","))?;
            }
            let mut transaction = db.begin().await?;
            let copy = format!("COPY user_activity_log ({}) FROM STDIN (FORMAT csv)", COLUMNS.join(","));
            let mut copy = transaction.copy_in_raw(&copy).await?;
            copy.send(csv.into_bytes()).await?;
            copy.finish().await?;
            for sql in self.position_sql() {
                transaction.execute(AssertSqlSafe(sql)).await?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The rows of lines that are not known yet, with a place in a topic for each.
    fn rows(&mut self, lines: &[String]) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            let mut event: Value = serde_json::from_str(line)?;
            let id = event["event_id"].as_str().context("an event without an id")?;
            let kind = event["event_type"]
                .as_str()
                .and_then(schemas::EventType::from_name)
                .context("an unknown event")?;
            if !self.known.insert(id.to_owned()) {
                continue;
            }
            let partition = i32::from(
                event["session_id"]
                    .as_str()
                    .and_then(|text| text.bytes().last())
                    .unwrap_or(0)
                    % 3,
            );
            let topic = kind.topic().name();
            let next = self.next.entry((topic, partition)).or_insert(0);
            let offset = *next;
            *next += 1;
            let mut take = |name: &str| event.get_mut(name).map_or(Value::Null, Value::take);
            let source = take("source");
            rows.push(vec![
                take("timestamp"),
                take("event_id"),
                take("session_id"),
                take("user_id"),
                take("event_type"),
                take("entity_type"),
                take("entity_id"),
                take("endpoint"),
                take("method"),
                take("path"),
                take("args"),
                take("form"),
                take("response_status"),
                take("ip_address"),
                take("user_agent"),
                take("referrer"),
                take("request_id"),
                take("details"),
                source["instance"].clone(),
                source["sequence"].clone(),
                topic.into(),
                partition.into(),
                offset.into(),
                take("visitor_id"),
                take("page_view_id"),
                take("bot"),
            ]);
        }
        Ok(rows)
    }
}
