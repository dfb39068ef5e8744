//! A moment in UTC with microseconds: what every event is dated by.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{Date, Month, OffsetDateTime, UtcOffset};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// 1970-01-01 as a Julian day number.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// Microseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999; written `2025-05-14T11:46:45.722945Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a moment in UTC with six fractional digits, such as 2025-05-14T11:46:45.722945Z")]
pub struct TimestampError;

impl Timestamp {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The nearest moment that can be written.
    #[must_use]
    pub fn from_unix_micros_saturating(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The nearest moment that can be written.
    #[must_use]
    pub fn from_unix_millis_saturating(millis: i64) -> Self {
        Self::from_unix_micros_saturating(millis.saturating_mul(1000))
    }

    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment moved by `micros`, staying within what can be written.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self::from_unix_micros_saturating(self.0.saturating_add(micros))
    }

    /// The calendar day of this moment at `offset`; the edge of the calendar where the offset would leave it.
    #[must_use]
    pub fn day(self, offset: UtcOffset) -> Date {
        let local = self.plus_micros(i64::from(offset.whole_seconds()) * 1_000_000);
        let day = i32::try_from(local.0.div_euclid(DAY_MICROS)).unwrap_or(0) + EPOCH_JULIAN_DAY;
        Date::from_julian_day(day).unwrap_or(Date::MIN)
    }

    #[must_use]
    pub fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Reads `2025-05-14T11:46:45.722945Z`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let text: &[u8; 27] = text.as_bytes().try_into().map_err(|_| TimestampError)?;
        let marks = [
            (4, b'-'),
            (7, b'-'),
            (10, b'T'),
            (13, b':'),
            (16, b':'),
            (19, b'.'),
            (26, b'Z'),
        ];
        if marks.iter().any(|(at, mark)| text[*at] != *mark) {
            return Err(TimestampError);
        }
        let month = Month::try_from(two(text, 5)?).map_err(|_| TimestampError)?;
        let year = i32::from(two(text, 0)?) * 100 + i32::from(two(text, 2)?);
        let date = Date::from_calendar_date(year, month, two(text, 8)?).map_err(|_| TimestampError)?;
        let (hour, minute, second) = (two(text, 11)?, two(text, 14)?, two(text, 17)?);
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimestampError);
        }
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        let micros = (i64::from(two(text, 20)?) * 100 + i64::from(two(text, 22)?)) * 100 + i64::from(two(text, 24)?);
        let days = i64::from(date.to_julian_day() - EPOCH_JULIAN_DAY);
        Ok(Self(days * DAY_MICROS + seconds * 1_000_000 + micros))
    }

    /// `2025-05-14T11:46:45.722945Z`
    #[must_use]
    pub fn digits(self) -> [u8; 27] {
        let day = i32::try_from(self.0.div_euclid(DAY_MICROS)).unwrap_or(0) + EPOCH_JULIAN_DAY;
        let (year, month, day) = Date::from_julian_day(day).unwrap_or(Date::MIN).to_calendar_date();
        let micros = self.0.rem_euclid(DAY_MICROS);
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let parts = [
            (0, i64::from(year) / 100),
            (2, i64::from(year) % 100),
            (5, i64::from(u8::from(month))),
            (8, i64::from(day)),
            (11, seconds / 3600),
            (14, seconds / 60 % 60),
            (17, seconds % 60),
            (20, micros / 10_000),
            (22, micros / 100 % 100),
            (24, micros % 100),
        ];
        for (at, part) in parts {
            let part = u8::try_from(part).unwrap_or(0);
            text[at] = b'0' + part / 10;
            text[at + 1] = b'0' + part % 10;
        }
        text
    }
}

/// The number of two digits at `at`.
fn two(text: &[u8; 27], at: usize) -> Result<u8, TimestampError> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    if tens > 9 || ones > 9 {
        return Err(TimestampError);
    }
    Ok(tens * 10 + ones)
}

impl From<OffsetDateTime> for Timestamp {
    /// Cuts below the microsecond.
    fn from(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment such as \"2025-05-14T11:46:45.722945Z\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).map_err(|error| E::custom(format_args!("`{text}` {error}")))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::{date, format_description, offset};

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_the_same_moment(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp(micros);
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        }

        #[test]
        fn a_moment_and_its_day_are_those_of_the_time_crate(micros in Timestamp::MIN.0..=Timestamp::MAX.0, hours in -16_i8..=16) {
            let moment = Timestamp(micros);
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
            prop_assert_eq!(moment.to_string(), moment.date_time().format(format).unwrap());
            let offset = UtcOffset::from_hms(hours, 0, 0).unwrap();
            if let Some(local) = moment.date_time().checked_to_offset(offset)
                && (0..10_000).contains(&local.year())
            {
                prop_assert_eq!(moment.day(offset), local.date());
            }
        }
    }

    #[test]
    fn the_day_is_the_day_at_the_offset() {
        let late = Timestamp::parse("2024-02-28T15:30:00.000000Z").unwrap();
        assert_eq!(late.day(offset!(+0)), date!(2024 - 02 - 28));
        assert_eq!(late.day(offset!(+9)), date!(2024 - 02 - 29));
        assert_eq!(late.day(offset!(-16)), date!(2024 - 02 - 27));
    }

    #[test]
    fn other_shapes_of_time_are_refused() {
        for text in [
            "2025-05-14T11:46:45Z",
            "2025-05-14 11:46:45.722945Z",
            "2025-02-30T00:00:00.000000Z",
            "2025-02-03T24:00:00.000000Z",
            "2025-02-03T23:59:60.000000Z",
            "2025-02-03T23:59:5/.000000Z",
            "+025-02-03T23:59:59.000000Z",
            "2025-02-03T23:59:59,000000Z",
            "",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text}");
        }
    }
}
