//! Days: which day an event belongs to, and which days retention has removed.

use schemas::{Timestamp, Zone};
use time::{Date, Month};

use super::mark::Day;

/// A ledger tells days apart from 500 days ago to 10 days ahead; what lies outside counts as the edge of that window.
const DAYS_BACK: i32 = 500;
const MINUTE_MICROS: i64 = 60 * 1_000_000;
/// 1970-01-01 as a Julian day number.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// Today, the zone of the days, and how many of them are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    today: Date,
    zone: Zone,
    retention_days: u16,
}

impl Calendar {
    pub(super) fn new(now: Timestamp, zone: Zone, retention_days: u16) -> Self {
        Self {
            today: zone.day(now),
            zone,
            retention_days,
        }
    }

    fn day(&self, julian: i32) -> Day {
        Day::clamped(julian - self.today.to_julian_day() + DAYS_BACK)
    }

    pub(super) fn day_on(&self, date: Date) -> Day {
        self.day(date.to_julian_day())
    }

    pub(super) fn day_of(&self, moment: Timestamp) -> Day {
        self.day(self.zone.day(moment).to_julian_day())
    }

    /// The day of `2025-05-14T11:46...` or `2025-05-14 11:46...`, in UTC; unknown when it isn't one.
    pub(super) fn day_in(&self, text: &[u8]) -> Day {
        match parse(text) {
            Some(minutes) => self.day_of(Timestamp::from_unix_micros_saturating(minutes * MINUTE_MICROS)),
            None => Day::UNKNOWN,
        }
    }

    /// Whether the sink's retention may have removed this day: it is more than `retention_days` old.
    pub(super) fn is_expired(&self, day: Day) -> bool {
        day.is_known() && day < self.oldest_kept()
    }

    /// Whether Kafka's retention may have removed messages of this day: it counts hours, so it cuts the oldest day anywhere.
    pub(super) fn is_expired_on_topics(&self, day: Day) -> bool {
        day.is_known() && day <= self.oldest_kept()
    }

    fn oldest_kept(&self) -> Day {
        Day::clamped(DAYS_BACK - i32::from(self.retention_days))
    }

    /// Whether an event of this day may decide what is late: the sink refuses what is dated more than a day ahead.
    pub(super) fn is_plausible(day: Day) -> bool {
        day <= Day::clamped(DAYS_BACK + 1)
    }
}

/// Minutes since 1970.
fn parse(text: &[u8]) -> Option<i64> {
    let head = text.first_chunk::<16>()?;
    let number = |from: usize, to: usize| {
        head[from..to].iter().try_fold(0_u16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
        })
    };
    let month = Month::try_from(u8::try_from(number(5, 7)?).ok()?).ok()?;
    let day = u8::try_from(number(8, 10)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, day).ok()?;
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    let days = i64::from(date.to_julian_day() - EPOCH_JULIAN_DAY);
    Some((days * 24 + i64::from(hour)) * 60 + i64::from(minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(zone: &str) -> Calendar {
        let now = Timestamp::parse("2026-03-01T12:00:00.000000Z").unwrap();
        Calendar::new(now, zone.parse().unwrap(), 30)
    }

    #[test]
    fn the_day_in_a_text_is_the_day_of_its_moment() {
        for zone in ["+00:00", "+09:00", "-03:30", "America/New_York"] {
            let calendar = calendar(zone);
            for text in [
                "2026-02-28T23:59:59.999999Z",
                "2026-03-01T00:00:00.000000Z",
                "2026-02-28T15:00:00.000000Z",
            ] {
                let moment = Timestamp::parse(text).unwrap();
                assert_eq!(
                    calendar.day_in(text.as_bytes()),
                    calendar.day_of(moment),
                    "{text} {zone}"
                );
            }
        }
    }

    #[test]
    fn a_day_that_is_none_is_unknown_and_never_expired() {
        let calendar = calendar("+00:00");
        for text in ["2026-02-30T00:00:00.000000Z", "yesterday", "2026-02-2xT00:00", ""] {
            assert_eq!(calendar.day_in(text.as_bytes()), Day::UNKNOWN, "{text}");
        }
        assert!(!calendar.is_expired(Day::UNKNOWN));
    }

    #[test]
    fn files_and_table_keep_the_oldest_day_whole_and_topics_do_not() {
        let calendar = calendar("+00:00");
        let (kept, gone) = (
            calendar.day_in(b"2026-01-30T00:00"),
            calendar.day_in(b"2026-01-29T23:59"),
        );
        assert!(calendar.is_expired(gone) && calendar.is_expired_on_topics(gone));
        assert!(!calendar.is_expired(kept) && calendar.is_expired_on_topics(kept));
    }
}
