//! A database of this process alone, in which facts are applied without a server to ask for each of them and without a disk to wait for.

use futures_util::TryStreamExt;
use schemas::{EventType, Timestamp};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, AssertSqlSafe, Column, Connection, Executor, Row};

use super::report::RebuildReport;
use crate::store::database::migrate;
use crate::store::fact::{self, Fact, Stream};
use crate::store::projection::{self, Table};
use crate::store::{StoreError, migrations};

/// SQLite's name for a temporary file that is gone with the connection.
const TEMPORARY: &str = "sqlite:";
/// Carts lie in the order of random names, and each fact is about another one: 512 MiB instead of SQLite's 2 are kept in memory. Nothing is
/// kept for after a crash, and nothing is ever committed.
const SETTINGS: &str = "PRAGMA cache_size = -524288; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN";
/// Facts that are read at a time.
const PAGE: i64 = 500;
/// Rows of one statement: both databases take 32,766 values in one.
const ROWS: usize = 500;

#[derive(Debug)]
pub(super) struct Scratch {
    connection: AnyConnection,
    /// The id of the last fact that was applied.
    after: i64,
    facts: u64,
}

impl Scratch {
    /// With the stock that `origin` had before the first fact.
    pub(super) async fn open(origin: &mut AnyConnection) -> Result<Self, StoreError> {
        let mut connection = AnyConnection::connect(TEMPORARY).await?;
        migrate(migrations::sqlite(), &mut connection).await?;
        connection.execute(SETTINGS).await?;
        let first_stock = "SELECT id AS product_id, first_stock AS units FROM product";
        copy(origin, first_stock, &mut connection, "stock").await?;
        Ok(Self {
            connection,
            after: 0,
            facts: 0,
        })
    }

    /// Applies what `origin` has recorded up to the id `until` and is not applied yet.
    pub(super) async fn follow(
        &mut self,
        origin: &mut AnyConnection,
        until: i64,
        progress: impl Fn(u64, u64),
    ) -> Result<(), StoreError> {
        loop {
            let rows = facts_between(origin, self.after, until).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            for row in &rows {
                apply_again(&mut self.connection, row).await?;
            }
            self.after = last.try_get("id")?;
            self.facts += rows.len() as u64;
            progress(self.after.unsigned_abs(), until.unsigned_abs());
        }
    }

    /// Takes over what stands in the projections of `origin`, to be compared.
    pub(super) async fn find(&mut self, origin: &mut AnyConnection) -> Result<(), StoreError> {
        for Table { name, .. } in projection::TABLES {
            let found = format!("found_{name}");
            self.run(format!("CREATE TABLE {found} AS SELECT * FROM {name} WHERE FALSE"))
                .await?;
            copy(origin, &format!("SELECT * FROM {name}"), &mut self.connection, &found).await?;
        }
        Ok(())
    }

    /// Notes the keys of the rows that were found otherwise than they were derived, or on one side only.
    pub(super) async fn compare(&mut self) -> Result<(), StoreError> {
        for Table { name, key } in projection::TABLES {
            self.run(format!(
                "CREATE TABLE wrong_{name} AS SELECT DISTINCT {key} FROM (
                     SELECT * FROM (SELECT * FROM {name} EXCEPT SELECT * FROM found_{name})
                     UNION ALL
                     SELECT * FROM (SELECT * FROM found_{name} EXCEPT SELECT * FROM {name}))"
            ))
            .await?;
            self.run(format!("DROP TABLE found_{name}")).await?;
        }
        Ok(())
    }

    /// Puts what was derived in the place of the rows in `target` that were noted as wrong.
    pub(super) async fn mend(&mut self, target: &mut AnyConnection) -> Result<RebuildReport, StoreError> {
        let mut mended = 0;
        for Table { name, key } in projection::TABLES {
            let keys = format!("SELECT {key} FROM wrong_{name}");
            let mut chunks = sqlx::query(AssertSqlSafe(keys.as_str()))
                .fetch(&mut self.connection)
                .try_chunks(ROWS);
            while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
                let listed = placeholders(&rows);
                execute(
                    target,
                    format!("DELETE FROM {name} WHERE ({key}) IN (VALUES {listed})"),
                    &rows,
                )
                .await?;
                mended += rows.len() as u64;
            }
            drop(chunks);
            let right = format!("SELECT * FROM {name} WHERE ({key}) IN ({keys})");
            copy(&mut self.connection, &right, target, name).await?;
        }
        Ok(RebuildReport {
            facts: self.facts,
            carts: self.count("cart").await?,
            orders: self.count("orders").await?,
            accounts: self.count("account").await?,
            mended,
        })
    }

    async fn run(&mut self, sql: String) -> Result<(), StoreError> {
        self.connection.execute(AssertSqlSafe(sql)).await?;
        Ok(())
    }

    async fn count(&mut self, table: &str) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")));
        Ok(count.fetch_one(&mut self.connection).await?)
    }
}

