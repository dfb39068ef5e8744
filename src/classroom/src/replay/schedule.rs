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

#[cfg(test)]
mod tests {
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
}
