//! Rows of PostgreSQL, by COPY in its binary format (PostgreSQL's documentation, under COPY): half of what a SELECT costs.

use futures_util::TryStreamExt as _;
use hosting::Progress;
use schemas::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::bytes::Hash;
use super::super::calendar::Calendar;
use super::super::error::AuditError;
use super::super::ledger::Ledger;
use super::{RowGlimpse, impossible, unreadable};

const ROWS: &str = "COPY (SELECT source_sequence, event_id, event_time, source_instance FROM user_activity_log) \
                    TO STDOUT (FORMAT binary)";
/// The same, with all that a row says of its event.
const ROWS_WITH_VALUES: &str = "COPY (SELECT source_sequence, event_id, event_time, source_instance, json_build_object( \
     'timestamp', to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'event_id', event_id, \
     'session_id', session_id, 'user_id', user_id, 'event_type', activity_type, 'entity_type', entity_type, 'entity_id', entity_id, \
     'endpoint', endpoint, 'method', method, 'path', path, 'args', args, 'form', form, 'response_status', response_status, \
     'ip_address', ip_address, 'user_agent', user_agent, 'referrer', referrer, 'request_id', request_id, 'details', details)::text \
     FROM user_activity_log) TO STDOUT (FORMAT binary)";
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const COLUMNS: i16 = 4;
/// Stands where a row's number of columns would.
const END: i16 = -1;
/// 2000-01-01, from where PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;
/// What has been entered is cut away in stretches of this size.
const BUFFER_BYTES: usize = 256 * 1024;

/// Enters every row.
pub(super) async fn read(db: &mut PgConnection, ledger: &mut Ledger) -> Result<(), AuditError> {
    let (calendar, mut progress, mut last) = (ledger.calendar, Progress::of("table", None), None);
    let compares_bytes = ledger.compares_bytes;
    let sql = if compares_bytes { ROWS_WITH_VALUES } else { ROWS };
    let mut parts = db.copy_out_raw(sql).await.map_err(unreadable)?;
    let (mut bytes, mut at, mut has_begun) = (Vec::new(), 0, false);
    while let Some(part) = parts.try_next().await.map_err(unreadable)? {
        bytes.extend_from_slice(&part);
        if !has_begun {
            let Some(behind) = header(&bytes)? else { continue };
            (at, has_begun) = (behind, true);
        }
        while let Some((row, length)) = row(&bytes[at..], compares_bytes, calendar)? {
            progress.step(1);
            row.enter(ledger, &mut last)?;
            at += length;
        }
        if at >= BUFFER_BYTES {
            bytes.drain(..at);
            at = 0;
        }
    }
    if bytes[at..] == END.to_be_bytes() {
        Ok(())
    } else {
        Err(impossible(format!("the last one is cut: {:?}", &bytes[at..])))
    }
}

/// Where the rows begin; none while the header isn't whole.
fn header(bytes: &[u8]) -> Result<Option<usize>, AuditError> {
    if !bytes.starts_with(&SIGNATURE[..bytes.len().min(SIGNATURE.len())]) {
        return Err(impossible("the answer to COPY is in another format".to_owned()));
    }
    let mut rest = bytes.get(SIGNATURE.len() + 4..).unwrap_or_default();
    let Some(extension) = field(&mut rest) else {
        return Ok(None);
    };
    Ok(Some(SIGNATURE.len() + 8 + extension.len()))
}

