//! Puts messages out, each when it is due, and keeps account of how late that was.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::message::Message;
use super::progress::{Progress, Standing};
use super::schedule::{Pace, Schedule};
use super::target::Target;
use super::{Report, Settings};
use crate::error::ClassroomError;

/// The longest sleep: whoever is told to stop does so within this time.
const NAP: Duration = Duration::from_millis(100);

pub(super) struct Player<'a> {
    target: &'a mut Target,
    stop: &'a CancellationToken,
    schedule: Schedule,
    is_paced: bool,
    begun: Instant,
    stream_time: i64,
    progress: Progress,
    pub(super) report: Report,
}

impl<'a> Player<'a> {
    /// The schedule begins now.
    pub(super) fn begin(
        target: &'a mut Target,
        stop: &'a CancellationToken,
        pace: Pace,
        max_gap: Option<Duration>,
    ) -> Self {
        Self {
            target,
            stop,
            schedule: Schedule::new(pace, max_gap),
            is_paced: pace != Pace::Max,
            begun: Instant::now(),
            stream_time: i64::MIN,
            progress: Progress::new(),
            report: Report::default(),
        }
    }

    pub(super) fn of(settings: &Settings, target: &'a mut Target, stop: &'a CancellationToken) -> Self {
        let pace = settings.rate.unwrap_or(settings.speed);
        Self::begin(target, stop, pace, settings.max_gap.map(Duration::from_secs))
    }

    /// Puts the message out when it is due; false when it was told to stop before. `share` tells how much of the sources is read.
    pub(super) fn put(&mut self, message: &Message, share: impl Fn() -> Option<f64>) -> Result<bool, ClassroomError> {
        self.stream_time = self.stream_time.max(message.at);
        if self.report.sent == 0 {
            self.progress.begin(share());
        }
        let before = Instant::now();
        if self.target.prepare(message)? {
            // The schedule waits while a topic is made: no message is late for it, and all keep their distances.
            self.begun += before.elapsed();
        }
        let due = self.schedule.due(message.at);
        if !self.wait(due, &share)? {
            self.report.interrupted = true;
            return Ok(false);
        }
        self.target.put(message)?;
        self.report.sent += 1;
        if self.is_paced {
            self.report.lateness.add(self.begun.elapsed().saturating_sub(due));
        }
        // Without a schedule the clock is looked at now and then only.
        if self.is_paced || self.report.sent.is_multiple_of(256) {
            self.tell(due, &share);
        }
        Ok(true)
    }

    /// Waits until then; false when it was told to stop. Before a wait goes out what is buffered: it was due.
    fn wait(&mut self, due: Duration, share: impl Fn() -> Option<f64>) -> Result<bool, ClassroomError> {
        let mut is_flushed = false;
        loop {
            if self.stop.is_cancelled() {
                return Ok(false);
            }
            let left = due.saturating_sub(self.begun.elapsed());
            if left.is_zero() {
                return Ok(true);
            }
            if !is_flushed {
                self.target.send_buffered()?;
                is_flushed = true;
                continue;
            }
            std::thread::sleep(left.min(NAP));
            self.tell(due, &share);
        }
    }

    fn tell(&mut self, due: Duration, share: impl Fn() -> Option<f64>) {
        let now = self.begun.elapsed();
        if self.progress.is_due(now) {
            self.progress.show(Standing {
                now,
                sent: self.report.sent,
                stream_time: self.stream_time,
                lag: self.is_paced.then(|| now.saturating_sub(due)),
                share: share(),
            });
        }
    }

    /// Everything was put out.
    pub(super) fn end(self) -> Report {
        self.progress.end();
        self.report
    }
}
