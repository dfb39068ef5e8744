//! When each message goes out: absolute, so that no drift adds up, however slow a single one was.

use std::time::Duration;

/// How fast a replay goes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Pace {
    /// So many times as fast as the events happened.
    Speed(f64),
    /// So many messages a second, whatever their times.
    Rate(f64),
    /// As fast as it can be taken.
    Max,
}

/// Tells for each message how long after the start it is due.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    /// Idle times of the stream are cut to this, in microseconds.
    max_gap: i64,
    /// The latest time of the stream so far; a late message is due at once.
    clock: Option<i64>,
    /// Stream time since the first message, idle times cut.
    elapsed: i64,
    sent: u64,
}

impl Schedule {
    pub(super) fn new(pace: Pace, max_gap: Option<Duration>) -> Self {
        let micros = max_gap.and_then(|gap| i64::try_from(gap.as_micros()).ok());
        Self {
            pace,
            max_gap: micros.unwrap_or(i64::MAX),
            clock: None,
            elapsed: 0,
            sent: 0,
        }
    }

    /// How long after the start the next message, of stream time `at`, is due.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of centuries, counts of lines")]
    pub(super) fn due(&mut self, at: i64) -> Duration {
        let clock = *self.clock.get_or_insert(at);
        if at > clock {
            self.elapsed = self.elapsed.saturating_add((at - clock).min(self.max_gap));
            self.clock = Some(at);
        }
        self.sent += 1;
        match self.pace {
            Pace::Max => Duration::ZERO,
            Pace::Speed(speed) => seconds(self.elapsed as f64 / 1e6 / speed),
            Pace::Rate(rate) => seconds((self.sent - 1) as f64 / rate),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// `60`, `0.5` or `max`.
pub(crate) fn speed(text: &str) -> Result<Pace, String> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    positive(text)
        .map(Pace::Speed)
        .ok_or_else(|| "it is neither `max` nor a number above 0".to_owned())
}

/// `500/s` or `500`.
pub(super) fn rate(text: &str) -> Result<Pace, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    positive(number)
        .map(Pace::Rate)
        .ok_or_else(|| "it is not a rate such as 500/s".to_owned())
}

fn positive(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
}

/// How late messages went out: tenths of a millisecond, up to ten seconds.
#[derive(Debug)]
pub struct Lateness {
    counts: Vec<u64>,
    count: u64,
}

impl Default for Lateness {
    fn default() -> Self {
        Self {
            counts: vec![0; 100_001],
            count: 0,
        }
    }
}

impl Lateness {
    pub(super) fn add(&mut self, late: Duration) {
        let tenths = usize::try_from(late.as_micros() / 100).unwrap_or(usize::MAX);
        let place = tenths.min(self.counts.len() - 1);
        self.counts[place] += 1;
        self.count += 1;
    }

    /// The lateness that the share of all messages doesn't exceed, in milliseconds; none when nothing was measured.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of lines")]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let wanted = share * self.count as f64;
        let mut sum = 0;
        for (tenths, count) in self.counts.iter().enumerate() {
            sum += count;
            if sum as f64 >= wanted {
                return Some((tenths + 1) as f64 / 10.0);
            }
        }
        Some(10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_message_is_due_by_the_latest_time_so_far_and_late_ones_at_once() {
        let mut schedule = Schedule::new(Pace::Speed(60.0), None);
        let due: Vec<u64> = [0, 60, 30, 120].map(|at| schedule.due(at * SECOND).as_secs()).into();
        assert_eq!(due, [0, 1, 1, 2]);
    }

    #[test]
    fn idle_times_are_cut() {
        let mut schedule = Schedule::new(Pace::Speed(1.0), Some(Duration::from_secs(5)));
        let due: Vec<u64> = [0, 3600, 3601].map(|at| schedule.due(at * SECOND).as_secs()).into();
        assert_eq!(due, [0, 5, 6]);
    }

    #[test]
    fn a_rate_spaces_messages_evenly() {
        let mut schedule = Schedule::new(Pace::Rate(4.0), None);
        let due: Vec<u128> = [0, 0, 9, 9].map(|at| schedule.due(at).as_millis()).into();
        assert_eq!(due, [0, 250, 500, 750]);
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        assert_eq!((speed("max"), rate("500/s")), (Ok(Pace::Max), Ok(Pace::Rate(500.0))));
        assert!(speed("0").is_err() && speed("fast").is_err() && rate("-1").is_err() && speed("NaN").is_err());
    }

    #[test]
    fn the_99th_percentile_is_that_of_the_messages() {
        let mut lateness = Lateness::default();
        for millis in 1..=100 {
            lateness.add(Duration::from_millis(millis));
        }
        let most = lateness.quantile_ms(0.99).unwrap();
        assert!((most - 99.1).abs() < 0.05, "{most}");
    }

    #[test]
    fn where_nothing_was_measured_no_lateness_is_told() {
        assert_eq!(Lateness::default().quantile_ms(0.5), None);
        assert_eq!(Report::default().words(), "replayed 0 messages; 0 lines unreadable");
        let mut report = Report::default();
        report.lateness.add(Duration::from_millis(2));
        assert!(
            report.words().contains("; behind schedule: 2.1 ms"),
            "{}",
            report.words()
        );
    }
}
