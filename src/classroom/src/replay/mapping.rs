//! Other people's data: which column is the time, which the key, and what a line is. `mappings/README.md` explains the files.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::combined;
use super::message::Message;
use crate::error::ClassroomError;
use crate::simulate::scenario::day_start;
use crate::simulate::stream::moment;

const PRESETS: [(&str, &str); 7] = [
    ("otto", include_str!("../../mappings/otto.toml")),
    ("retailrocket", include_str!("../../mappings/retailrocket.toml")),
    (
        "retailrocket-items",
        include_str!("../../mappings/retailrocket-items.toml"),
    ),
    ("rees46", include_str!("../../mappings/rees46.toml")),
    ("taobao", include_str!("../../mappings/taobao.toml")),
    ("combined", include_str!("../../mappings/combined.toml")),
    ("online-retail", include_str!("../../mappings/online-retail.toml")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Csv,
    JsonLines,
    Combined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TimeFormat {
    #[default]
    Millis,
    Seconds,
    /// `2019-10-01 00:00:00`, with a T, a Z or ` UTC` if you like.
    DateTime,
    /// `12/1/2010 8:26`: month, day, year.
    UsDate,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    format: Format,
    topic: String,
    #[serde(default)]
    key: Option<String>,
    /// The combined format knows its own.
    #[serde(default)]
    time: String,
    #[serde(default)]
    time_format: TimeFormat,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    each: Option<String>,
}

/// Why a line is no message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MappingError {
    #[error("it is no {0}")]
    Format(&'static str),
    #[error("it has {found} columns, not {expected}")]
    Columns { found: usize, expected: usize },
    #[error("`{0}` holds no such time")]
    Time(String),
}

impl Mapping {
    /// A preset by its name, or a file.
    pub(super) fn find(name: &str) -> Result<Self, ClassroomError> {
        let refused = |reason: String| ClassroomError::Setting {
            setting: "--mapping",
            reason,
        };
        let preset = PRESETS
            .iter()
            .find(|(preset, _)| *preset == name)
            .map(|(_, text)| (*text).to_owned());
        let text = match preset {
            Some(text) => text,
            None => std::fs::read_to_string(name).map_err(|error| {
                let names: Vec<_> = PRESETS.iter().map(|(name, _)| *name).collect();
                refused(format!(
                    "{name} is neither one of {} nor a file that can be read: {error}",
                    names.join(", ")
                ))
            })?,
        };
        toml::from_str(&text).map_err(|error| refused(format!("{}: {error}", Path::new(name).display())))
    }

    /// Whether the first line names the columns.
    pub(super) fn has_header(&self) -> bool {
        self.format == Format::Csv && self.columns.is_empty()
    }

    /// Whether messages of later lines may be earlier than those of this one.
    pub(super) const fn holds_lists(&self) -> bool {
        self.each.is_some()
    }

    /// Takes the names of the columns from the first line.
    pub(super) fn take_header(&mut self, line: &[u8]) -> Result<(), MappingError> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        self.columns = cells(line).ok_or(MappingError::Format("line of CSV in UTF-8"))?;
        Ok(())
    }

    /// The messages of a line: one, or one for each element of its list.
    pub(super) fn messages(&self, line: &[u8]) -> Result<Vec<Message>, MappingError> {
        match self.format {
            Format::Combined => {
                let (at, object) = combined::read(line)
                    .filter(|(at, _)| is_kept(*at))
                    .ok_or(MappingError::Format("line of a combined access log"))?;
                Ok(vec![self.message(at, &object)])
            }
            Format::Csv => {
                let cells = cells(line).ok_or(MappingError::Format("line of CSV in UTF-8"))?;
                let (found, expected) = (cells.len(), self.columns.len());
                if found != expected {
                    return Err(MappingError::Columns { found, expected });
                }
                let pairs = self.columns.iter().cloned().zip(cells.into_iter().map(Value::String));
                self.dated(&pairs.collect()).map(|message| vec![message])
            }
            Format::JsonLines => {
                let Ok(Value::Object(mut object)) = serde_json::from_slice(line) else {
                    return Err(MappingError::Format("JSON object"));
                };
                let Some(each) = &self.each else {
                    return self.dated(&object).map(|message| vec![message]);
                };
                let Some(Value::Array(elements)) = object.remove(each) else {
                    return Err(MappingError::Format("object with a list of that name"));
                };
                let whole = |element: Value| {
                    let mut whole = object.clone();
                    if let Value::Object(own) = element {
                        whole.extend(own);
                    }
                    self.dated(&whole)
                };
                elements.into_iter().map(whole).collect()
            }
        }
    }

    fn dated(&self, object: &Map<String, Value>) -> Result<Message, MappingError> {
        let at = object
            .get(&self.time)
            .and_then(|time| self.time_format.read(&plain(time)))
            .filter(|at| is_kept(*at));
        let at = at.ok_or_else(|| MappingError::Time(self.time.clone()))?;
        Ok(self.message(at, object))
    }

    fn message(&self, at: i64, object: &Map<String, Value>) -> Message {
        let key = self.key.as_ref().and_then(|key| object.get(key));
        // The time first, so that a replay that moves times finds it where a shop's events have it.
        let mut value = format!("{{\"timestamp\":\"{}\"", moment(at)).into_bytes();
        for (name, field) in object.iter().filter(|(name, _)| *name != "timestamp") {
            value.push(b',');
            value.extend_from_slice(Value::String(name.clone()).to_string().as_bytes());
            value.push(b':');
            value.extend_from_slice(field.to_string().as_bytes());
        }
        value.push(b'}');
        Message {
            at,
            topic: Some(self.topic.clone()),
            key: key.map(|key| plain(key).into_bytes()),
            value,
            source: None,
            record: None,
        }
    }
}

/// Whether the moment is of the years 0 to 9999, which is what can be written.
fn is_kept(at: i64) -> bool {
    moment(at).unix_micros() == at
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cells(line: &[u8]) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

impl TimeFormat {
    fn read(self, text: &str) -> Option<i64> {
        match self {
            Self::Millis => text.parse::<i64>().ok()?.checked_mul(1000),
            Self::Seconds => text.parse::<i64>().ok()?.checked_mul(1_000_000),
            Self::DateTime => {
                let (date, clock) = text.trim_end_matches(" UTC").split_once([' ', 'T'])?;
                let day = crate::simulate::day(date).ok()?;
                Some(day_start(day) + clock_micros(clock.trim_end_matches('Z'))?)
            }
            Self::UsDate => {
                let (date, clock) = text.split_once(' ')?;
                let mut parts = date.split('/').map(str::parse::<u16>);
                let (month, day, year) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
                let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
                let day = time::Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
                Some(day_start(day) + clock_micros(clock)?)
            }
        }
    }
}

/// `8:26` or `08:26:59`.
fn clock_micros(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    fits.then_some(((hour * 60 + minute) * 60 + second) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(preset: &str, header: Option<&str>, line: &str) -> (Vec<String>, Option<String>) {
        let mut mapping = Mapping::find(preset).unwrap();
        if let Some(header) = header {
            assert!(mapping.has_header());
            mapping.take_header(header.as_bytes()).unwrap();
        }
        let messages = mapping.messages(line.as_bytes()).unwrap();
        let key = messages[0].key.clone().map(|key| String::from_utf8(key).unwrap());
        (
            messages
                .into_iter()
                .map(|message| String::from_utf8(message.value).unwrap())
                .collect(),
            key,
        )
    }

    #[test]
    fn the_presets_read_the_data_that_they_are_for() {
        let otto = r#"{"session":12,"events":[{"aid":5,"ts":1661724000278,"type":"clicks"},{"aid":6,"ts":1661724001000,"type":"carts"}]}"#;
        let (otto, key) = value("otto", None, otto);
        // The order of members is serde_json's, which a build with tests changes.
        let cart = serde_json::json!({"timestamp": "2022-08-28T22:00:01.000000Z", "aid": 6, "session": 12, "ts": 1_661_724_001_000_i64, "type": "carts"});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&otto[1]).unwrap(), cart);
        assert_eq!(key.as_deref(), Some("12"));
        let header = "timestamp,visitorid,event,itemid,transactionid";
        let (rocket, _) = value("retailrocket", Some(header), "1433221332117,257597,view,355908,");
        assert!(
            rocket[0].starts_with(r#"{"timestamp":"2015-06-02T05:02:12.117000Z","#)
                && rocket[0].contains(r#""event":"view""#),
            "{rocket:?}"
        );
        let header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
        let line = "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde";
        assert!(value("rees46", Some(header), line).0[0].contains("2019-10-01T00:00:00.000000Z"));
        let (taobao, key) = value("taobao", None, "1,2268318,2520377,pv,1511544070");
        assert!(taobao[0].contains(r#""behavior":"pv""#) && key.as_deref() == Some("1"));
        let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
        let line = r#"536365,85123A,"WHITE, HANGING",6,12/1/2010 8:26,2.55,17850,United Kingdom"#;
        let (retail, _) = value("online-retail", Some(header), line);
        assert!(
            retail[0].contains("2010-12-01T08:26:00") && retail[0].contains("WHITE, HANGING"),
            "{retail:?}"
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let mapping = Mapping::find("taobao").unwrap();
        assert_eq!(
            mapping.messages(b"1,2"),
            Err(MappingError::Columns { found: 2, expected: 5 })
        );
        assert_eq!(mapping.messages(b"1,2,3,pv,now"), Err(MappingError::Time("ts".into())));
        assert!(Mapping::find("/nowhere.toml").is_err());
    }

    #[test]
    fn a_moment_that_can_not_be_written_is_no_time() {
        let mapping = Mapping::find("taobao").unwrap();
        let last = mapping.messages(b"1,2,3,pv,253402300799").unwrap();
        assert!(String::from_utf8_lossy(&last[0].value).contains("9999-12-31T23:59:59"));
        for far in ["253402300800", "-62167219201", "9223372036854", "-9223372036854"] {
            let line = format!("1,2,3,pv,{far}");
            assert_eq!(mapping.messages(line.as_bytes()), Err(MappingError::Time("ts".into())));
        }
    }

    #[test]
    fn a_first_line_that_names_no_columns_is_refused() {
        let mut mapping = Mapping::find("rees46").unwrap();
        assert!(mapping.take_header(b"time,\xff\xfe").is_err() && mapping.take_header(b"\xef\xbb\xbf").is_err());
    }
}
