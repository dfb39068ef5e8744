//! A student's answer, read as data and never executed: CSV as spreadsheets write it, JSON lines, a JSON array, a database's table.
//!
//! What is wrong with a file is said with what was expected and what was found; nothing here ever panics or guesses points.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::database;
use super::raw::Raw;
pub use super::raw::{AnswerError, LARGEST, MOST_ROWS};
use crate::exercises::table::{Column, Kind, Row, Value};
use crate::simulate::scenario::day_start;

/// The URL of a PostgreSQL.
fn url(path: &Path) -> Option<&str> {
    path.to_str()
        .filter(|url| url.starts_with("postgres://") || url.starts_with("postgresql://"))
}

/// How the answer's place is told: of a URL never the password.
pub(super) fn shown(path: &Path) -> PathBuf {
    url(path).map_or_else(|| path.to_owned(), |url| database::shown(url).into())
}

/// Reads the answer at `path`, typed by what the exercise expects.
pub fn read(path: &Path, columns: &[Column]) -> Result<Vec<Row>, AnswerError> {
    if let Some(url) = url(path) {
        return parse(database::postgres(url)?.as_bytes(), columns);
    }
    let length = fs::metadata(path)?.len();
    if length > LARGEST {
        return Err(AnswerError::Large(length));
    }
    let bytes = fs::read(path)?;
    if bytes.starts_with(SQLITE) {
        return typed(&database::sqlite(path)?, columns);
    }
    parse(&bytes, columns)
}

/// How a file of SQLite begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Reads an answer that was sent as a file, whichever kind it is.
pub fn of_bytes(bytes: &[u8], columns: &[Column]) -> Result<Vec<Row>, AnswerError> {
    if !bytes.starts_with(SQLITE) {
        return parse(bytes, columns);
    }
    // SQLite reads files.
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    typed(&database::sqlite(file.path())?, columns)
}

/// Reads an answer that was sent as text.
pub fn parse(bytes: &[u8], columns: &[Column]) -> Result<Vec<Row>, AnswerError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| AnswerError::NotText(error.valid_up_to()))?;
    if text.trim().is_empty() {
        return Err(AnswerError::Empty(names_of(columns)));
    }
    let raw = match text.trim_start().as_bytes().first() {
        Some(b'{') => json_lines(text, columns)?,
        Some(b'[') => json_array(text, columns)?,
        _ => delimited(text)?,
    };
    typed(&raw, columns)
}

fn names_of(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// The separator that stands most often in the first line: spreadsheets of many countries write semicolons.
fn delimited(text: &str) -> Result<Raw, AnswerError> {
    let text = without_sep(text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let refused = |row: usize, error: &csv::Error| AnswerError::Row {
        row,
        reason: error.to_string(),
    };
    let names: Vec<String> = reader
        .headers()
        .map_err(|error| refused(0, &error))?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut rows = Vec::new();
    for (place, record) in reader.records().enumerate() {
        if rows.len() >= MOST_ROWS {
            return Err(AnswerError::Long);
        }
        let record = record.map_err(|error| refused(place + 1, &error))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != names.len() {
            let reason = format!("it has {} cells, the first line has {}", record.len(), names.len());
            return Err(AnswerError::Row { row: place + 1, reason });
        }
        rows.push(
            record
                .iter()
                .map(|cell| (!cell.is_empty()).then(|| cell.to_owned()))
                .collect(),
        );
    }
    Ok(Raw { names, rows })
}

/// Some spreadsheets say their separator on a line of its own before the columns: `sep=;`.
fn without_sep(text: &str) -> &str {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if first.trim().len() == 5 && first.starts_with("sep=") {
        rest
    } else {
        text
    }
}

fn json_lines(text: &str, columns: &[Column]) -> Result<Raw, AnswerError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let read = lines.take(MOST_ROWS + 1).enumerate().map(|(place, line)| {
        serde_json::from_str::<Json>(line).map_err(|error| AnswerError::Row {
            row: place + 1,
            reason: error.to_string(),
        })
    });
    objects(&read.collect::<Result<Vec<_>, _>>()?, columns)
}

fn json_array(text: &str, columns: &[Column]) -> Result<Raw, AnswerError> {
    let read: Vec<Json> = serde_json::from_str(text).map_err(|error| AnswerError::Row {
        row: 0,
        reason: error.to_string(),
    })?;
    objects(&read, columns)
}

/// Programs leave out what is null, in the first object, too: a column is there when any object has it.
fn objects(values: &[Json], columns: &[Column]) -> Result<Raw, AnswerError> {
    if values.len() > MOST_ROWS {
        return Err(AnswerError::Long);
    }
    let mut objects = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        let Json::Object(object) = value else {
            let reason = "it is no JSON object".to_owned();
            return Err(AnswerError::Row { row: place + 1, reason });
        };
        objects.push(object);
    }
    let mut raw = Raw {
        names: objects
            .first()
            .map_or_else(Vec::new, |first| first.keys().cloned().collect()),
        rows: Vec::with_capacity(objects.len()),
    };
    for column in columns {
        let is_it = |name: &&String| name.trim().to_lowercase() == column.name;
        if !raw.names.iter().any(|name| is_it(&name)) {
            raw.names
                .extend(objects.iter().find_map(|object| object.keys().find(is_it)).cloned());
        }
    }
    for object in objects {
        let cell = |name: &String| match object.get(name) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        raw.rows.push(raw.names.iter().map(cell).collect());
    }
    Ok(raw)
}

