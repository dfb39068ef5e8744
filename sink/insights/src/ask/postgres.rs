//! Asking PostgreSQL, through a role that can't write.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _,
    ValueRef as _,
};

use super::{Answer, AskError, Bounds};

pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "Orders and revenue by day",
        "SELECT event_time::date AS day, count(*) AS orders, sum((details->>'total')::bigint) AS revenue\nFROM user_activity_log WHERE activity_type = 'order_placed' GROUP BY day ORDER BY day",
    ),
    (
        "Events by type",
        "SELECT activity_type, count(*) AS events FROM user_activity_log GROUP BY activity_type ORDER BY events DESC",
    ),
    (
        "What was searched without results",
        "SELECT details->>'query' AS query, count(*) AS searches FROM user_activity_log\nWHERE activity_type = 'search' AND (details->>'result_count')::int = 0 GROUP BY query ORDER BY searches DESC LIMIT 20",
    ),
    (
        "Pages by median active time",
        "SELECT details->>'page_endpoint' AS page, percentile_disc(0.5) WITHIN GROUP (ORDER BY (details->>'active_ms')::bigint) AS median_active_ms\nFROM user_activity_log WHERE activity_type = 'dwell' GROUP BY page ORDER BY median_active_ms DESC",
    ),
    (
        "Where sessions come from",
        "SELECT details#>>'{campaign,source}' AS source, count(DISTINCT session_id) AS sessions\nFROM user_activity_log WHERE activity_type = 'view' GROUP BY source ORDER BY sessions DESC",
    ),
];

/// What is wrong with the role, when something is: it writes, or it is more than a reader.
const ROLE: &str = "SELECT CASE \
    WHEN (SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = current_user) THEN 'is a superuser, or may make roles or databases' \
    WHEN pg_has_role(current_user, 'pg_read_server_files', 'MEMBER') OR pg_has_role(current_user, 'pg_write_server_files', 'MEMBER') \
      OR pg_has_role(current_user, 'pg_execute_server_program', 'MEMBER') THEN 'reaches the server''s files or programs' \
    WHEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' \
      AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) THEN 'may write to tables' END";

pub(super) async fn ask(options: &PgConnectOptions, sql: &str, bounds: Bounds) -> Result<Answer, AskError> {
    let failed = |error: sqlx::Error| AskError::Database(error.to_string());
    let limit = format!("{}ms", bounds.time.as_millis());
    let options = options.clone().application_name("de-shop ask").options([
        ("default_transaction_read_only", "on"),
        ("statement_timeout", limit.as_str()),
        ("work_mem", "32MB"),
    ]);
    let mut db = options.connect().await.map_err(failed)?;
    let wrong: Option<String> = sqlx::query_scalar(ROLE).fetch_one(&mut db).await.map_err(failed)?;
    if let Some(wrong) = wrong {
        return Err(AskError::Role(format!(
            "the role {wrong}. Make one that only reads: CREATE ROLE asker LOGIN PASSWORD '...'; GRANT SELECT ON user_activity_log, product TO asker; \
             and give its URL"
        )));
    }
    let outcome = answer(&mut db, sql, bounds).await;
    if let Err(error) = db.close().await {
        tracing::debug!(%error, "closing a question's connection");
    }
    outcome.map_err(
        |error| match error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
            // query_canceled: the statement's time was over.
            Some(code) if code == "57014" => AskError::Time(bounds.time),
            _ => failed(error),
        },
    )
}

async fn answer(db: &mut PgConnection, sql: &str, bounds: Bounds) -> Result<Answer, sqlx::Error> {
    db.execute("BEGIN READ ONLY").await?;
    let mut answer = Answer::default();
    // The simple protocol gives every type as text, as the database writes it.
    let mut rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch(&mut *db);
    while let Some(row) = rows.try_next().await? {
        if answer.columns.is_empty() {
            answer.columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
        }
        if !answer.take(cells(&row)?, bounds) {
            break;
        }
    }
    Ok(answer)
}

fn cells(row: &PgRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    let cell = |column: usize| -> Result<Option<String>, sqlx::Error> {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        value
            .as_str()
            .map(|text| Some(text.to_owned()))
            .map_err(sqlx::Error::Decode)
    };
    (0..row.len()).map(cell).collect()
}
