//! Time in equal pieces: hours of a day or two, days of more.

use time::OffsetDateTime;

use crate::question::{Range, day};
use crate::scope::Scope;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The pieces of a range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series {
    from: i64,
    width: i64,
    pub count: usize,
}

impl Series {
    pub(super) fn of(range: &Range) -> Self {
        let width = if range.days() <= 2 { HOUR } else { DAY };
        Self {
            from: range.from,
            width,
            count: usize::try_from((range.to - range.from) / width).unwrap_or(0),
        }
    }

    pub(super) const fn unit(&self) -> &'static str {
        if self.width == HOUR { "hour" } else { "day" }
    }

    /// The piece of a moment within the range.
    pub(super) fn piece(&self, at: i64) -> Option<usize> {
        let piece = usize::try_from((at - self.from).div_euclid(self.width)).ok()?;
        (piece < self.count).then_some(piece)
    }

    /// `2026-11-30`, or `2026-11-30 14:00`.
    pub(super) fn label(&self, scope: &Scope<'_>, piece: usize) -> String {
        let at = self.from + self.width * i64::try_from(piece).unwrap_or(0);
        let date = day(at, scope.zone);
        if self.width == DAY {
            return date.to_string();
        }
        let local =
            OffsetDateTime::from_unix_timestamp(at / 1_000_000).map_or(0, |moment| moment.to_offset(scope.zone).hour());
        format!("{date} {local:02}:00")
    }
}
