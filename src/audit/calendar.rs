//! Days: which day an event belongs to, and which days retention has removed.

use schemas::Timestamp;
use time::{Date, Month, UtcOffset};

use super::mark::Day;

/// A ledger tells days apart from 500 days ago to 10 days ahead; what lies outside counts as the edge of that window.
const DAYS_BACK: i32 = 500;
const MINUTES_A_DAY: i32 = 24 * 60;

/// Today, the offset of the days, and how many of them are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    today: Date,
    offset: UtcOffset,
    retention_days: u16,
}

impl Calendar {
    pub(super) fn new(now: Timestamp, offset: UtcOffset, retention_days: u16) -> Self {
        Self {
            today: now.day(offset),
            offset,
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
        self.day(moment.day(self.offset).to_julian_day())
    }

    /// The day of `2025-05-14T11:46...` or `2025-05-14 11:46...`, in UTC; unknown when it isn't one.
    pub(super) fn day_in(&self, text: &[u8]) -> Day {
        let Some((date, minutes)) = parse(text) else {
            return Day::UNKNOWN;
        };
        let local = minutes + i32::from(self.offset.whole_minutes());
        self.day(date.to_julian_day() + local.div_euclid(MINUTES_A_DAY))
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

/// The date, and the minute of the day.
fn parse(text: &[u8]) -> Option<(Date, i32)> {
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
    Some((date, i32::from(hour * 60 + minute)))
}

#[cfg(test)]
mod tests {
    use time::macros::offset;

    use super::*;

    fn calendar(offset: UtcOffset) -> Calendar {
        let now = Timestamp::parse("2026-03-01T12:00:00.000000Z").unwrap();
        Calendar::new(now, offset, 30)
    }

    #[test]
    fn the_day_in_a_text_is_the_day_of_its_moment() {
        for offset in [offset!(+0), offset!(+9), offset!(-3:30)] {
            let calendar = calendar(offset);
            for text in [
                "2026-02-28T23:59:59.999999Z",
                "2026-03-01T00:00:00.000000Z",
                "2026-02-28T15:00:00.000000Z",
            ] {
                let moment = Timestamp::parse(text).unwrap();
                assert_eq!(
                    calendar.day_in(text.as_bytes()),
                    calendar.day_of(moment),
                    "{text} {offset}"
                );
            }
        }
    }

    #[test]
    fn a_day_that_is_none_is_unknown_and_never_expired() {
        let calendar = calendar(offset!(+0));
        for text in ["2026-02-30T00:00:00.000000Z", "yesterday", "2026-02-2xT00:00", ""] {
            assert_eq!(calendar.day_in(text.as_bytes()), Day::UNKNOWN, "{text}");
        }
        assert!(!calendar.is_expired(Day::UNKNOWN));
    }

    #[test]
    fn files_and_table_keep_the_oldest_day_whole_and_topics_do_not() {
        let calendar = calendar(offset!(+0));
        let (kept, gone) = (
            calendar.day_in(b"2026-01-30T00:00"),
            calendar.day_in(b"2026-01-29T23:59"),
        );
        assert!(calendar.is_expired(gone) && calendar.is_expired_on_topics(gone));
        assert!(!calendar.is_expired(kept) && calendar.is_expired_on_topics(kept));
    }
}
