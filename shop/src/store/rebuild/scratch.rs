//! A database of this process alone, in which facts are applied without a server to ask for each of them and without a disk to wait for.

use futures_util::TryStreamExt;
use schemas::{Activity, Details, EventType, Timestamp};
use serde_json::value::RawValue;
use sqlx::any::{AnyRow, AnyTypeInfoKind, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Column, Connection, Executor, Row};

use super::RebuildReport;
use crate::store::database::migrate;
use crate::store::fact::{Fact, Stream};
use crate::store::{StoreError, migrations, projection};

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
        install_default_drivers();
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

    /// Puts the projections that were derived here in the place of those in `target`.
    pub(super) async fn replace(&mut self, target: &mut AnyConnection) -> Result<RebuildReport, StoreError> {
        let mut report = RebuildReport {
            facts: self.facts,
            carts: 0,
            orders: 0,
            accounts: 0,
        };
        for table in projection::TABLES {
            target.execute(AssertSqlSafe(format!("DELETE FROM {table}"))).await?;
            // In the order of the key, which is the first column or the first two: so the rows lie side by side.
            let rows = format!("SELECT * FROM {table} ORDER BY 1, 2");
            let copied = copy(&mut self.connection, &rows, target, table).await?;
            match table {
                "cart" => report.carts = copied,
                "orders" => report.orders = copied,
                "account" => report.accounts = copied,
                _ => {}
            }
        }
        Ok(report)
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
    let activity: Activity<'_, &RawValue> =
        serde_json::from_str(&data).map_err(|error| StoreError::impossible("event", id, error))?;
    let details = Details::parse(activity.event_type, activity.details.get())
        .ok_or_else(|| StoreError::impossible("event", id, "no details"))?
        .map_err(|error| StoreError::impossible("event", id, error))?;
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

/// Inserts what `query` finds in `origin` into `table`, many rows at a time; returns how many.
async fn copy(
    origin: &mut AnyConnection,
    query: &str,
    target: &mut AnyConnection,
    table: &str,
) -> Result<u64, StoreError> {
    let mut chunks = sqlx::query(AssertSqlSafe(query)).fetch(origin).try_chunks(ROWS);
    let mut copied = 0;
    while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
        insert(target, table, &rows).await?;
        copied += rows.len() as u64;
    }
    Ok(copied)
}

/// Whole numbers and texts, the only kinds that projections have.
async fn insert(target: &mut AnyConnection, table: &str, rows: &[AnyRow]) -> Result<(), StoreError> {
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<&str> = first.columns().iter().map(Column::name).collect();
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", names.join(", "));
    let mut values = 1..;
    for row in 0..rows.len() {
        let of_row: Vec<String> = values
            .by_ref()
            .take(names.len())
            .map(|value| format!("${value}"))
            .collect();
        sql += if row == 0 { "(" } else { ", (" };
        sql += &of_row.join(", ");
        sql += ")";
    }
    let mut insert = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        for column in row.columns() {
            insert = match column.type_info().kind() {
                AnyTypeInfoKind::Text => insert.bind(row.try_get::<Option<String>, _>(column.ordinal())?),
                _ => insert.bind(row.try_get::<Option<i64>, _>(column.ordinal())?),
            };
        }
    }
    insert.execute(target).await?;
    Ok(())
}