/// The first row and its length; none at the end, and while it isn't whole.
fn row(bytes: &[u8], has_values: bool, calendar: Calendar) -> Result<Option<(RowGlimpse<'_>, usize)>, AuditError> {
    let mut rest = bytes;
    let Some(columns) = number(&mut rest).map(i16::from_be_bytes) else {
        return Ok(None);
    };
    if columns == END {
        return Ok(None);
    }
    if columns != COLUMNS + i16::from(has_values) {
        return Err(impossible(format!("a row has {columns} columns")));
    }
    let (Some(sequence), Some(event_id), Some(time), Some(instance)) =
        (field(&mut rest), field(&mut rest), field(&mut rest), field(&mut rest))
    else {
        return Ok(None);
    };
    let values = if has_values {
        let Some(values) = field(&mut rest) else {
            return Ok(None);
        };
        Hash::of_values(values)
    } else {
        Hash::NONE
    };
    let glimpse = glimpse(sequence, event_id, time, instance, calendar);
    let mut glimpse = glimpse.ok_or_else(|| impossible(format!("{:?}", &bytes[..bytes.len() - rest.len()])))?;
    glimpse.values = values;
    Ok(Some((glimpse, bytes.len() - rest.len())))
}

fn glimpse<'a>(
    sequence: &[u8],
    event_id: &[u8],
    time: &[u8],
    instance: &'a [u8],
    calendar: Calendar,
) -> Option<RowGlimpse<'a>> {
    let micros = i64::from_be_bytes(time.try_into().ok()?);
    Some(RowGlimpse {
        sequence: i64::from_be_bytes(sequence.try_into().ok()?),
        event_id: Uuid::from_slice(event_id).ok()?,
        day: calendar.day_of(Timestamp::from_unix_micros_saturating(micros.saturating_add(EPOCH))),
        instance: std::str::from_utf8(instance).ok()?,
        values: Hash::NONE,
    })
}

/// A length and so many bytes. No column may be null, whose length would be -1.
fn field<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = *bytes;
    let length = usize::try_from(i32::from_be_bytes(number(&mut rest)?)).ok()?;
    let (field, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(field)
}

fn number<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*number)
}

#[cfg(test)]
mod tests {
    use schemas::Zone;

    use super::*;

    fn calendar() -> Calendar {
        let now = Timestamp::parse("2000-01-02T12:00:00.000000Z").unwrap();
        Calendar::new(now, Zone::UTC, 30)
    }

    fn bytes() -> Vec<u8> {
        let id = Uuid::from_u128(77);
        let micros = 90_000_000_000_i64;
        let fields: [&[u8]; 4] = [&5_i64.to_be_bytes(), id.as_bytes(), &micros.to_be_bytes(), b"shop-1"];
        let mut row = COLUMNS.to_be_bytes().to_vec();
        for field in fields {
            row.extend(i32::try_from(field.len()).unwrap().to_be_bytes());
            row.extend_from_slice(field);
        }
        row
    }

    #[test]
    fn a_row_is_read_when_it_is_whole_and_not_before() {
        let bytes = bytes();
        for cut in 0..bytes.len() {
            assert!(row(&bytes[..cut], false, calendar()).unwrap().is_none(), "{cut}");
        }
        let with_more = [&bytes[..], b"more"].concat();
        let (read, length) = row(&with_more, false, calendar()).unwrap().unwrap();
        assert_eq!((read.instance, read.sequence, length), ("shop-1", 5, bytes.len()));
        assert_eq!(read.event_id, Uuid::from_u128(77));
        // PostgreSQL counts from 2000-01-01; this is 25 hours later.
        assert_eq!(read.day, calendar().day_in(b"2000-01-02T01:00:00.000000Z"));
        assert!(row(&END.to_be_bytes(), false, calendar()).unwrap().is_none());
        assert!(row(&3_i16.to_be_bytes(), false, calendar()).is_err());
    }

    #[test]
    fn the_header_may_come_in_pieces_and_is_no_other() {
        let whole = [SIGNATURE, &[0; 4], &2_i32.to_be_bytes(), b"xx", b"row"].concat();
        for cut in 0..whole.len() - 3 {
            assert_eq!(header(&whole[..cut]).unwrap(), None, "{cut}");
        }
        assert_eq!(header(&whole).unwrap(), Some(whole.len() - 3));
        assert!(header(b"PGDUMP").is_err());
    }
}
