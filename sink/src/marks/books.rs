//! Marks in the database.

use std::collections::BTreeMap;

use schemas::{InstanceId, Timestamp};

use super::{Marked, NewMarks, Read, Stretch};
use crate::SinkError;
use crate::database::{Connection, Value, tuples};

/// Stretches that are read with the one that is asked for: what is read again comes in its order.
const READ_AHEAD: u64 = 63;
/// Values in one statement, as in the books.
const MAX_VALUES: usize = 2_000;

/// The marks of a stretch and of those behind it, as far as there may be any.
pub(crate) async fn read(db: &mut Connection, instance: &InstanceId, first: Stretch) -> Result<Read, SinkError> {
    let end = "SELECT MAX(stretch) FROM sink_mark WHERE instance = $1";
    let end = db.rows(end, &[instance.as_str().into()]).await?;
    let end = end.first().map(|row| row.optional_int(0)).transpose()?.flatten();
    let end = end.map(stretch).transpose()?;
    let last = first.0.saturating_add(READ_AHEAD);
    let sql = "SELECT stretch, marks FROM sink_mark WHERE instance = $1 AND stretch BETWEEN $2 AND $3";
    let values = [instance.as_str().into(), number(first.0), number(last)];
    let mut found = BTreeMap::new();
    for row in db.rows(sql, &values).await? {
        found.insert(stretch(row.int(0)?)?, marked(row.bytes(1)?)?);
    }
    for between in first.0..=end.map_or(first.0, |end| end.0.clamp(first.0, last)) {
        found.entry(Stretch(between)).or_default();
    }
    Ok(Read { end, stretches: found })
}

/// Adds the marks of a batch to those of every sink, within the transaction that is open, and keeps other sinks out until it ends.
/// [`SinkError::KeptMeanwhile`] if another sink has kept one of the events since this one asked.
pub(crate) async fn merge(db: &mut Connection, new: &NewMarks, now: Timestamp) -> Result<(), SinkError> {
    if new.is_empty() {
        return Ok(());
    }
    if matches!(db, Connection::Postgres(_)) {
        // SQLite has one transaction that writes; here sinks come one after the other, each for the few milliseconds up to its COMMIT.
        db.run("SELECT pg_advisory_xact_lock(hashtext('sink_marks'))").await?;
    }
    let mut merged = kept(db, new).await?;
    let mut kept_meanwhile = 0;
    for (instance, stretches) in new {
        for (stretch, marks) in stretches {
            let marked = merged.entry((instance, *stretch)).or_default();
            for (at, mark) in marks {
                kept_meanwhile += u64::from(!marked.set(*at, *mark));
            }
        }
    }
    if kept_meanwhile > 0 {
        return Err(SinkError::KeptMeanwhile { events: kept_meanwhile });
    }
    let merged: Vec<_> = merged.into_iter().collect();
    for some in merged.chunks(MAX_VALUES / 4) {
        let mut values = Vec::with_capacity(some.len() * 4);
        for ((instance, stretch), marked) in some {
            values.extend([instance.as_str().into(), number(stretch.0)]);
            values.extend([Value::Bytes(marked.to_bytes()), now.unix_micros().into()]);
        }
        let sql = format!(
            "INSERT INTO sink_mark (instance, stretch, marks, last_seen) VALUES {} \
             ON CONFLICT (instance, stretch) DO UPDATE SET marks = excluded.marks, last_seen = excluded.last_seen",
            tuples(some.len(), 4, 1)
        );
        db.execute(&sql, &values).await?;
    }
    Ok(())
}

type Merged<'a> = BTreeMap<(&'a InstanceId, Stretch), Marked>;

/// The marks that the books have of the stretches of `new`.
async fn kept<'a>(db: &mut Connection, new: &'a NewMarks) -> Result<Merged<'a>, SinkError> {
    let wanted: Vec<_> = new
        .iter()
        .flat_map(|(instance, stretches)| stretches.keys().map(move |stretch| (instance, *stretch)))
        .collect();
    let mut found = Merged::new();
    for some in wanted.chunks(MAX_VALUES / 3) {
        let mut values = Vec::with_capacity(some.len() * 3);
        for (place, (instance, stretch)) in (0_i64..).zip(some) {
            values.extend([place.into(), instance.as_str().into(), number(stretch.0)]);
        }
        // CROSS JOIN keeps SQLite from going through the whole table.
        let sql = format!(
            "SELECT wanted.column1, sink_mark.marks FROM (VALUES {}) AS wanted CROSS JOIN sink_mark \
             WHERE sink_mark.instance = wanted.column2 AND sink_mark.stretch = wanted.column3",
            tuples(some.len(), 3, 1)
        );
        for row in db.rows(&sql, &values).await? {
            let place = usize::try_from(row.int(0)?).unwrap_or(usize::MAX);
            let place = some
                .get(place)
                .ok_or_else(|| impossible("a stretch that nobody asked for"))?;
            found.insert(*place, marked(row.bytes(1)?)?);
        }
    }
    Ok(found)
}

/// Forgets marks that nobody has added to since `before`: what they could tell is older than the retention.
pub(crate) async fn forget(db: &mut Connection, before: Timestamp) -> Result<u64, SinkError> {
    /// Of one shop at once: its oldest.
    const AT_ONCE: u32 = 5_000;
    let before = Value::from(before.unix_micros());
    let silent = "DELETE FROM sink_mark WHERE instance IN \
                  (SELECT instance FROM sink_source GROUP BY instance HAVING MAX(last_seen) < $1)";
    let mut forgotten = db.execute(silent, std::slice::from_ref(&before)).await?;
    let sql = format!(
        "DELETE FROM sink_mark WHERE instance = $1 AND last_seen < $2 AND stretch IN \
         (SELECT stretch FROM sink_mark WHERE instance = $1 ORDER BY stretch LIMIT {AT_ONCE})"
    );
    for row in db
        .rows(
            "SELECT DISTINCT instance FROM sink_source WHERE instance NOT LIKE 'redrive-%'",
            &[],
        )
        .await?
    {
        forgotten += db.execute(&sql, &[row.text(0)?.into(), before.clone()]).await?;
    }
    Ok(forgotten)
}

/// `schemas::decode` lets no larger sequence pass than an `i64` holds.
fn number(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn stretch(number: i64) -> Result<Stretch, SinkError> {
    u64::try_from(number).map(Stretch).map_err(impossible)
}

fn marked(bytes: &[u8]) -> Result<Marked, SinkError> {
    Marked::from_bytes(bytes).ok_or_else(|| impossible(format!("{} bytes of marks", bytes.len())))
}

fn impossible(reason: impl std::fmt::Display) -> SinkError {
    SinkError::ImpossibleRow {
        table: "sink_mark",
        reason: reason.to_string(),
    }
}
