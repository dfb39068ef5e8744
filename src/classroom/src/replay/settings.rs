//! What `de-shop replay` can be told.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use schemas::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::faults::Faults;
use super::schedule::{self, Pace};
use crate::error::ClassroomError;
use crate::simulate::stream::moment;

/// What `de-shop replay` can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Log files (plain, .gz, .zst), folders of them, or `-` for standard input.
    #[arg(required_unless_present = "from_kafka", value_name = "SOURCE")]
    pub sources: Vec<PathBuf>,
    /// From topics of this Kafka, up to their ends as they are now; merged by time, keys kept.
    #[arg(
        long,
        env = "DE_SHOP_REPLAY_FROM_KAFKA",
        value_name = "HOST:PORT,..",
        requires = "topic"
    )]
    pub from_kafka: Option<String>,
    /// Which topics to read; may be given several times.
    #[arg(long, value_name = "NAME", requires = "from_kafka")]
    pub topic: Vec<String>,

    /// The sources are other people's data: otto, retailrocket, retailrocket-items, rees46, taobao, combined, online-retail, or a TOML file.
    #[arg(long, value_name = "NAME")]
    pub mapping: Option<String>,

    /// Into the topics of this Kafka.
    #[arg(
        long,
        env = "DE_SHOP_REPLAY_KAFKA",
        value_name = "HOST:PORT,..",
        conflicts_with = "out"
    )]
    pub kafka: Option<String>,
    /// What stands before each topic's name, such as `practice.`.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub topic_prefix: String,
    /// Into daily files in this folder. Without it and without --kafka: to standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// How many times as fast as it happened, or `max`.
    #[arg(long, default_value = "1", value_parser = schedule::speed, conflicts_with = "rate")]
    pub speed: Pace,
    /// So many messages a second instead, such as 500/s.
    #[arg(long, value_parser = schedule::rate)]
    pub rate: Option<Pace>,
    /// Idle times are cut to this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub max_gap: Option<u64>,
    /// Only what happened from this moment on ...
    #[arg(long, value_name = "TIMESTAMP", value_parser = instant)]
    pub from: Option<Timestamp>,
    /// ... and before this one.
    #[arg(long, value_name = "TIMESTAMP", value_parser = instant)]
    pub to: Option<Timestamp>,
    /// The events' times: kept, or moved so that the first one is now.
    #[arg(long, value_enum, default_value_t = Times::Keep)]
    pub times: Times,
    /// The events' times, moved so that the first one is this.
    #[arg(long, value_name = "TIMESTAMP", value_parser = instant, conflicts_with = "times")]
    pub begin_at: Option<Timestamp>,
    /// Renews all ids and counts sequences anew, from 1, under this instance name: a shop of its own for the sink.
    #[arg(long, value_name = "NAME")]
    pub as_instance: Option<schemas::InstanceId>,

    /// Plays the sources so many times, without a number until Ctrl-C. Each round's times go on where the one before ended, its ids are new.
    #[arg(
        long = "loop",
        value_name = "TIMES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0",
        requires = "as_instance",
        conflicts_with = "from_kafka"
    )]
    pub times_over: Option<u32>,
    /// At the end a message to each partition of each topic, dated so many seconds after the last event (3600): watermarks pass all events.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "3600",
        requires = "kafka"
    )]
    pub end_tick: Option<u32>,

    #[command(flatten)]
    pub faults: Faults,
    /// Writes what was done to which message.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Keeps lines that are no messages here.
    #[arg(long, value_name = "FILE")]
    pub unreadable: Option<PathBuf>,
    /// Where to go on after Ctrl-C: written when interrupted, read when it is there. For files only: what stands in topics may change.
    #[arg(long, value_name = "FILE", conflicts_with = "from_kafka")]
    pub resume: Option<PathBuf>,
}

impl Settings {
    /// What can't be, and no type says.
    pub(super) fn check(&self) -> Result<(), ClassroomError> {
        if self.times_over.is_some() && self.sources.iter().any(|source| source.as_os_str() == "-") {
            let reason = "standard input can't be played again: write it to a file".to_owned();
            return Err(ClassroomError::Setting {
                setting: "--loop",
                reason,
            });
        }
        self.faults.outages.check()
    }

    /// How many times the sources are played; none without a number.
    pub(super) fn rounds(&self) -> Option<NonZeroU32> {
        self.times_over.and_then(NonZeroU32::new)
    }

    pub(super) fn is_endless(&self) -> bool {
        self.times_over == Some(0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Times {
    Keep,
    Now,
}

/// A moment as RFC 3339 has it, or a day, which is its beginning in UTC.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(day) = crate::simulate::day(text) {
        return Ok(moment(crate::simulate::scenario::day_start(day)));
    }
    OffsetDateTime::parse(text, &Rfc3339).map(Timestamp::from).map_err(|_| {
        "it is neither a day nor a moment such as 2026-11-01T09:30:00Z or 2026-11-01T18:30:00+09:00".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_taken_at_its_time_in_its_zone_and_half_a_one_is_refused() {
        let micros = |text| instant(text).map(Timestamp::unix_micros);
        let midnight = 1_793_491_200_000_000;
        assert_eq!(micros("2026-11-01"), Ok(midnight));
        for half_past_nine in [
            "2026-11-01T09:30:00Z",
            "2026-11-01T09:30:00.000000Z",
            "2026-11-01T18:30:00+09:00",
        ] {
            assert_eq!(
                micros(half_past_nine),
                Ok(midnight + 34_200_000_000),
                "{half_past_nine}"
            );
        }
        for neither in [
            "2026-11-01T09:30",
            "2026-11-01 09:30:00",
            "2026-11-31",
            "2026-11-01T",
            "now",
            "",
        ] {
            assert!(micros(neither).is_err(), "{neither}");
            assert!(crate::simulate::day(neither).is_err(), "{neither}");
        }
        assert!(crate::simulate::day("2026-11-01T09:30:00Z").is_err());
    }
}
