//! How far a command is, on a terminal; silent anywhere else.

use indicatif::{ProgressBar, ProgressStyle};

/// The bar of one reading of the dead-letter topic.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn of(letters: u64) -> Self {
        let bar = ProgressBar::new(letters);
        // A template that indicatif refuses leaves its own style, which is as good.
        if let Ok(style) =
            ProgressStyle::with_template("dead letters {bar:40} {percent:>3} % of {human_len}, {eta} left")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
