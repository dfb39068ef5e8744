//! Which day a moment belongs to: at a fixed offset from UTC, or in a time zone by its name, with its changes between summer and winter.
//!
//! Promises: a name is one of the IANA time zone database, whose rules are part of the program, so that each machine tells the same days.
//! Not for: clocks on a wall; all moments that are kept are in UTC.

use std::fmt;
use std::str::FromStr;

use time::{Date, UtcOffset};
use tz::{LocalTimeType, TimeZoneRef};

use crate::Timestamp;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// No day begins further from the midnight of UTC than this.
const FURTHEST: i64 = 2 * DAY_MICROS;
const LONGEST_HOURS: i8 = 14;

/// An offset from UTC (`+09:00`), or a time zone (`Asia/Seoul`).
#[derive(Clone, Copy, PartialEq)]
pub struct Zone(Rules);

#[derive(Clone, Copy, PartialEq)]
enum Rules {
    Fixed(UtcOffset),
    Named {
        name: &'static str,
        zone: &'static TimeZoneRef<'static>,
    },
}

/// What is neither an offset nor a zone's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither of the form +HH:MM or -HH:MM, at most 14:00, nor a time zone such as Asia/Seoul")]
pub struct ZoneError;

impl Zone {
    pub const UTC: Self = Self(Rules::Fixed(UtcOffset::UTC));

    /// How far the zone's clocks are ahead of UTC at a moment.
    #[must_use]
    pub fn offset_at(self, moment: Timestamp) -> UtcOffset {
        match self.0 {
            Rules::Fixed(offset) => offset,
            Rules::Named { zone, .. } => {
                let seconds = moment.unix_micros().div_euclid(1_000_000);
                let found = zone.find_local_time_type(seconds);
                let offset = found.map_or(0, LocalTimeType::ut_offset);
                UtcOffset::from_whole_seconds(offset).unwrap_or(UtcOffset::UTC)
            }
        }
    }

    /// The calendar day of a moment.
    #[must_use]
    pub fn day(self, moment: Timestamp) -> Date {
        moment.day(self.offset_at(moment))
    }

    /// The first moment of a day. It is not always a midnight: where clocks are set on at midnight, a day begins at one o'clock.
    #[must_use]
    pub fn begin_of(self, day: Date) -> Timestamp {
        let midnight = Timestamp::from(day.midnight().assume_utc());
        let at = |offset: UtcOffset| midnight.plus_micros(i64::from(offset.whole_seconds()) * -1_000_000);
        let (before, behind) = match self.0 {
            Rules::Fixed(offset) => return at(offset),
            Rules::Named { .. } => (midnight.plus_micros(-FURTHEST), midnight.plus_micros(FURTHEST)),
        };
        let (first, last) = (at(self.offset_at(before)), at(self.offset_at(behind)));
        let begins = |moment: &Timestamp| self.day(*moment) == day && self.day(moment.plus_micros(-1)) < day;
        let candidates = [first.min(last), first.max(last)];
        candidates
            .into_iter()
            .find(begins)
            .unwrap_or_else(|| self.first_not_before(day, before, behind))
    }

    /// The first moment that belongs to the day or a later one, where a change of the clocks swallowed its midnight.
    fn first_not_before(self, day: Date, mut before: Timestamp, mut behind: Timestamp) -> Timestamp {
        while behind.unix_micros() - before.unix_micros() > 1 {
            let middle = before.plus_micros((behind.unix_micros() - before.unix_micros()) / 2);
            if self.day(middle) < day {
                before = middle;
            } else {
                behind = middle;
            }
        }
        behind
    }
}

impl From<UtcOffset> for Zone {
    fn from(offset: UtcOffset) -> Self {
        Self(Rules::Fixed(offset))
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        if text.starts_with(['+', '-']) {
            return fixed(text).map(Self::from).ok_or(ZoneError);
        }
        let name = tzdb_data::TZ_NAMES.iter().find(|name| name.eq_ignore_ascii_case(text));
        let named = name.and_then(|name| {
            let zone = tzdb_data::find_tz(name.as_bytes())?;
            Some(Self(Rules::Named { name, zone }))
        });
        named.ok_or(ZoneError)
    }
}