async fn facts_between(connection: &mut AnyConnection, after: i64, until: i64) -> Result<Vec<AnyRow>, StoreError> {
    let facts = sqlx::query(
        "SELECT id, event_type, stream, version, happened_at, data, cart_emptied, checkout
         FROM event WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
    );
    Ok(facts.bind(after).bind(until).bind(PAGE).fetch_all(connection).await?)
}

async fn apply_again(connection: &mut AnyConnection, row: &AnyRow) -> Result<(), StoreError> {
    let id: i64 = row.try_get("id")?;
    // What is sold is no projection: the tables of the catalogue have it.
    if row.try_get::<String, _>("event_type")? == EventType::Product.name() {
        return Ok(());
    }
    let data: String = row.try_get("data")?;
    let details = fact::details(id, &data)?;
    let stream: Option<String> = row.try_get("stream")?;
    let stream = stream.map_or(Ok(Stream::Nobody), |stream| stream.parse());
    let fact = Fact {
        stream: stream.map_err(|error| StoreError::impossible("event", id, error))?,
        version: row.try_get::<Option<i64>, _>("version")?.unwrap_or(0),
        at: Timestamp::from_unix_micros_saturating(row.try_get("happened_at")?),
        details,
        emptied: row.try_get("cart_emptied")?,
        checkout: row.try_get("checkout")?,
    };
    projection::apply(connection, &fact).await.map_err(|error| match error {
        StoreError::Conflict => StoreError::impossible("event", id, "it doesn't follow from the facts before it"),
        error => error,
    })
}

/// Inserts what `query` finds in `origin` into `table`, many rows at a time.
async fn copy(
    origin: &mut AnyConnection,
    query: &str,
    target: &mut AnyConnection,
    table: &str,
) -> Result<(), StoreError> {
    let mut chunks = sqlx::query(AssertSqlSafe(query)).fetch(origin).try_chunks(ROWS);
    while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
        let names: Vec<&str> = rows[0].columns().iter().map(Column::name).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES {}",
            names.join(", "),
            placeholders(&rows)
        );
        execute(target, sql, &rows).await?;
    }
    Ok(())
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn placeholders(rows: &[AnyRow]) -> String {
    let mut numbers = 1..;
    let of_rows = rows.iter().map(|row| {
        let numbers = numbers.by_ref().take(row.len());
        let of_row: Vec<String> = numbers.map(|number| format!("${number}")).collect();
        format!("({})", of_row.join(", "))
    });
    of_rows.collect::<Vec<_>>().join(", ")
}

/// Runs a statement over the values of some rows: whole numbers and texts, the only kinds that projections have.
async fn execute(target: &mut AnyConnection, sql: String, rows: &[AnyRow]) -> Result<(), StoreError> {
    let mut statement = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        for column in row.columns() {
            statement = match column.type_info().kind() {
                AnyTypeInfoKind::Text => statement.bind(row.try_get::<Option<String>, _>(column.ordinal())?),
                _ => statement.bind(row.try_get::<Option<i64>, _>(column.ordinal())?),
            };
        }
    }
    statement.execute(target).await?;
    Ok(())
}