fn typed(raw: &Raw, columns: &[Column]) -> Result<Vec<Row>, AnswerError> {
    // A database's table without rows doesn't tell its columns.
    if raw.names.is_empty() {
        return Err(AnswerError::Empty(names_of(columns)));
    }
    let places: HashMap<String, usize> = raw
        .names
        .iter()
        .enumerate()
        .map(|(place, name)| (name.trim().to_lowercase(), place))
        .collect();
    let named = |column: &Column| {
        let is_it = |name: &&String| name.trim().to_lowercase() == column.name;
        raw.names.iter().filter(is_it).count()
    };
    if let Some(column) = columns.iter().find(|column| named(column) > 1) {
        return Err(AnswerError::Twice(column.name));
    }
    let place = |column: &Column| {
        places.get(column.name).copied().ok_or_else(|| AnswerError::Column {
            missing: column.name,
            expected: names_of(columns),
            found: raw.names.join(","),
        })
    };
    let places = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let row = |(number, cells): (usize, &Vec<Option<String>>)| {
        let typed = columns.iter().zip(&places).map(|(column, place)| {
            let cell = cells.get(*place).and_then(Option::as_deref);
            value(column.kind, cell).ok_or_else(|| AnswerError::Cell {
                row: number + 1,
                column: column.name,
                expected: column.kind.words(),
                found: cell.unwrap_or_default().chars().take(80).collect(),
            })
        });
        typed.collect::<Result<Row, _>>()
    };
    raw.rows.iter().enumerate().map(row).collect()
}

/// None when the text isn't of that kind.
fn value(kind: Kind, cell: Option<&str>) -> Option<Value> {
    match (kind, cell) {
        (Kind::MaybeText, None) => Some(Value::Empty),
        (_, None) => None,
        (Kind::Text | Kind::MaybeText, Some(text)) => Some(Value::Text(text.to_owned())),
        (Kind::Integer, Some(text)) => integer(text).map(Value::Integer),
        (Kind::Moment, Some(text)) => moment(text).map(Value::Moment),
    }
}

/// `3`, and what programs make of it: `3.0`, `"3"`, `3e0`.
fn integer(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let float: f64 = text.parse().ok()?;
    let whole = float.fract() == 0.0 && float.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
    whole.then_some(float as i64)
}

/// RFC 3339 with any offset, a space instead of the T, and without an offset, which is UTC.
fn moment(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once(['T', ' '])?;
    let day = crate::simulate::day(date).ok()?;
    let signs = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(signs);
    let mut parts = clock.trim().split(':');
    let (hour, minute) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let micros = seconds(parts.next().unwrap_or("0"))?;
    if parts.next().is_some() || !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return None;
    }
    let local = day_start(day) + (hour * 60 + minute) * 60_000_000 + micros;
    Some(local - offset_minutes(offset.trim())? * 60_000_000)
}

/// Seconds with a fraction, in microseconds; what is below them must be zero.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok().filter(|seconds| (0..60).contains(seconds))?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.bytes().skip(6).any(|byte| byte != b'0') {
        return None;
    }
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some(whole * 1_000_000 + digits.parse::<i64>().ok()?)
}

