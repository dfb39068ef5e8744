//! Answers that stand in a database: a file of SQLite, or a PostgreSQL by its URL. Only read.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Column as _, Row as _, ValueRef as _};

use super::raw::{AnswerError, MOST_ROWS, Raw};

/// The URL without the password, which may stand in two places of it.
pub(super) fn shown(url: &str) -> String {
    url.parse::<PgConnectOptions>().map_or_else(
        |_| "postgres://".to_owned(),
        |options| {
            let database = options.get_database().unwrap_or_default();
            let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
            format!("postgres://{user}@{host}:{port}/{database}")
        },
    )
}

/// How many rows are asked for: with one more than is read, it is clear that there are too many. A broken file may have any number.
fn one_too_many() -> i64 {
    i64::try_from(MOST_ROWS).unwrap_or(i64::MAX - 1) + 1
}

/// The table `answer` of a PostgreSQL, as JSON lines: whatever types its columns have.
pub(super) fn postgres(url: &str) -> Result<String, AnswerError> {
    let failed = |error: sqlx::Error| AnswerError::Database(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url)
            .await
            .map_err(failed)?;
        sqlx::query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        let rows: Vec<String> = sqlx::query_scalar("SELECT to_jsonb(answer)::text FROM answer LIMIT $1")
            .bind(one_too_many())
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
        Ok(rows.join("\n"))
    })
}

/// The table `answer`, or the only one there is.
pub(super) fn sqlite(path: &Path) -> Result<Raw, AnswerError> {
    let failed = |error: sqlx::Error| AnswerError::Database(error.to_string());
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(true)
        // A hand-in is data: nothing that stands in its schema is run.
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = sqlx::ConnectOptions::connect(&options).await.map_err(failed)?;
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name <> 'answer', name")
                .fetch_all(&mut connection)
                .await
                .map_err(failed)?;
        let table = match tables.as_slice() {
            [only] => only,
            [answer, ..] if answer == "answer" => answer,
            _ => {
                return Err(AnswerError::Database(format!(
                    "it needs a table `answer`; it has {tables:?}"
                )));
            }
        };
        let select = format!("SELECT * FROM \"{}\" LIMIT ?", table.replace('"', "\"\""));
        let rows = sqlx::query(sqlx::AssertSqlSafe(select))
            .bind(one_too_many())
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
        if rows.len() > MOST_ROWS {
            return Err(AnswerError::Long);
        }
        let names = rows
            .first()
            .map(|row| row.columns().iter().map(|column| column.name().to_owned()).collect());
        let cells = |row: &sqlx::sqlite::SqliteRow| (0..row.len()).map(|place| cell(row, place)).collect();
        Ok(Raw {
            names: names.unwrap_or_default(),
            rows: rows.iter().map(cells).collect(),
        })
    })
}

/// Whatever type SQLite keeps it in, as text.
fn cell(row: &sqlx::sqlite::SqliteRow, place: usize) -> Option<String> {
    let raw = row.try_get_raw(place).ok()?;
    if raw.is_null() {
        return None;
    }
    let integer = row.try_get_unchecked::<i64, _>(place).map(|number| number.to_string());
    match raw.type_info().to_string().as_str() {
        "INTEGER" | "INT8" | "BOOLEAN" => integer.ok(),
        "REAL" => row
            .try_get_unchecked::<f64, _>(place)
            .map(|number| number.to_string())
            .ok(),
        _ => row.try_get_unchecked::<String, _>(place).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::table::{Column, Kind};
    use crate::grade::answer;

    const COLUMNS: [Column; 3] = [
        Column::key("hour", Kind::Moment),
        Column::key("name", Kind::MaybeText),
        Column::value("events", Kind::Integer),
    ];

    #[test]
    fn an_sqlite_file_is_read_by_its_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
            let made = "CREATE TABLE answer (hour TEXT, name TEXT, events INTEGER); INSERT INTO answer VALUES ('2026-11-02T13:00:00Z', NULL, 3)";
            sqlx::raw_sql(made).execute(&mut connection).await.unwrap();
            sqlx::Connection::close(connection).await.unwrap();
        });
        let expected = answer::parse(b"hour,name,events\n2026-11-02T13:00:00Z,,3\n", &COLUMNS).unwrap();
        assert_eq!(answer::read(&path, &COLUMNS).unwrap(), expected);
    }

    /// On the PostgreSQL of `DE_SHOP_TEST_POSTGRES`, in a database of its own.
    #[test]
    fn a_table_of_postgresql_is_read_whatever_its_types_are() {
        let Ok(server) = std::env::var("DE_SHOP_TEST_POSTGRES") else {
            let test = "a_table_of_postgresql_is_read_whatever_its_types_are";
            return crate::skipped(test, "DE_SHOP_TEST_POSTGRES names no server");
        };
        let name = format!("classroom_{}", std::process::id());
        let url = server
            .rsplit_once('/')
            .map_or(String::new(), |(host, _)| format!("{host}/{name}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let run = |url: String, sql: String| {
            runtime.block_on(async move {
                let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                    .execute(&mut connection)
                    .await
                    .unwrap();
            });
        };
        run(server.clone(), format!("CREATE DATABASE {name}"));
        let made = "CREATE TABLE answer (hour timestamptz, name text, events numeric); INSERT INTO answer VALUES ('2026-11-02 22:00+09', NULL, 3.0)";
        run(url.clone(), made.to_owned());
        let found = answer::read(Path::new(&url), &COLUMNS);
        run(server, format!("DROP DATABASE {name}"));
        let expected = answer::parse(b"hour,name,events\n2026-11-02T13:00:00Z,,3\n", &COLUMNS).unwrap();
        assert_eq!(found.unwrap(), expected);
    }
}
