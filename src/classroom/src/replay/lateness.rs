//! How late messages went out, measured against the schedule: never against the message before.

use std::fmt::Write as _;
use std::time::Duration;

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

    /// For people: how many messages were how late, a line for each step that any message fell into; empty when nothing was measured.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of lines, and at most 39"
    )]
    pub fn histogram(&self) -> String {
        let mut lines = String::new();
        let mut begin = 0;
        for (end, name) in STEPS {
            let counts = self.counts.get(begin..end.min(self.counts.len())).unwrap_or_default();
            begin = end;
            let count: u64 = counts.iter().sum();
            if count == 0 {
                continue;
            }
            let share = count as f64 / self.count as f64;
            // One mark at least: a single late message is seen, too.
            let marks = "#".repeat(1 + (share * 39.0) as usize);
            let percent = share * 100.0;
            // Writing into a String never fails.
            let _ = writeln!(lines, "{name:>12} {count:>12} {percent:>8.3} %  {marks}");
        }
        lines
    }
}

/// Where the histogram's steps end, in tenths of a millisecond, and how they are called.
const STEPS: [(usize, &str); 11] = [
    (10, "below 1 ms"),
    (20, "1 to 2 ms"),
    (50, "2 to 5 ms"),
    (100, "5 to 10 ms"),
    (200, "10 to 20 ms"),
    (500, "20 to 50 ms"),
    (1_000, "50 to 100 ms"),
    (2_000, "0.1 to 0.2 s"),
    (5_000, "0.2 to 0.5 s"),
    (10_000, "0.5 to 1 s"),
    (usize::MAX, "1 s or more"),
];

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::*;

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

    #[test]
    fn the_histogram_has_a_line_for_each_step_that_anything_fell_into() {
        let mut lateness = Lateness::default();
        for micros in [0, 900, 1_000, 60_000, 20_000_000] {
            lateness.add(Duration::from_micros(micros));
        }
        let histogram = lateness.histogram();
        let counts: Vec<(&str, &str)> = histogram
            .lines()
            .map(|line| (line[..12].trim(), line[12..25].trim()))
            .collect();
        let expected = [
            ("below 1 ms", "2"),
            ("1 to 2 ms", "1"),
            ("50 to 100 ms", "1"),
            ("1 s or more", "1"),
        ];
        assert_eq!(counts, expected, "{histogram}");
        assert!(histogram.contains("40.000 %"), "{histogram}");
        assert_eq!(Lateness::default().histogram(), "");
    }
}
