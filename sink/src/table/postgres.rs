//! PostgreSQL's fast path: binary COPY straight into the partition of the UTC day, and those partitions.
//!
//! Format: <https://www.postgresql.org/docs/15/sql-copy.html> ("Binary Format").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bytes::BufMut as _;
use schemas::VisitorId;
use serde_json::to_vec;
use sqlx::PgConnection;
use time::{Date, UtcOffset};
use uuid::Uuid;

use super::{COLUMNS, Row, WIDTH};
use crate::SinkError;
use crate::database::{Connection, Row as BookRow};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;
const JSONB_VERSION: u8 = 1;
/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Bytes in one message of the COPY.
const CHUNK: usize = 1 << 20;

/// The partitions of the table.
const PARTITIONS: &str =
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'user_activity_log'::regclass";
/// Those whose detaching was broken off.
const HALF_DETACHED: &str = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'user_activity_log'::regclass AND inhdetachpending";
/// What once was a partition, beside the table.
const DETACHED: &str = "SELECT part.oid::regclass::text FROM pg_class AS part JOIN pg_class AS whole \
     ON whole.oid = 'user_activity_log'::regclass AND part.relnamespace = whole.relnamespace \
     WHERE part.relkind = 'r' AND NOT part.relispartition AND part.relname ~ '^user_activity_log_[0-9]{8}$'";

/// Rows as COPY data, by UTC day.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    days: BTreeMap<Date, Vec<u8>>,
    rows: usize,
}

impl Rows {
    pub(crate) const fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn days(&self) -> Vec<Date> {
        self.days.keys().copied().collect()
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let day = row.activity.timestamp.day(UtcOffset::UTC);
        encode(row, self.days.entry(day).or_insert_with(|| SIGNATURE.to_vec()));
        self.rows += 1;
    }

    pub(crate) async fn insert(self, db: &mut PgConnection) -> Result<(), SinkError> {
        for (day, mut data) in self.days {
            data.put_i16(END);
            let sql = format!("COPY {} ({COLUMNS}) FROM STDIN (FORMAT binary)", partition_name(day));
            let mut copy = db.copy_in_raw(&sql).await?;
            for chunk in data.chunks(CHUNK) {
                copy.send(chunk).await?;
            }
            copy.finish().await?;
        }
        Ok(())
    }
}

/// Appends one tuple in the order of [`COLUMNS`].
fn encode(row: &Row<'_>, out: &mut Vec<u8>) {
    let activity = row.activity;
    out.put_i16(i16::try_from(WIDTH).unwrap_or(i16::MAX));
    put(
        out,
        Some((activity.timestamp.unix_micros() - POSTGRES_EPOCH_MICROS).to_be_bytes()),
    );
    put(out, Some(activity.event_id.0.as_bytes()));
    put(out, Some(activity.session_id.hex()));
    put(out, activity.user_id.map(|id| id.0.to_be_bytes()));
    put(out, Some(activity.event_type.name()));
    put(out, activity.entity_type.map(schemas::record::EntityType::name));
    put(out, activity.entity_id.map(i64::to_be_bytes));
    put(out, Some(activity.endpoint.as_bytes()));
    put(out, Some(activity.method.as_bytes()));
    put(out, Some(activity.path.as_bytes()));
    put_json(out, &to_vec(&activity.args).unwrap_or_default());
    put_json(out, &to_vec(&activity.form).unwrap_or_default());
    put(
        out,
        activity
            .response_status
            .map(|status| i16::try_from(status).unwrap_or(i16::MAX).to_be_bytes()),
    );
    put(out, activity.ip_address.as_deref());
    put(out, activity.user_agent.as_deref());
    put(out, activity.referrer.as_deref());
    put(out, activity.request_id.as_ref().map(Uuid::as_bytes));
    // What `jsonb` would refuse, `schemas::decode` has refused.
    put_json(out, activity.details.get().as_bytes());
    let source = activity.source.as_ref();
    put(out, source.map(|source| source.instance.as_str()));
    put(out, source.map(|source| source.sequence.0.to_be_bytes()));
    put(out, Some(row.at.topic.name()));
    put(out, Some(row.at.partition.0.to_be_bytes()));
    put(out, Some(row.offset.0.to_be_bytes()));
    put(out, activity.visitor_id.map(VisitorId::hex));
    put(out, activity.page_view_id.as_ref().map(|id| id.0.as_bytes()));
    put(out, activity.bot.map(|bot| [u8::from(bot)]));
}

