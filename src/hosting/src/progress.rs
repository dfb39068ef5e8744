//! How far a command is, on a terminal; silent anywhere else.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

/// Redrawing costs more than counting, so the bar hears of this many steps at once; of less when a hundredth of all is less.
const STEPS_AT_ONCE: u64 = 16 * 1024;

/// The bar of a command, or of one part of its work; gone when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    unsaid: u64,
    at_once: u64,
}

impl Progress {
    /// `total` and the steps are of the same kind: bytes, or events.
    #[must_use]
    pub fn of(what: impl Into<Cow<'static, str>>, total: Option<u64>) -> Self {
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let template = if total.is_some() {
            "{prefix:>12} {bar:40} {percent:>3} % of {human_len}, {eta} left"
        } else {
            "{prefix:>12} {spinner} {human_pos}"
        };
        // A template that indicatif refuses leaves its own style, which is as good.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        Self {
            bar,
            unsaid: 0,
            at_once: total.map_or(STEPS_AT_ONCE, |total| STEPS_AT_ONCE.min(total / 100)),
        }
    }

    pub fn step(&mut self, steps: u64) {
        self.unsaid += steps;
        if self.unsaid >= self.at_once {
            self.bar.inc(std::mem::take(&mut self.unsaid));
        }
    }

    /// For work that says itself how far it is, and of how much.
    pub fn reached(&self, position: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
