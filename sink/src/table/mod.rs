//! The table `user_activity_log`: a row for each message of the activity topics, by each database's fast path; and the table `product`.

mod known;
mod postgres;
mod product;
mod sqlite;

use schemas::Activity;
use serde_json::value::RawValue;
use time::Date;

use crate::database::{Connection, DatabaseUrl};
use crate::{Offset, SinkError, TopicPartition};

pub(crate) use known::known;
pub(crate) use postgres::Partitions;
pub(crate) use product::Products;

/// The columns in the order in which both writers fill them.
const COLUMNS: &str = "event_time, event_id, session_id, user_id, activity_type, entity_type, entity_id, endpoint, method, \
     path, args, form, response_status, ip_address, user_agent, referrer, request_id, details, source_instance, \
     source_sequence, kafka_topic, kafka_partition, kafka_offset, visitor_id, page_view_id, bot";
const WIDTH: usize = 26;

/// A row to be: what happened, and where the message stands.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub activity: &'a Activity<'a, &'a RawValue>,
    pub at: TopicPartition,
    pub offset: Offset,
}

/// The rows of a batch, already in the database's own form.
#[derive(Debug)]
pub(crate) enum Rows {
    Sqlite(sqlite::Rows),
    Postgres(postgres::Rows),
}

impl Rows {
    pub(crate) fn new(database: &DatabaseUrl) -> Self {
        match database {
            DatabaseUrl::Sqlite(_) => Self::Sqlite(sqlite::Rows::default()),
            DatabaseUrl::Postgres(_) => Self::Postgres(postgres::Rows::default()),
        }
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        match self {
            Self::Sqlite(rows) => rows.push(row),
            Self::Postgres(rows) => rows.push(row),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Sqlite(rows) => rows.len(),
            Self::Postgres(rows) => rows.len(),
        }
    }

    /// The UTC days for which the table needs a partition.
    pub(crate) fn days(&self) -> Vec<Date> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(rows) => rows.days(),
        }
    }

    /// Inserts the rows within the transaction that is open on `db`.
    pub(crate) async fn insert(self, db: &mut Connection) -> Result<(), SinkError> {
        match (self, db) {
            (Self::Sqlite(rows), Connection::Sqlite(db)) => rows.insert(db).await,
            (Self::Postgres(rows), Connection::Postgres(db)) => rows.insert(db).await,
            _ => Err(SinkError::ImpossibleRow {
                table: "user_activity_log",
                reason: "the batch was made for another kind of database".to_owned(),
            }),
        }
    }
}
