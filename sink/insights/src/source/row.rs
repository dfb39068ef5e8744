//! A row of `user_activity_log` as both databases give it, and the columns that are read.

use schemas::Timestamp;
use sqlx::{ColumnIndex, Database, Decode, Row, Type};

/// What is read of a row: everything an analysis needs, and no more.
#[derive(Debug, Clone)]
pub struct RawRow {
    /// SQLite's own number of the row; 0 on PostgreSQL, where topic, partition and offset name it.
    pub id: i64,
    pub at: i64,
    pub session: String,
    pub visitor: Option<String>,
    pub kind: String,
    pub entity: Option<i64>,
    pub endpoint: String,
    pub user_agent: Option<String>,
    pub details: String,
    pub instance: String,
    pub sequence: i64,
    pub topic: String,
    pub partition: i64,
    pub offset: i64,
    pub bot: bool,
}

/// A row, or which one can't be read and why.
pub type Read = Result<RawRow, Unreadable>;

/// A row that can't be read: it counts in no figure, and the others do.
#[derive(Debug)]
pub struct Unreadable {
    pub id: i64,
    pub reason: String,
}

/// The columns of a table that an older sink made are read as null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Present {
    pub visitor: bool,
    pub bot: bool,
}

/// The columns in the order of [`read`], for SQLite.
pub(super) fn sqlite_columns(present: Present) -> String {
    let visitor = if present.visitor { "visitor_id" } else { "NULL" };
    let bot = if present.bot { "coalesce(bot, 0)" } else { "0" };
    format!(
        "id, event_time, session_id, {visitor}, activity_type, entity_id, endpoint, user_agent, details, \
         source_instance, source_sequence, kafka_topic, kafka_partition, kafka_offset, {bot}"
    )
}

/// The same for PostgreSQL, in the same types but for the time, which comes as microseconds.
pub(super) fn postgres_columns(present: Present) -> String {
    let visitor = if present.visitor {
        "visitor_id::text"
    } else {
        "NULL::text"
    };
    let bot = if present.bot {
        "coalesce(bot, false)::int::bigint"
    } else {
        "0::bigint"
    };
    format!(
        "0::bigint, (extract(epoch FROM event_time) * 1000000)::bigint::text, session_id, {visitor}, activity_type, \
         entity_id, endpoint, user_agent, details::text, source_instance, source_sequence, kafka_topic, kafka_partition::bigint, \
         kafka_offset, {bot}"
    )
}

/// Reads a row.
pub(super) fn read<'r, R>(row: &'r R) -> Read
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    columns(row).map_err(|error| Unreadable {
        // SQLite's own number can always be read.
        id: row.try_get(0).unwrap_or(0),
        reason: error.to_string(),
    })
}

fn columns<'r, R>(row: &'r R) -> Result<RawRow, sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    let time: String = row.try_get(1)?;
    Ok(RawRow {
        id: row.try_get(0)?,
        at: micros(&time)?,
        session: row.try_get(2)?,
        visitor: row.try_get(3)?,
        kind: row.try_get(4)?,
        entity: row.try_get(5)?,
        endpoint: row.try_get(6)?,
        user_agent: row.try_get(7)?,
        details: row.try_get(8)?,
        instance: row.try_get(9)?,
        sequence: row.try_get(10)?,
        topic: row.try_get(11)?,
        partition: row.try_get(12)?,
        offset: row.try_get(13)?,
        bot: row.try_get::<i64, _>(14)? != 0,
    })
}

/// Microseconds since 1970, from their digits or from the sink's text.
fn micros(text: &str) -> Result<i64, sqlx::Error> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    Timestamp::parse(text)
        .map(Timestamp::unix_micros)
        .map_err(|error| sqlx::Error::Decode(format!("event_time {text:?}: {error}").into()))
}

/// Reads a row of `product`.
pub(super) fn product<'r, R>(row: &'r R) -> Result<super::ProductRow, sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(super::ProductRow {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        category_id: row.try_get(2)?,
        category: row.try_get(3)?,
    })
}

/// Reads the columns of a single event that somebody looks at.
pub(super) fn detail<'r, R>(row: &'r R, key: &super::RowKey) -> Result<super::Detail, sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(super::Detail {
        key: key.clone(),
        path: row.try_get(0)?,
        referrer: row.try_get(1)?,
        request_id: row.try_get(2)?,
        details: row.try_get(3)?,
        event_id: row.try_get(4)?,
        page_view_id: row.try_get(5)?,
    })
}