/// Exactly a sign, two digits, a colon and two digits; up to 14 hours to either side.
fn fixed(text: &str) -> Option<UtcOffset> {
    let sign = match text.as_bytes() {
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let number = |digits: Option<&str>| -> Option<i8> {
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok()
    };
    let (hours, minutes) = (number(text.get(1..3))?, number(text.get(4..6))?);
    if minutes > 59 || hours > LONGEST_HOURS || (hours == LONGEST_HOURS && minutes > 0) {
        return None;
    }
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rules::Fixed(offset) => {
                let sign = if offset.is_negative() { '-' } else { '+' };
                let (hours, minutes, _) = offset.as_hms();
                write!(f, "{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
            }
            Rules::Named { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({self})")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn an_offset_is_a_sign_hours_and_minutes_and_nothing_else() {
        for (text, seconds) in [
            ("+00:00", 0),
            ("+09:00", 32_400),
            ("-03:30", -12_600),
            ("+14:00", 50_400),
        ] {
            assert_eq!(zone(text).offset_at(Timestamp::MIN).whole_seconds(), seconds, "{text}");
            assert_eq!(zone(text).to_string(), text);
        }
        for text in [
            "9",
            "+9:00",
            "09:00",
            "+0900",
            "+09:60",
            "+14:01",
            "+15:00",
            "+-1:00",
            "+1a:00",
            "",
            "+09:0é",
            "Asia",
            "Asia/Soul",
            "../UTC",
        ] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_the_databases_however_it_is_typed() {
        assert_eq!(zone("asia/seoul").to_string(), "Asia/Seoul");
        assert_eq!(
            zone("UTC").day(at("2026-11-30T23:59:59.999999Z")),
            date!(2026 - 11 - 30)
        );
        assert_eq!(
            zone("Asia/Seoul").day(at("2026-11-30T15:00:00.000000Z")),
            date!(2026 - 12 - 01)
        );
        // Clocks in Seoul were an hour further ahead in the summers of 1987 and 1988.
        assert_eq!(
            zone("Asia/Seoul").day(at("1988-08-01T14:00:00.000000Z")),
            date!(1988 - 08 - 02)
        );
        assert_eq!(
            zone("+09:00").day(at("1988-08-01T14:00:00.000000Z")),
            date!(1988 - 08 - 01)
        );
    }

    /// The begin of a day, in UTC, and how many minutes it has.
    fn measured(name: &str, day: Date) -> (String, i64) {
        let (begin, end) = (zone(name).begin_of(day), zone(name).begin_of(day.next_day().unwrap()));
        (
            begin.to_string(),
            (end.unix_micros() - begin.unix_micros()) / 60_000_000,
        )
    }

    #[test]
    fn the_days_of_the_change_have_23_and_25_hours() {
        let begin = |text: &str| format!("{text}:00.000000Z");
        let berlin = |day| measured("Europe/Berlin", day);
        assert_eq!(berlin(date!(2026 - 03 - 28)), (begin("2026-03-27T23:00"), 1440));
        assert_eq!(berlin(date!(2026 - 03 - 29)), (begin("2026-03-28T23:00"), 1380));
        assert_eq!(berlin(date!(2026 - 03 - 30)), (begin("2026-03-29T22:00"), 1440));
        assert_eq!(berlin(date!(2026 - 10 - 25)), (begin("2026-10-24T22:00"), 1500));
        // The rules go on behind the last change that is written down.
        assert_eq!(berlin(date!(2060 - 03 - 28)), (begin("2060-03-27T23:00"), 1380));
    }

    #[test]
    fn a_day_whose_midnight_does_not_exist_begins_when_the_clocks_go_on() {
        // Cairo goes from 00:00 to 01:00; Samoa left out the 30th of December 2011 altogether.
        assert_eq!(
            measured("Africa/Cairo", date!(2026 - 04 - 24)),
            ("2026-04-23T22:00:00.000000Z".to_owned(), 1380)
        );
        assert_eq!(measured("Pacific/Apia", date!(2011 - 12 - 29)).1, 1440);
        assert_eq!(measured("Pacific/Apia", date!(2011 - 12 - 30)).1, 0);
        // Cuba goes back from 01:00 to 00:00: the day begins with the first of its two midnights.
        assert_eq!(
            measured("America/Havana", date!(2026 - 11 - 01)),
            ("2026-11-01T04:00:00.000000Z".to_owned(), 1500)
        );
    }

    #[test]
    fn each_day_begins_where_the_one_before_ends_in_every_zone() {
        for name in tzdb_data::TZ_NAMES {
            let zone = zone(name);
            let mut day = date!(2025 - 12 - 31);
            for _ in 0..366 {
                let begin = zone.begin_of(day);
                assert_eq!(zone.day(begin), day, "{name}");
                assert!(zone.day(begin.plus_micros(-1)) < day, "{name} {day}");
                day = day.next_day().unwrap();
            }
        }
    }
}
