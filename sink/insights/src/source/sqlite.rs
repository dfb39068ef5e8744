//! Reading a sink's SQLite file.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use schemas::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};

use super::row::{Present, Read, read, sqlite_columns};
use super::{CatalogueChange, Detail, Position, ProductRow, ProductThen, RowKey, Since, SourceError, Then};

/// How long a writer of the same file is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A stretch of a product's history: product, stock, price, price before, from and to.
type History = (i64, String, i64, Option<i64>, String, Option<String>);

/// A few connections to the file, opened when they are needed.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: SqlitePool,
}

impl Reader {
    pub(super) fn new(path: PathBuf) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(3)
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
        // One read transaction: its first SELECT fixes what all of them see.
        let mut transaction = self.pool.begin().await?;
        let positions = "SELECT topic, partition, max(next_offset), max(cluster) FROM sink_position GROUP BY topic, partition ORDER BY topic, partition";
        let positions = sqlx::query(positions).fetch_all(&mut *transaction).await?;
        let oldest: Option<String> = sqlx::query_scalar("SELECT min(event_time) FROM user_activity_log")
            .fetch_one(&mut *transaction)
            .await?;
        let sql = format!(
            "SELECT {} FROM user_activity_log WHERE id > $1 ORDER BY id",
            sqlite_columns(present)
        );
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(since.id).fetch(&mut *transaction);
        while let Some(row) = rows.try_next().await? {
            take(read(&row));
        }
        drop(rows);
        transaction.commit().await?;
        let oldest = oldest
            .and_then(|text| Timestamp::parse(&text).ok())
            .map(Timestamp::unix_micros);
        Ok((positions.iter().map(position).collect::<Result<_, _>>()?, oldest))
    }

    async fn present(&self) -> Result<Present, SourceError> {
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('user_activity_log')")
            .fetch_all(&self.pool)
            .await?;
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        Ok(Present {
            visitor: has("visitor_id"),
            bot: has("bot"),
        })
    }

    pub(super) async fn products(&self) -> Result<Vec<ProductRow>, SourceError> {
        let table: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'product'")
                .fetch_optional(&self.pool)
                .await?;
        if table.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT product_id, name_en, category_id, category_en FROM product WHERE valid_to IS NULL ORDER BY product_id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| super::row::product(row).map_err(SourceError::from))
            .collect()
    }

    pub(super) async fn catalogue_changes(&self) -> Result<Vec<CatalogueChange>, SourceError> {
        let rows: Vec<History> = sqlx::query_as(super::CHANGES).fetch_all(&self.pool).await?;
        let micros = |text: &str| Timestamp::parse(text).ok().map(Timestamp::unix_micros);
        let change = |(product, stock, price, before, from, to): History| {
            let to = to.as_deref().and_then(micros);
            CatalogueChange::of(product, &stock, (before, price), (micros(&from)?, to))
        };
        Ok(rows.into_iter().filter_map(change).collect())
    }

    pub(super) async fn product_at(&self, id: i64, at: i64) -> Result<Option<ProductThen>, SourceError> {
        if self.products().await?.is_empty() {
            return Ok(None);
        }
        let sql = "SELECT name_en, name_ko, price, stock_class FROM product WHERE product_id = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1";
        let at = Timestamp::from_unix_micros_saturating(at).digits();
        let query = sqlx::query_as(sql)
            .bind(id)
            .bind(String::from_utf8_lossy(&at).into_owned());
        let then: Option<Then> = query.fetch_optional(&self.pool).await?;
        Ok(then.map(ProductThen::from))
    }

    pub(super) async fn details(&self, keys: &[RowKey]) -> Result<Vec<Detail>, SourceError> {
        // It came with the visitor's id.
        let view = if self.present().await?.visitor {
            "page_view_id"
        } else {
            "NULL"
        };
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let sql = format!(
                "SELECT path, referrer, request_id, details, event_id, {view} FROM user_activity_log WHERE id = $1"
            );
            if let Some(row) = sqlx::query(AssertSqlSafe(sql))
                .bind(key.id)
                .fetch_optional(&self.pool)
                .await?
            {
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
        let text =
            |micros| String::from_utf8_lossy(&Timestamp::from_unix_micros_saturating(micros).digits()).into_owned();
        let sql =
            "SELECT session_id FROM user_activity_log WHERE request_id = $1 AND event_time BETWEEN $2 AND $3 LIMIT 1";
        let query = sqlx::query_scalar(sql)
            .bind(id.to_owned())
            .bind(text(near.0))
            .bind(text(near.1));
        Ok(query.fetch_optional(&self.pool).await?)
    }
}

fn position(row: &SqliteRow) -> Result<Position, sqlx::Error> {
    Ok(Position {
        topic: row.try_get(0)?,
        partition: row.try_get(1)?,
        next: row.try_get(2)?,
        cluster: row.try_get(3)?,
    })
}
