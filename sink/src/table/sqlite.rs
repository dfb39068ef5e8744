//! SQLite's fast path: one prepared INSERT of many rows, used again and again within one transaction.

use serde_json::to_string;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, SqliteConnection};

use super::{COLUMNS, Row, WIDTH};
use crate::SinkError;

/// Rows of one statement; more is no faster, and 23 columns stay far below SQLite's 32,766 values.
const ROWS_A_STATEMENT: usize = 64;

/// Rows in statements of [`ROWS_A_STATEMENT`], the last one with fewer.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    statements: Vec<SqliteArguments>,
    rows: usize,
}

impl Rows {
    pub(crate) const fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        if self.rows.is_multiple_of(ROWS_A_STATEMENT) {
            let mut arguments = SqliteArguments::default();
            arguments.reserve(ROWS_A_STATEMENT * WIDTH, 0);
            self.statements.push(arguments);
        }
        self.rows += 1;
        if let Some(values) = self.statements.last_mut() {
            bind(values, row);
        }
    }

    pub(crate) async fn insert(self, db: &mut SqliteConnection) -> Result<(), SinkError> {
        let mut left = self.rows;
        for arguments in self.statements {
            let rows = left.min(ROWS_A_STATEMENT);
            left -= rows;
            let sql = format!(
                "INSERT INTO user_activity_log ({COLUMNS}) VALUES {}",
                placeholders(rows)
            );
            sqlx::query_with(AssertSqlSafe(sql), arguments)
                .persistent(rows == ROWS_A_STATEMENT)
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

/// `(?,?),(?,?)`: without numbers, as SQLite finds a parameter's name by walking through all of them.
fn placeholders(rows: usize) -> String {
    let row = format!("({})", vec!["?"; WIDTH].join(","));
    vec![row; rows].join(",")
}

/// Binds the values in the order of [`COLUMNS`]. Text, numbers and nulls can always be bound to SQLite, so the answers say nothing.
fn bind(values: &mut SqliteArguments, row: &Row<'_>) {
    let activity = row.activity;
    let text = |values: &mut SqliteArguments, text: String| drop(values.add(text));
    let optional = |values: &mut SqliteArguments, text: Option<&str>| drop(values.add(text));
    text(values, activity.timestamp.to_string());
    text(values, activity.event_id.to_string());
    text(values, activity.session_id.to_string());
    drop(values.add(activity.user_id.map(|id| id.0)));
    drop(values.add(activity.event_type.name()));
    optional(values, activity.entity_type.map(schemas::record::EntityType::name));
    drop(values.add(activity.entity_id));
    optional(values, Some(&activity.endpoint));
    optional(values, Some(&activity.method));
    optional(values, Some(&activity.path));
    text(values, to_string(&activity.args).unwrap_or_default());
    text(values, to_string(&activity.form).unwrap_or_default());
    drop(values.add(activity.response_status));
    optional(values, activity.ip_address.as_deref());
    optional(values, activity.user_agent.as_deref());
    optional(values, activity.referrer.as_deref());
    drop(values.add(activity.request_id.map(|id| id.to_string())));
    optional(values, Some(activity.details.get()));
    let source = activity.source.as_ref();
    optional(values, source.map(|source| source.instance.as_str()));
    drop(values.add(source.map(|source| i64::try_from(source.sequence.0).unwrap_or(i64::MAX))));
    optional(values, Some(row.at.topic.name()));
    drop(values.add(row.at.partition.0));
    drop(values.add(row.offset.0));
}
