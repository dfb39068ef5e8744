//! Reading a sink's PostgreSQL database.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use time::{Date, Month, OffsetDateTime};

use super::row::{Present, Read, postgres_columns, read};
use super::{CatalogueChange, Detail, Position, ProductRow, ProductThen, RowKey, Since, SourceError, Then};

/// A stretch of a product's history: product, stock, price, price before, from and to.
type History = (i64, String, i64, Option<i64>, OffsetDateTime, Option<OffsetDateTime>);

/// A few connections, opened when they are needed; each session is read-only.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: PgPool,
}

impl Reader {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let options = options.application_name("de-shop insights").options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "10min"),
            // An estimate with this many long rows would compile each query for longer than it runs.
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(3)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_mins(1));
        Self {
            pool: pool.connect_lazy_with(options),
        }
    }

    pub(super) async fn read(
        &self,
        since: &Since,
        mut take: impl FnMut(Read),
    ) -> Result<(Vec<Position>, Option<i64>), SourceError> {
        let present = self.present().await?;
        let mut transaction = self
            .pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let positions = "SELECT topic, partition, max(next_offset), max(cluster) FROM sink_position GROUP BY topic, partition ORDER BY topic, partition";
        let positions = sqlx::query(positions).fetch_all(&mut *transaction).await?;
        let positions: Vec<Position> = positions.iter().map(position).collect::<Result<_, _>>()?;
        let oldest: Option<String> = sqlx::query_scalar(
            "SELECT min(right(c.relname, 8)) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
             WHERE i.inhparent = 'user_activity_log'::regclass AND c.relname ~ '_[0-9]{8}$'",
        )
        .fetch_one(&mut *transaction)
        .await?;
        let columns = postgres_columns(present);
        if since.positions.is_empty() {
            let sql = format!("SELECT {columns} FROM user_activity_log");
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                take(read(&row));
            }
        } else {
            let sql = format!(
                "SELECT {columns} FROM user_activity_log WHERE kafka_topic = $1 AND kafka_partition = $2 AND kafka_offset >= $3 ORDER BY kafka_offset"
            );
            for position in positions
                .iter()
                .filter(|position| from(since, position) < position.next)
            {
                let partition = i32::try_from(position.partition).unwrap_or(i32::MAX);
                let query = sqlx::query(AssertSqlSafe(sql.clone()))
                    .bind(&position.topic)
                    .bind(partition);
                let mut rows = query.bind(from(since, position)).fetch(&mut *transaction);
                while let Some(row) = rows.try_next().await? {
                    take(read(&row));
                }
            }
        }
        transaction.commit().await?;
        Ok((positions, oldest.as_deref().and_then(day_begins)))
    }

    async fn present(&self) -> Result<Present, SourceError> {
        let sql = "SELECT attname::text FROM pg_attribute WHERE attrelid = 'user_activity_log'::regclass AND attnum > 0 AND NOT attisdropped";
        let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        Ok(Present {
            visitor: has("visitor_id"),
            bot: has("bot"),
        })
    }

    pub(super) async fn products(&self) -> Result<Vec<ProductRow>, SourceError> {
        // The shop may live in the same database and have a table of that name in its own way: the column says whose it is.
        let sql = "SELECT 1::bigint FROM pg_attribute WHERE attrelid = to_regclass('product') AND attname = 'valid_to'";
        let table: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&self.pool).await?;
        if table.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT product_id::bigint, name_en, category_id::bigint, category_en FROM product WHERE valid_to IS NULL ORDER BY product_id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| super::row::product(row).map_err(SourceError::from))
            .collect()
    }

    pub(super) async fn catalogue_changes(&self) -> Result<Vec<CatalogueChange>, SourceError> {
        let rows: Vec<History> = sqlx::query_as(super::CHANGES).fetch_all(&self.pool).await?;
        let micros = |at: OffsetDateTime| i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX);
        let change = |(product, stock, price, earlier, from, to): History| {
            CatalogueChange::of(product, &stock, (earlier, price), (micros(from), to.map(micros)))
        };
        Ok(rows.into_iter().filter_map(change).collect())
    }

    pub(super) async fn product_at(&self, id: i64, at: i64) -> Result<Option<ProductThen>, SourceError> {
        if self.products().await?.is_empty() {
            return Ok(None);
        }
        let sql = "SELECT name_en, name_ko, price::bigint, stock_class::text FROM product WHERE product_id = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1";
        let query = sqlx::query_as(sql).bind(id).bind(moment(at));
        let then: Option<Then> = query.fetch_optional(&self.pool).await?;
        Ok(then.map(ProductThen::from))
    }

    pub(super) async fn details(&self, keys: &[RowKey]) -> Result<Vec<Detail>, SourceError> {
        // It came with the visitor's id.
        let view = if self.present().await?.visitor {
            "page_view_id::text"
        } else {
            "NULL::text"
        };
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let sql = format!(
                "SELECT path, referrer, request_id::text, details::text, event_id::text, {view} \
                 FROM user_activity_log WHERE kafka_topic = $1 AND kafka_partition = $2 AND kafka_offset = $3"
            );
            let partition = i32::try_from(key.partition).unwrap_or(i32::MAX);
            let query = sqlx::query(AssertSqlSafe(sql));
            let query = query.bind(&key.topic).bind(partition).bind(key.offset);
            if let Some(row) = query.fetch_optional(&self.pool).await? {
                found.push(super::row::detail(&row, key)?);
            }
        }
        Ok(found)
    }

    pub(super) async fn app_log_lengths(&self, instance: &str) -> Result<Vec<(String, i64)>, SourceError> {
        let query = sqlx::query_as(super::APP_LOG_LENGTHS).bind(instance);
        Ok(query.fetch_all(&self.pool).await?)
    }

    pub(super) async fn session_of_request(&self, id: &str, near: (i64, i64)) -> Result<Option<String>, SourceError> {
        let sql = "SELECT session_id FROM user_activity_log WHERE request_id = $1::uuid AND event_time BETWEEN $2 AND $3 LIMIT 1";
        let query = sqlx::query_scalar(sql)
            .bind(id.to_owned())
            .bind(moment(near.0))
            .bind(moment(near.1));
        Ok(query.fetch_optional(&self.pool).await?)
    }
}

fn moment(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// From which offset a partition is not known yet.
fn from(since: &Since, position: &Position) -> i64 {
    let known = since.positions.iter();
    let mut same = known.filter(|known| known.topic == position.topic && known.partition == position.partition);
    same.next().map_or(0, |known| known.next)
}

fn position(row: &PgRow) -> Result<Position, sqlx::Error> {
    Ok(Position {
        topic: row.try_get(0)?,
        partition: row.try_get(1)?,
        next: row.try_get(2)?,
        cluster: row.try_get(3)?,
    })
}

/// The first microsecond of `20251130`, UTC.
fn day_begins(digits: &str) -> Option<i64> {
    let month = Month::try_from(digits.get(4..6)?.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(digits.get(..4)?.parse().ok()?, month, digits.get(6..8)?.parse().ok()?).ok()?;
    i64::try_from(date.midnight().assume_utc().unix_timestamp_nanos() / 1000).ok()
}