fn offset_minutes(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column::key("hour", Kind::Moment),
        Column::key("name", Kind::MaybeText),
        Column::value("events", Kind::Integer),
    ];

    fn rows(text: &[u8]) -> Vec<Row> {
        parse(text, &COLUMNS).unwrap()
    }

    #[test]
    fn a_spreadsheets_file_reads_as_a_plain_one() {
        let plain = rows(b"hour,name,events\n2026-11-02T13:00:00Z,a,3\n");
        assert_eq!(
            plain,
            rows("\u{feff}hour;name;events\r\n\"2026-11-02 13:00:00\";\"a\";\"3\"\r\n;;\r\n".as_bytes())
        );
        assert_eq!(
            plain,
            rows(b"EVENTS\tname\thour\n3.0\ta\t2026-11-02T22:00:00.000+09:00\n")
        );
        assert_eq!(
            plain,
            rows(b"{\"hour\":\"2026-11-02T13:00:00.000000Z\",\"name\":\"a\",\"events\":3}\n")
        );
        assert_eq!(
            plain,
            rows(b"[{\"hour\":\"2026-11-02T13:00Z\",\"name\":\"a\",\"events\":\"3\",\"more\":1}]")
        );
    }

    #[test]
    fn an_object_may_leave_out_what_is_null_and_the_first_one_too() {
        let csv = rows(b"hour,name,events\n2026-11-02T13:00:00Z,,3\n2026-11-02T14:00:00Z,a,4\n");
        let lines = b"{\"hour\":\"2026-11-02T13:00:00Z\",\"events\":3}\n{\"hour\":\"2026-11-02T14:00:00Z\",\"name\":\"a\",\"events\":4}\n";
        assert_eq!(rows(lines), csv);
        let without = parse(b"{\"hour\":\"2026-11-02T13:00:00Z\",\"events\":3}", &COLUMNS);
        assert!(without.unwrap_err().to_string().contains("`name`"), "no object has it");
    }

    #[test]
    fn a_password_is_never_told() {
        for url in [
            "postgres://kim:s3cret@127.0.0.1:5432/class",
            "postgresql://kim:s3cret@127.0.0.1/class",
            "postgres://kim@127.0.0.1/class?password=s3cret",
        ] {
            assert_eq!(shown(Path::new(url)), Path::new("postgres://kim@127.0.0.1:5432/class"));
        }
        let told = shown(Path::new("postgres://kim:s3cret?@127.0.0.1:port/class"));
        assert!(!told.to_string_lossy().contains("s3cret"), "{}", told.display());
        assert_eq!(shown(Path::new("hand-in/kim.csv")), Path::new("hand-in/kim.csv"));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_expected() {
        let said = |text: &[u8]| parse(text, &COLUMNS).unwrap_err().to_string();
        assert!(said(b" \n").contains("hour,name,events"));
        assert!(said(b"hour,events\n").contains("`name`"));
        let cell = said(b"hour,name,events\n2026-11-02T13:00:00Z,a,three\n");
        assert!(
            cell.contains("`events`") && cell.contains("a whole number") && cell.contains("three"),
            "{cell}"
        );
        assert!(said(b"hour,name,events\n2026-11-02T13:00:00Z,a,3.5\n").contains("3.5"));
        assert!(said(b"hour,name,events\nyesterday,a,3\n").contains("yesterday"));
        assert!(said(b"hour,name,events\n\xff\xfe,a,3\n").contains("UTF-8"));
        assert!(said(b"hour,name,events\na,b\n").contains("2 cells"));
        assert!(said(b"[1]").contains("object"));
    }

    /// Each was reported of a grader that is in use somewhere.
    #[test]
    fn what_other_graders_took_for_an_answer_is_none() {
        let said = |text: &str| parse(text.as_bytes(), &COLUMNS).unwrap_err().to_string();
        for number in ["nan", "NaN", "inf", "-inf", "1e400", "3,0", "1 000", "0x3", "\u{ff13}"] {
            let row = format!("hour;name;events\n2026-11-02T13:00:00Z;a;{number}\n");
            assert!(said(&row).contains("a whole number"), "{number}");
        }
        assert!(said("hour,name,events,Events\n2026-11-02T13:00:00Z,a,3,4\n").contains("`events` is there twice"));
        let plain = rows(b"hour,name,events\n2026-11-02T13:00:00Z,a,3\n");
        assert_eq!(
            rows(b"sep=;\r\nhour;name;events\r\n2026-11-02T13:00:00Z;a;3\r\n"),
            plain
        );
    }
}
