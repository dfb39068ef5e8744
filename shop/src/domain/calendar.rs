//! The shop's calendar: Korea's days, when an order is sent, and when it arrives.
//!
//! Promises: ordered before 14:00 from Monday to Saturday, an order is sent on that day at 18:00, otherwise on the next working day; it
//! arrives on the working day after. Public holidays are not known.

use std::time::Duration;

use schemas::Timestamp;
use time::{Date, OffsetDateTime, Time, UtcOffset, Weekday};

use crate::domain::order::cancellable_until;

/// Korea's time; it knows no summer time.
pub const SEOUL: UtcOffset = match UtcOffset::from_hms(9, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};
/// The hour until which an order is sent on the same day.
pub const SENT_UNTIL: u8 = 14;
const LEAVES_AT: u8 = 18;

/// How far an order has come. The shop is for learning, so the clock decides, not a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It can still be cancelled.
    Received,
    Packing,
    OnItsWay,
    Arrived,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::Received, Self::Packing, Self::OnItsWay, Self::Arrived];

    /// Of an order that was placed then and could be cancelled for so long.
    #[must_use]
    pub fn of(placed_at: Timestamp, now: Timestamp, window: Duration) -> Self {
        let local = now.date_time().to_offset(SEOUL);
        if local.date() >= arrives(placed_at) {
            Self::Arrived
        } else if now < cancellable_until(placed_at, window) {
            Self::Received
        } else if has_left(placed_at, local) {
            Self::OnItsWay
        } else {
            Self::Packing
        }
    }
}

fn has_left(placed_at: Timestamp, local: OffsetDateTime) -> bool {
    let leaves = Time::from_hms(LEAVES_AT, 0, 0).unwrap_or(Time::MIDNIGHT);
    (local.date(), local.time()) >= (sent(placed_at), leaves)
}

/// The day on which what is ordered now is sent.
#[must_use]
pub fn sent(ordered: Timestamp) -> Date {
    let local = ordered.date_time().to_offset(SEOUL);
    let today = local.date();
    if today.weekday() != Weekday::Sunday && local.hour() < SENT_UNTIL {
        today
    } else {
        working_day_after(today)
    }
}

/// The day on which what is ordered now arrives.
#[must_use]
pub fn arrives(ordered: Timestamp) -> Date {
    working_day_after(sent(ordered))
}

fn working_day_after(day: Date) -> Date {
    let next = day.next_day().unwrap_or(day);
    match next.weekday() {
        Weekday::Sunday => next.next_day().unwrap_or(next),
        _ => next,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn at(moment: &str) -> Timestamp {
        Timestamp::parse(moment).expect("a moment")
    }

    #[test]
    fn what_is_ordered_before_two_arrives_on_the_next_working_day() {
        for (ordered, arrival) in [
            // A Monday, 13:59 and 14:00 in Seoul.
            ("2026-11-30T04:59:00.000000Z", date!(2026 - 12 - 01)),
            ("2026-11-30T05:00:00.000000Z", date!(2026 - 12 - 02)),
            // Monday in Seoul, Sunday in Greenwich.
            ("2026-11-29T16:00:00.000000Z", date!(2026 - 12 - 01)),
            // A Saturday morning, a Saturday evening, a Sunday.
            ("2026-12-05T01:00:00.000000Z", date!(2026 - 12 - 07)),
            ("2026-12-05T10:00:00.000000Z", date!(2026 - 12 - 08)),
            ("2026-12-06T03:00:00.000000Z", date!(2026 - 12 - 08)),
        ] {
            assert_eq!(arrives(at(ordered)), arrival, "{ordered}");
        }
    }

    #[test]
    fn an_order_moves_with_the_clock() {
        let placed = at("2026-11-30T01:00:00.000000Z");
        let window = Duration::from_mins(30);
        for (now, stage) in [
            ("2026-11-30T01:29:59.000000Z", Stage::Received),
            ("2026-11-30T01:30:00.000000Z", Stage::Packing),
            ("2026-11-30T09:00:00.000000Z", Stage::OnItsWay),
            ("2026-11-30T15:00:00.000000Z", Stage::Arrived),
        ] {
            assert_eq!(Stage::of(placed, at(now), window), stage, "{now}");
        }
    }
}
