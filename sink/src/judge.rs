//! The rules by which a message is kept, skipped or refused. Pure: no I/O, no clock.

use std::fmt;

use schemas::{DecodeError, Record, Timestamp, Topic, decode};
use time::{Date, Duration, UtcOffset};

use crate::books::Sources;
use crate::files::DayFile;

/// How far ahead of the sink's clock an event may be dated.
const FUTURE_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// What holds for a whole batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub now: Timestamp,
    /// The first day that is kept.
    pub oldest: Date,
    pub utc_offset: UtcOffset,
}

/// What becomes of a message.
#[derive(Debug)]
pub(crate) enum Verdict<'a> {
    Keep {
        record: Record<'a>,
        file: DayFile,
    },
    /// Its sequence is not above the last of its source: the relay sent it twice.
    Duplicate,
    Refuse(Reason),
}

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It has no value at all.
    Empty,
    /// It doesn't keep the contract.
    Invalid(DecodeError),
    /// It is dated more than a day ahead.
    TooNew(Timestamp),
    /// Its day is no longer kept.
    TooOld(Timestamp),
}

impl Rules {
    pub(crate) fn new(now: Timestamp, retention_days: u16, utc_offset: UtcOffset) -> Self {
        Self {
            now,
            oldest: oldest_day(now, retention_days, utc_offset),
            utc_offset,
        }
    }

    /// Judges a message of `topic`; `seen` holds the last sequences of its partition.
    pub(crate) fn judge<'a>(&self, topic: Topic, value: Option<&'a [u8]>, seen: &Sources) -> Verdict<'a> {
        let (Some(value), Some(file)) = (value, topic.log_file()) else {
            return Verdict::Refuse(Reason::Empty);
        };
        let record = match decode(topic, value) {
            Ok(record) => record,
            Err(error) => return Verdict::Refuse(Reason::Invalid(error)),
        };
        if let Some(source) = record.source()
            && seen.get(&source.instance).is_some_and(|last| source.sequence <= *last)
        {
            return Verdict::Duplicate;
        }
        let at = record.timestamp();
        if at > self.now.plus_micros(FUTURE_MICROS) {
            return Verdict::Refuse(Reason::TooNew(at));
        }
        let day = at.day(self.utc_offset);
        if day < self.oldest {
            return Verdict::Refuse(Reason::TooOld(at));
        }
        Verdict::Keep {
            record,
            file: DayFile { file, day },
        }
    }
}

/// The first day that is kept at `now`: today and `retention_days` days before it.
pub(crate) fn oldest_day(now: Timestamp, retention_days: u16, utc_offset: UtcOffset) -> Date {
    let today = now.day(utc_offset);
    today
        .checked_sub(Duration::days(i64::from(retention_days)))
        .unwrap_or(Date::MIN)
}

impl Reason {
    /// Every kind.
    pub(crate) const KINDS: [&'static str; 4] = ["empty", "invalid", "too_new", "too_old"];

    /// The kind, for counting: metrics, `dead-letters list`, `redrive --reason`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Invalid(_) => "invalid",
            Self::TooNew(_) => "too_new",
            Self::TooOld(_) => "too_old",
        }
    }

    /// The field that is wrong, where one is.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Invalid(error) => Some(&error.field),
            Self::TooNew(_) | Self::TooOld(_) => Some("timestamp"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it has no value"),
            Self::Invalid(error) => error.fmt(f),
            Self::TooNew(at) => write!(f, "field `timestamp`: {at} is more than a day ahead"),
            Self::TooOld(at) => write!(f, "field `timestamp`: {at} is older than the retention"),
        }
    }
}