fn put(out: &mut Vec<u8>, field: Option<impl AsRef<[u8]>>) {
    match field {
        Some(field) => {
            let field = field.as_ref();
            out.put_i32(length(field.len()));
            out.extend_from_slice(field);
        }
        None => out.put_i32(NULL),
    }
}

fn put_json(out: &mut Vec<u8>, json: &[u8]) {
    out.put_i32(length(json.len() + 1));
    out.put_u8(JSONB_VERSION);
    out.extend_from_slice(json);
}

/// No field is longer than a Kafka message, which is far below 2 GiB.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

/// The partitions of the table that are known to exist: one a UTC day.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    known: BTreeSet<Date>,
}

impl Partitions {
    /// Creates the missing ones, one sink at a time.
    pub(crate) async fn ensure(&mut self, db: &mut Connection, days: &[Date]) -> Result<(), SinkError> {
        let missing: Vec<_> = days.iter().copied().filter(|day| !self.known.contains(day)).collect();
        if missing.is_empty() || matches!(db, Connection::Sqlite(_)) {
            return Ok(());
        }
        db.run("BEGIN; SELECT pg_advisory_xact_lock(hashtext('sink_partitions'))")
            .await?;
        let there: BTreeSet<_> = names(&db.rows(PARTITIONS, &[]).await?)?
            .iter()
            .filter_map(|name| partition_day(name))
            .collect();
        let mut sql = String::new();
        for day in missing.iter().filter(|day| !there.contains(day)) {
            let (name, next) = (partition_name(*day), day.next_day().unwrap_or(Date::MAX));
            // Made by itself and then attached: that waits for no reader of the table, and no reader waits for it.
            // Writing to a String can't fail.
            let _ = write!(
                sql,
                "CREATE TABLE IF NOT EXISTS {name} (LIKE user_activity_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS); \
                 ALTER TABLE user_activity_log ATTACH PARTITION {name} \
                 FOR VALUES FROM ('{day} 00:00:00+00') TO ('{next} 00:00:00+00');"
            );
        }
        sql += "COMMIT;";
        db.run(&sql).await?;
        self.known.extend(missing);
        Ok(())
    }

    /// Drops the partitions that lie wholly before `oldest`; answers how many. Readers of the table are waited for a while, and never
    /// wait themselves: a partition is detached beside them and is a table of its own by the time that it is dropped.
    pub(crate) async fn drop_before(&mut self, db: &mut Connection, oldest: Date) -> Result<u64, SinkError> {
        self.known.retain(|day| *day >= oldest);
        let is_past = |name: &String| partition_day(name).is_some_and(|day| day < oldest);
        let is_half_detached = names(&db.rows(HALF_DETACHED, &[]).await?)?;
        for name in is_half_detached.iter().filter(|name| is_past(name)) {
            db.run(&format!(
                "ALTER TABLE user_activity_log DETACH PARTITION {name} FINALIZE"
            ))
            .await?;
        }
        for name in names(&db.rows(PARTITIONS, &[]).await?)?
            .iter()
            .filter(|name| is_past(name))
        {
            db.run(&format!(
                "ALTER TABLE user_activity_log DETACH PARTITION {name} CONCURRENTLY"
            ))
            .await?;
        }
        let mut dropped = 0;
        for name in names(&db.rows(DETACHED, &[]).await?)?
            .iter()
            .filter(|name| is_past(name))
        {
            db.run(&format!("DROP TABLE IF EXISTS {name}")).await?;
            dropped += 1;
        }
        Ok(dropped)
    }
}

fn names(rows: &[BookRow]) -> Result<Vec<String>, SinkError> {
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// `user_activity_log_20250514`
fn partition_name(day: Date) -> String {
    format!(
        "user_activity_log_{:04}{:02}{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

fn partition_day(name: &str) -> Option<Date> {
    let digits = name.rsplit_once("user_activity_log_")?.1;
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u16>().ok();
    let month = time::Month::try_from(u8::try_from(number(4..6)?).ok()?).ok()?;
    let day = Date::from_calendar_date(i32::from(number(0..4)?), month, u8::try_from(number(6..8)?).ok()?).ok()?;
    (digits.len() == 8).then_some(day)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_name_of_a_partition_is_its_day() {
        let day = date!(2024 - 02 - 29);
        assert_eq!(partition_day(&partition_name(day)).unwrap(), day);
        assert_eq!(partition_day("public.user_activity_log_20240229").unwrap(), day);
        assert_eq!(partition_day("user_activity_log_20240230"), None);
        assert_eq!(partition_day("user_activity_log_2024022"), None);
        assert_eq!(partition_day("user_activity_log_202402290"), None);
    }
}
