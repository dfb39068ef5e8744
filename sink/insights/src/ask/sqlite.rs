//! Asking a SQLite file.

use std::path::Path;
use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Row as _, TypeInfo as _, ValueRef as _};

use super::{Answer, AskError, Bounds};

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "Orders and revenue by day",
        "SELECT date(event_time) AS day, count(*) AS orders, sum(json_extract(details, '$.total')) AS revenue\nFROM user_activity_log WHERE activity_type = 'order_placed' GROUP BY day ORDER BY day",
    ),
    (
        "Events by type",
        "SELECT activity_type, count(*) AS events FROM user_activity_log GROUP BY activity_type ORDER BY events DESC",
    ),
    (
        "What was searched without results",
        "SELECT json_extract(details, '$.query') AS query, count(*) AS searches FROM user_activity_log\nWHERE activity_type = 'search' AND json_extract(details, '$.result_count') = 0 GROUP BY query ORDER BY searches DESC LIMIT 20",
    ),
    (
        "Pages by mean active time",
        "SELECT json_extract(details, '$.page_endpoint') AS page, avg(json_extract(details, '$.active_ms')) AS mean_active_ms\nFROM user_activity_log WHERE activity_type = 'dwell' GROUP BY page ORDER BY mean_active_ms DESC",
    ),
    (
        "Where sessions come from",
        "SELECT json_extract(details, '$.campaign.source') AS source, count(DISTINCT session_id) AS sessions\nFROM user_activity_log WHERE activity_type = 'view' GROUP BY source ORDER BY sessions DESC",
    ),
];

pub(super) async fn ask(path: &Path, sql: &str, bounds: Bounds) -> Result<Answer, AskError> {
    let failed = |error: sqlx::Error| AskError::Database(error.to_string());
    let mut db = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .connect()
        .await
        .map_err(failed)?;
    let deadline = Instant::now() + bounds.time;
    // An aggregate over everything gives no row for long: the machine itself stops at the deadline.
    db.lock_handle()
        .await
        .map_err(failed)?
        .set_progress_handler(STEPS, move || Instant::now() < deadline);
    let mut answer = Answer::default();
    let outcome = async {
        let mut rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .persistent(false)
            .fetch(&mut db);
        while let Some(row) = rows.try_next().await? {
            if answer.columns.is_empty() {
                answer.columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
            }
            if !answer.take(cells(&row)?, bounds) {
                break;
            }
        }
        Ok::<_, sqlx::Error>(())
    };
    let outcome = outcome.await;
    if let Err(error) = db.close().await {
        tracing::debug!(%error, "closing a question's connection");
    }
    match outcome {
        Err(_) if Instant::now() >= deadline => Err(AskError::Time(bounds.time)),
        Err(error) => Err(AskError::Database(error.to_string())),
        Ok(()) => Ok(answer),
    }
}

fn cells(row: &SqliteRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    let cell = |column: usize| -> Result<Option<String>, sqlx::Error> {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(match value.type_info().name() {
            "INTEGER" | "BOOLEAN" => row.try_get_unchecked::<i64, _>(column)?.to_string(),
            "REAL" => row.try_get_unchecked::<f64, _>(column)?.to_string(),
            "BLOB" => format!("{} bytes", row.try_get_unchecked::<Vec<u8>, _>(column)?.len()),
            _ => row.try_get_unchecked::<String, _>(column)?,
        }))
    };
    (0..row.len()).map(cell).collect()
}
