//! How a replay goes while it goes: event clock, rate, lag behind schedule, time left.
//!
//! On a terminal it is one line that is written over; elsewhere a line every ten seconds, so that a log tells it, too.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::simulate::stream::moment;

const ON_A_TERMINAL: Duration = Duration::from_millis(200);
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Where the replay is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Since the beginning of this run.
    pub(super) now: Duration,
    pub(super) sent: u64,
    /// The latest time of the stream so far.
    pub(super) stream_time: i64,
    /// Behind the schedule; none where there is no schedule.
    pub(super) lag: Option<Duration>,
    /// How much of the sources is read; none where nobody knows how long they are.
    pub(super) share: Option<f64>,
}

/// Shows it, not too often.
pub(super) struct Progress {
    /// None where standard error is no terminal.
    bar: Option<ProgressBar>,
    every: Duration,
    shown: Duration,
    shown_sent: u64,
    /// The share when the run began: one that goes on has read what it leaves out.
    first_share: Option<f64>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            bar: is_terminal.then(bar),
            every: if is_terminal { ON_A_TERMINAL } else { IN_A_LOG },
            shown: Duration::ZERO,
            shown_sent: 0,
            first_share: None,
        }
    }

    /// The run begins, where so much is read already.
    pub(super) fn begin(&mut self, share: Option<f64>) {
        self.first_share = share;
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.shown) >= self.every
    }

    pub(super) fn show(&mut self, standing: Standing) {
        let line = self.line(standing);
        match &self.bar {
            Some(bar) => {
                bar.set_message(line);
                bar.tick();
            }
            // Nobody who misses a line of progress misses a message.
            None => drop(writeln!(io::stderr(), "{line}")),
        }
    }

    /// What is shown; the rate is that since the line before.
    #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
    fn line(&mut self, standing: Standing) -> String {
        let first_share = self.first_share.unwrap_or(0.0);
        let since = standing.now.saturating_sub(self.shown).as_secs_f64().max(1e-3);
        let rate = (standing.sent - self.shown_sent) as f64 / since;
        (self.shown, self.shown_sent) = (standing.now, standing.sent);
        let time = moment(standing.stream_time).to_string();
        let time = time.get(..19).unwrap_or(&time).replace('T', " ");
        let mut line = format!("{} messages, event time {time} UTC, {rate:.0}/s", standing.sent);
        if let Some(lag) = standing.lag {
            // Writing into a String never fails.
            let _ = write!(line, ", {:.1} ms behind schedule", lag.as_secs_f64() * 1e3);
        }
        if let Some(left) = standing.share.and_then(|share| left(standing.now, first_share, share)) {
            let _ = write!(line, ", about {} left", words(left));
        }
        line
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{spinner} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// As long as the rest takes if it goes on as it went; none as long as too little is done to say.
fn left(now: Duration, first: f64, share: f64) -> Option<Duration> {
    let done = share - first;
    if done < 0.005 {
        return None;
    }
    Duration::try_from_secs_f64(now.as_secs_f64() * (1.0 - share).max(0.0) / done).ok()
}

/// `45 s`, `12 min`, `3 h 05 min`.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        Progress {
            bar: None,
            every: IN_A_LOG,
            shown: Duration::ZERO,
            shown_sent: 0,
            first_share: None,
        }
    }

    fn standing(seconds: u64, sent: u64, share: Option<f64>) -> Standing {
        Standing {
            now: Duration::from_secs(seconds),
            sent,
            stream_time: 1_793_538_312_000_000,
            lag: Some(Duration::from_micros(2500)),
            share,
        }
    }

    #[test]
    fn it_tells_event_clock_rate_lag_and_time_left() {
        let mut progress = progress();
        assert!(!progress.is_due(Duration::from_secs(9)) && progress.is_due(Duration::from_secs(10)));
        let first = progress.line(standing(10, 50_000, Some(0.0)));
        assert_eq!(
            first, "50000 messages, event time 2026-11-01 13:05:12 UTC, 5000/s, 2.5 ms behind schedule",
            "nothing is done yet, so nothing is said of what is left"
        );
        let second = progress.line(standing(20, 70_000, Some(0.25)));
        assert!(
            second.contains(", 2000/s, ") && second.ends_with(", about 60 s left"),
            "{second}"
        );
    }

    #[test]
    fn a_run_that_goes_on_counts_only_what_it_did_itself() {
        let mut progress = progress();
        progress.begin(Some(0.5));
        let line = progress.line(standing(100, 10, Some(0.6)));
        assert!(line.ends_with("about 7 min left"), "{line}");
    }

    #[test]
    fn what_nobody_knows_is_not_told() {
        let endless = Standing {
            lag: None,
            ..standing(10, 5, None)
        };
        let line = progress().line(endless);
        assert!(!line.contains("left") && !line.contains("behind"), "{line}");
        assert_eq!(
            [45, 100, 11_100].map(|seconds| words(Duration::from_secs(seconds))),
            ["45 s", "2 min", "3 h 05 min"]
        );
    }
}
