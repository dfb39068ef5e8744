//! Time in equal pieces: hours of a day or two, days of more.

use time::{Duration, OffsetDateTime};

use crate::question::{Range, day, midnight};
use crate::scope::Scope;

const HOUR: i64 = 3_600_000_000;

/// The pieces of a range. Where the clocks change, a day has 23 or 25 hours.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Where each piece begins, and where the last one ends.
    bounds: Vec<i64>,
    is_hourly: bool,
}

impl Series {
    pub(super) fn of(scope: &Scope<'_>) -> Self {
        let range = &scope.range;
        let is_hourly = range.days() <= 2;
        let mut bounds: Vec<i64> = if is_hourly {
            let hours = (0_i64..).map(|hour| range.from + hour * HOUR);
            hours.take_while(|begin| *begin < range.to).collect()
        } else {
            days(range).map(|date| midnight(date, scope.zone)).collect()
        };
        bounds.push(range.to);
        Self { bounds, is_hourly }
    }

    pub(super) const fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    pub(super) const fn unit(&self) -> &'static str {
        if self.is_hourly { "hour" } else { "day" }
    }

    /// Where a piece begins, and the one before it ends.
    pub(super) fn begin(&self, piece: usize) -> i64 {
        let last = self.bounds.last().copied().unwrap_or(0);
        self.bounds.get(piece).copied().unwrap_or(last)
    }

    /// The piece of a moment within the range.
    pub(super) fn piece(&self, at: i64) -> Option<usize> {
        let piece = self.bounds.partition_point(|begin| *begin <= at).checked_sub(1)?;
        (piece < self.count()).then_some(piece)
    }

    /// `2026-11-30`, or `2026-11-30 14:00`; where the clocks change an hour comes twice, so that hours there bear their offset from UTC.
    pub(super) fn label(&self, scope: &Scope<'_>, piece: usize) -> String {
        let at = self.bounds.get(piece).copied().unwrap_or(scope.range.to);
        let date = day(at, scope.zone);
        if !self.is_hourly {
            return date.to_string();
        }
        let offset_at = |at: i64| {
            scope
                .zone
                .offset_at(schemas::Timestamp::from_unix_micros_saturating(at))
        };
        let offset = offset_at(at);
        let local =
            OffsetDateTime::from_unix_timestamp(at / 1_000_000).map_or(0, |moment| moment.to_offset(offset).hour());
        if offset_at(scope.range.from) == offset_at(scope.range.to - 1) {
            return format!("{date} {local:02}:00");
        }
        let (hours, minutes, _) = offset.as_hms();
        format!("{date} {local:02}:00 {hours:+03}:{:02}", minutes.abs())
    }
}

fn days(range: &Range) -> impl Iterator<Item = time::Date> {
    let first = range.first;
    (0..range.days()).filter_map(move |days| first.checked_add(Duration::days(days)))
}
