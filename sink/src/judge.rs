//! The rules by which a message is kept, skipped or refused. Pure: no I/O, no clock.

use std::fmt;

use schemas::{DecodeError, EventId, InstanceId, Record, Sequence, Source, Timestamp, Topic, Zone, decode};
use time::{Date, Duration};

use crate::books::Sources;
use crate::files::DayFile;
use crate::marks::{Known, Marks, Stretch};

/// How far ahead of the sink's clock an event may be dated.
const FUTURE_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// How far a source's sequence may be above its last one in the partition (the first: above 0). A shop that records 100,000
/// events a second gets there in three years; a number beyond it was made up, and would make repetitions of all that follow.
const LONGEST_JUMP: u64 = 1 << 43;

/// HTTP gives three digits (RFC 9110, 15); what PostgreSQL's column can't hold must not become another number.
const HIGHEST_STATUS: u16 = 999;

/// What `dead-letters redrive` sends has a source of its own, with this in front; it holds one message, so that another one is
/// the same letter again.
pub(crate) const REDRIVEN: &str = "redrive-";

/// What holds for a whole batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub now: Timestamp,
    /// The first day that is kept.
    pub oldest: Date,
    pub zone: Zone,
}

/// What is known of the messages before.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    /// The last sequences of the partition.
    pub seen: &'a Sources,
    /// Up to where the partition's sources were kept before there were marks.
    pub unmarked: &'a Sources,
    pub marks: &'a mut Marks,
}

/// What becomes of a message.
#[derive(Debug)]
pub(crate) enum Verdict<'a> {
    Keep {
        record: Record<'a>,
        /// None for what a compacted topic still holds though its day is no longer kept.
        file: Option<DayFile>,
    },
    /// It is kept already, or it can't be told any more and is too old to be kept.
    Repetition,
    /// It may have been kept before there were marks: the relay sent it twice, or it is another event.
    Suspect(Suspicion),
    /// These marks are needed to judge it.
    NotRead(InstanceId, Stretch),
    Refuse(Reason),
}

/// What tells a repetition from another event under a used sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suspicion {
    pub event_id: EventId,
    pub at: Timestamp,
    pub file: DayFile,
    pub sequence: Sequence,
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
    /// Another event was kept under its sequence.
    SequenceReused { sequence: Sequence },
    /// Its sequence is too far above the last of its source.
    SequenceJump { sequence: Sequence, last: Sequence },
}

impl Rules {
    pub(crate) fn new(now: Timestamp, retention_days: u16, zone: Zone) -> Self {
        Self {
            now,
            oldest: oldest_day(now, retention_days, zone),
            zone,
        }
    }

    /// Whether an event of this moment is dated too far ahead.
    pub(crate) fn is_too_new(&self, at: Timestamp) -> bool {
        at > self.now.plus_micros(FUTURE_MICROS)
    }

    /// Judges a message of `topic`; without memory as if it were the first.
    pub(crate) fn judge<'a>(&self, topic: Topic, value: Option<&'a [u8]>, memory: Option<Memory<'_>>) -> Verdict<'a> {
        let (Some(value), Some(file)) = (value, topic.log_file()) else {
            return Verdict::Refuse(Reason::Empty);
        };
        let record = match decode(topic, value) {
            Ok(record) => record,
            Err(error) => return Verdict::Refuse(Reason::Invalid(error)),
        };
        let at = record.timestamp();
        let day = self.zone.day(at);
        if let Record::Activity(activity) = &record
            && let Some(status) = activity.response_status.filter(|status| *status > HIGHEST_STATUS)
        {
            return Verdict::Refuse(Reason::Invalid(DecodeError {
                field: "response_status".to_owned(),
                reason: format!("{status} is no status of HTTP"),
            }));
        }
        let file = DayFile { file, day };
        if let (Some(source), Some(mut memory)) = (record.source(), memory)
            && let Some(verdict) = self.judge_source(source, record.event_id(), at, file, &mut memory)
        {
            return verdict;
        }
        if self.is_too_new(at) {
            return Verdict::Refuse(Reason::TooNew(at));
        }
        let is_kept = day >= self.oldest;
        if !is_kept && !topic.is_compacted() {
            return Verdict::Refuse(Reason::TooOld(at));
        }
        Verdict::Keep {
            record,
            file: is_kept.then_some(file),
        }
    }

    /// Whether the event is kept already; none when it is new.
    fn judge_source<'a>(
        &self,
        source: &Source,
        event_id: EventId,
        at: Timestamp,
        file: DayFile,
        memory: &mut Memory<'_>,
    ) -> Option<Verdict<'a>> {
        let sequence = source.sequence;
        match memory.marks.about(source, event_id) {
            Known::NotRead(stretch) => return Some(Verdict::NotRead(source.instance.clone(), stretch)),
            Known::Kept => return Some(Verdict::Repetition),
            Known::Another if is_redriven(source) => return Some(Verdict::Repetition),
            Known::Another => return Some(Verdict::Refuse(Reason::SequenceReused { sequence })),
            Known::Nothing => {}
        }
        let last = memory.seen.get(&source.instance).copied().unwrap_or(Sequence(0));
        if sequence <= last && file.day < self.oldest {
            // Past the retention nothing is left that could tell.
            return Some(Verdict::Repetition);
        }
        if memory
            .unmarked
            .get(&source.instance)
            .is_some_and(|unmarked| sequence <= *unmarked)
        {
            return Some(if is_redriven(source) {
                Verdict::Repetition
            } else {
                Verdict::Suspect(Suspicion {
                    event_id,
                    at,
                    file,
                    sequence,
                })
            });
        }
        (sequence.0.saturating_sub(last.0) > LONGEST_JUMP)
            .then_some(Verdict::Refuse(Reason::SequenceJump { sequence, last }))
    }
}

fn is_redriven(source: &Source) -> bool {
    source.instance.as_str().starts_with(REDRIVEN)
}

/// The first day that is kept at `now`: today and `retention_days` days before it.
pub(crate) fn oldest_day(now: Timestamp, retention_days: u16, zone: Zone) -> Date {
    let today = zone.day(now);
    today
        .checked_sub(Duration::days(i64::from(retention_days)))
        .unwrap_or(Date::MIN)
}

impl Suspicion {
    /// Why the message is refused if it is no repetition.
    pub(crate) const fn reason(&self) -> Reason {
        Reason::SequenceReused {
            sequence: self.sequence,
        }
    }
}

impl Reason {
    /// Every kind.
    pub(crate) const KINDS: [&'static str; 6] = [
        "empty",
        "invalid",
        "too_new",
        "too_old",
        "sequence_reused",
        "sequence_jump",
    ];

    /// The kind, for counting: metrics, `dead-letters list`, `redrive --reason`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Invalid(_) => "invalid",
            Self::TooNew(_) => "too_new",
            Self::TooOld(_) => "too_old",
            Self::SequenceReused { .. } => "sequence_reused",
            Self::SequenceJump { .. } => "sequence_jump",
        }
    }

    /// The field that is wrong, where one is.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Invalid(error) => Some(&error.field),
            Self::TooNew(_) | Self::TooOld(_) => Some("timestamp"),
            Self::SequenceReused { .. } | Self::SequenceJump { .. } => Some("source.sequence"),
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
            Self::SequenceReused { sequence } => write!(
                f,
                "field `source.sequence`: another event was kept under {sequence}, the sequence that its source gave it"
            ),
            Self::SequenceJump { sequence, last } => write!(
                f,
                "field `source.sequence`: {sequence} is further above {last}, the last of its source, than any shop gets"
            ),
        }
    }
}
