//! A moment in UTC with microseconds: what every event is dated by.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

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
        let utc = self.date_time();
        utc.checked_to_offset(offset)
            .map_or_else(|| utc.date(), OffsetDateTime::date)
    }

    #[must_use]
    pub fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Reads `2025-05-14T11:46:45.722945Z`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let moment = PrimitiveDateTime::parse(text, FORMAT).map_err(|_| TimestampError)?;
        let moment = Self::from(moment.assume_utc());
        if moment < Self::MIN || moment > Self::MAX {
            Err(TimestampError)
        } else {
            Ok(moment)
        }
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Cuts below the microsecond.
    fn from(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.date_time();
        let (hour, minute, second, micro) = at.to_hms_micro();
        let (year, month, day) = at.to_calendar_date();
        write!(
            f,
            "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z",
            u8::from(month)
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
    use time::macros::{date, offset};

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_the_same_moment(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp(micros);
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
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
            "",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text}");
        }
    }
}
