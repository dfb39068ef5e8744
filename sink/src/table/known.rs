//! Which events are in the table. The index over `event_time` finds them, so that no insert pays for an index over `event_id`.

use std::collections::{BTreeMap, HashSet};

use schemas::{EventId, Timestamp};
use time::{Date, UtcOffset};

use crate::SinkError;
use crate::database::{Connection, Value};

/// Ids in one question.
const IDS_AT_ONCE: usize = 5_000;

/// Those of the events, each with its moment, that have a row.
pub(crate) async fn known(
    db: &mut Connection,
    events: impl Iterator<Item = (Timestamp, EventId)>,
) -> Result<HashSet<EventId>, SinkError> {
    let mut days = BTreeMap::<Date, Vec<(Timestamp, EventId)>>::new();
    for (at, id) in events {
        days.entry(at.day(UtcOffset::UTC)).or_default().push((at, id));
    }
    let mut known = HashSet::new();
    for mut events in days.into_values() {
        events.sort_unstable();
        for events in events.chunks(IDS_AT_ONCE) {
            let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) else {
                continue;
            };
            let (moment, uuid) = match db {
                Connection::Sqlite(_) => ("TEXT", "TEXT"),
                Connection::Postgres(_) => ("TIMESTAMPTZ", "UUID"),
            };
            let ids: Vec<_> = (3..events.len() + 3)
                .map(|at| format!("CAST(${at} AS {uuid})"))
                .collect();
            let sql = format!(
                "SELECT CAST(event_id AS TEXT) FROM user_activity_log \
                 WHERE event_time BETWEEN CAST($1 AS {moment}) AND CAST($2 AS {moment}) AND event_id IN ({})",
                ids.join(",")
            );
            let mut values = vec![Value::Text(first.to_string()), Value::Text(last.to_string())];
            values.extend(events.iter().map(|(_, id)| Value::Text(id.to_string())));
            for row in db.rows(&sql, &values).await? {
                let id = row
                    .text(0)?
                    .parse()
                    .map_err(|error: uuid::Error| SinkError::ImpossibleRow {
                        table: "user_activity_log",
                        reason: error.to_string(),
                    })?;
                known.insert(EventId(id));
            }
        }
    }
    Ok(known)
}
