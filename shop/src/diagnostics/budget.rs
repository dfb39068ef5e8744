//! So many lines in so much time, and no more.

use std::time::{Duration, Instant};

/// Ten lines in ten seconds.
#[derive(Debug)]
pub(super) struct Budget {
    since: Instant,
    spent: u32,
}

impl Budget {
    const LINES: u32 = 10;
    const PERIOD: Duration = Duration::from_secs(10);

    pub(super) const fn new(now: Instant) -> Self {
        Self { since: now, spent: 0 }
    }

    /// Whether one more line may pass.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= Self::PERIOD {
            *self = Self::new(now);
        }
        self.spent += 1;
        self.spent <= Self::LINES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_pass_and_then_none_until_ten_seconds_are_over() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let passed = (0..100).filter(|_| budget.allows(start)).count();
        assert_eq!(passed, 10);
        assert!(!budget.allows(start + Duration::from_secs(9)));
        assert!(budget.allows(start + Duration::from_secs(10)));
    }
}
