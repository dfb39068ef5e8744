//! SQLite's fast path: one prepared INSERT of many rows, used again and again within one transaction.

use std::sync::Arc;

use schemas::VisitorId;
use schemas::record::Fields;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, SqliteConnection};

use uuid::Uuid;

use super::{COLUMNS, Row, WIDTH};
use crate::SinkError;

/// Rows of one statement; more is no faster, and 26 columns stay far below SQLite's 32,766 values.
const ROWS_A_STATEMENT: usize = 64;

/// Rows in statements of [`ROWS_A_STATEMENT`], the last one with fewer.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    statements: Vec<SqliteArguments>,
    count: usize,
    /// The last text of each column. Most of a row's texts are those of the row before, and then they are shared: allocating them
    /// all would cost as much as the rest of the row.
    last: Box<[Arc<str>; WIDTH]>,
}

impl Rows {
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        if self.count.is_multiple_of(ROWS_A_STATEMENT) {
            let mut arguments = SqliteArguments::default();
            arguments.reserve(ROWS_A_STATEMENT * WIDTH, 0);
            self.statements.push(arguments);
        }
        self.count += 1;
        let Self { statements, last, .. } = self;
        if let Some(values) = statements.last_mut() {
            let columns = last.iter_mut();
            Binding { values, columns }.bind(row);
        }
    }

    pub(crate) async fn insert(self, db: &mut SqliteConnection) -> Result<(), SinkError> {
        let mut left = self.count;
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

/// One row's values on their way into a statement.
struct Binding<'a> {
    values: &'a mut SqliteArguments,
    /// The last text of the columns that are still to come.
    columns: std::slice::IterMut<'a, Arc<str>>,
}

impl Binding<'_> {
    /// Binds the values in the order of [`COLUMNS`].
    fn bind(mut self, row: &Row<'_>) {
        let activity = row.activity;
        let mut digits = Uuid::encode_buffer();
        self.plain(&activity.timestamp.digits());
        self.text(Some(activity.event_id.0.hyphenated().encode_lower(&mut digits)));
        self.plain(&activity.session_id.hex());
        self.number(activity.user_id.map(|id| id.0));
        self.text(Some(activity.event_type.name()));
        self.text(activity.entity_type.map(schemas::record::EntityType::name));
        self.number(activity.entity_id);
        self.text(Some(&activity.endpoint));
        self.text(Some(&activity.method));
        self.text(Some(&activity.path));
        self.fields(&activity.args);
        self.fields(&activity.form);
        self.number(activity.response_status.map(i64::from));
        self.text(activity.ip_address.as_deref());
        self.text(activity.user_agent.as_deref());
        self.text(activity.referrer.as_deref());
        let request_id = activity.request_id.as_ref();
        self.text(request_id.map(|id| &*id.hyphenated().encode_lower(&mut digits)));
        self.text(Some(activity.details.get()));
        let source = activity.source.as_ref();
        self.text(source.map(|source| source.instance.as_str()));
        self.number(source.map(|source| i64::try_from(source.sequence.0).unwrap_or(i64::MAX)));
        self.text(Some(row.at.topic.name()));
        self.number(Some(row.at.partition.0.into()));
        self.number(Some(row.offset.0));
        let visitor_id = activity.visitor_id.map(VisitorId::hex);
        self.text(visitor_id.as_ref().and_then(|id| std::str::from_utf8(id).ok()));
        let page_view_id = activity.page_view_id;
        self.text(page_view_id.map(|id| &*id.0.hyphenated().encode_lower(&mut digits)));
        self.number(activity.bot.map(i64::from));
    }

    fn text(&mut self, text: Option<&str>) {
        let Some(last) = self.columns.next() else { return };
        let text = text.map(|text| {
            if **last != *text {
                *last = text.into();
            }
            Arc::clone(last)
        });
        // Text, numbers and nulls can always be bound to SQLite, so the answers say nothing.
        drop(self.values.add(text));
    }

    fn number(&mut self, number: Option<i64>) {
        self.columns.next();
        drop(self.values.add(number));
    }

    /// ASCII by its making.
    fn plain(&mut self, text: &[u8]) {
        self.text(std::str::from_utf8(text).ok());
    }

    fn fields(&mut self, fields: &Fields<'_>) {
        if fields.is_empty() {
            self.text(Some("{}"));
        } else {
            self.text(serde_json::to_string(fields).ok().as_deref());
        }
    }
}
