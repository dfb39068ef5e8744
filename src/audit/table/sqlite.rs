//! Rows of SQLite. A row that is fetched by itself costs more than reading it does, so SQLite writes what is needed of some thousand
//! rows into one text, and two connections do so side by side. Rows that come after the beginning are left to the next audit.

use std::path::Path;

use futures_util::{TryStreamExt as _, stream};
use hosting::Progress;
use sqlx::SqliteConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use uuid::Uuid;

use super::super::bytes::Hash;
use super::super::calendar::Calendar;
use super::super::error::AuditError;
use super::super::ledger::Ledger;
use super::{RowGlimpse, impossible, unreadable};

const CONNECTIONS: u32 = 2;
/// Pages that are on their way or wait to be entered; half a megabyte each.
const PAGES: usize = 4;
const ROWS_A_PAGE: i64 = 4096;

const LAST: &str = "SELECT max(id) FROM user_activity_log";
/// The next row behind a page: ids may have gaps, however wide.
const NEXT: &str = "SELECT min(id) FROM user_activity_log WHERE id > $1 AND id <= $2";
/// A name comes last: it is the only one that may hold anything.
const PAGE: &str = "SELECT group_concat(concat_ws(' ', source_sequence, event_id, event_time, source_instance), char(10)) \
                    FROM user_activity_log WHERE id BETWEEN $1 AND $2";
/// The same, with all that a row says of its event. No shop's name has a space.
const PAGE_WITH_VALUES: &str = "SELECT group_concat(concat_ws(' ', source_sequence, event_id, event_time, source_instance, json_object( \
     'timestamp', event_time, 'event_id', event_id, 'session_id', session_id, 'user_id', user_id, 'event_type', activity_type, \
     'entity_type', entity_type, 'entity_id', entity_id, 'endpoint', endpoint, 'method', method, 'path', path, \
     'args', json(args), 'form', json(form), 'response_status', response_status, 'ip_address', ip_address, \
     'user_agent', user_agent, 'referrer', referrer, 'request_id', request_id, 'details', json(details))), char(10)) \
     FROM user_activity_log WHERE id BETWEEN $1 AND $2";

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true)
}

/// Enters every row that is there now, in the order of the ids.
pub(super) async fn read(db: &mut SqliteConnection, path: &Path, ledger: &mut Ledger) -> Result<(), AuditError> {
    let last = sqlx::query_scalar::<_, Option<i64>>(LAST).fetch_one(db).await;
    let Some(last) = last.map_err(unreadable)? else {
        return Ok(());
    };
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false);
    let pool = &pool.connect_lazy_with(options(path));
    let pages = stream::try_unfold(i64::MIN, |after| async move {
        let first = next(pool, after, last).await?;
        let end = |first: i64| first.saturating_add(ROWS_A_PAGE - 1).min(last);
        Ok(first.map(|first| ((first, end(first)), end(first))))
    });
    let sql = if ledger.compares_bytes { PAGE_WITH_VALUES } else { PAGE };
    let texts = pages
        .map_ok(|(first, end)| page(pool, sql, first, end))
        .try_buffered(PAGES);
    let mut texts = std::pin::pin!(texts);
    let (calendar, mut progress, mut last_seen) = (ledger.calendar, Progress::of("table", None), None);
    while let Some(text) = texts.try_next().await.map_err(unreadable)? {
        for row in text.iter().flat_map(|text| text.split('\n')) {
            progress.step(1);
            let glimpse = parse(row, calendar).ok_or_else(|| impossible(row.to_owned()))?;
            glimpse.enter(ledger, &mut last_seen)?;
        }
    }
    Ok(())
}

async fn next(pool: &SqlitePool, after: i64, last: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(NEXT).bind(after).bind(last).fetch_one(pool).await
}

/// None when its rows are gone by now.
async fn page(pool: &SqlitePool, sql: &'static str, first: i64, end: i64) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(sql).bind(first).bind(end).fetch_one(pool).await
}

fn parse(row: &str, calendar: Calendar) -> Option<RowGlimpse<'_>> {
    let mut words = row.splitn(5, ' ');
    Some(RowGlimpse {
        sequence: words.next()?.parse().ok()?,
        event_id: Uuid::try_parse(words.next()?).ok()?,
        day: calendar.day_in(words.next()?.as_bytes()),
        instance: words.next()?,
        values: words
            .next()
            .map_or(Hash::NONE, |values| Hash::of_values(values.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemas::Timestamp;
    use schemas::Zone;
    use sqlx::ConnectOptions as _;

    use super::super::super::mark::Hop;
    use super::*;

    const ROW: &str = "INSERT INTO user_activity_log (id, event_time, event_id, session_id, activity_type, endpoint, method, path, \
                       args, form, details, source_instance, source_sequence, kafka_topic, kafka_partition, kafka_offset) \
                       VALUES ($1, '2026-03-31T12:00:00.000000Z', $2, '', 'view', '', '', '', '', '', '', 'shop-1', $3, '', 0, 0)";

    #[tokio::test]
    async fn rows_far_apart_are_all_read_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("activity.db");
        let new = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut db = new.connect().await.unwrap();
        let schema = include_str!("../../../sink/migrations/sqlite/0001_sink.sql");
        sqlx::raw_sql(schema).execute(&mut db).await.unwrap();
        let edges = [
            1,
            ROWS_A_PAGE,
            ROWS_A_PAGE + 1,
            3 * ROWS_A_PAGE,
            1 << 40,
            i64::MAX - 1,
            i64::MAX,
        ];
        let ids: BTreeSet<i64> = edges
            .into_iter()
            .chain(10 * ROWS_A_PAGE..10 * ROWS_A_PAGE + 9)
            .collect();
        for (sequence, id) in (1_i64..).zip(&ids) {
            let event_id = Uuid::from_u128(u128::from(sequence.unsigned_abs()) << 70).to_string();
            let row = sqlx::query(ROW).bind(id).bind(event_id).bind(sequence);
            row.execute(&mut db).await.unwrap();
        }
        let now = Timestamp::parse("2026-03-31T12:00:00.000000Z").unwrap();
        let mut ledger = Ledger::new(Calendar::new(now, Zone::UTC, 30), Vec::new());
        ledger.look_at(Hop::Table);
        read(&mut db, &path, &mut ledger).await.unwrap();
        let verdict = ledger.judge();
        let table = &verdict.instances[0].hops[0];
        assert_eq!((table.found, table.doubled, table.lost), (ids.len() as u64, 0, 0));
    }
}
