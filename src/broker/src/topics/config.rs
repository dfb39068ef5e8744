//! A topic's settings: Apache Kafka's names and defaults, those of them that this broker acts on.
//!
//! A setting that would be ignored is refused instead; where there is no choice (`message.timestamp.after.max.ms`,
//! `min.insync.replicas`) only the value that is true is taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::log::{Codec, Compaction, Retention};

/// However far ahead of the clock a record is dated, it is taken; Apache Kafka's own default has been an hour since 4.0.
const ANY_DATE: &str = "9223372036854775807";

/// `flush.messages`: every acknowledgement waits for the disk, or, as is Apache Kafka's own default, none does.
const EACH: &str = "1";
const NONE_WAITS: &str = "9223372036854775807";

/// Batches are kept as their producer compressed them.
const PRODUCER: &str = "producer";

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    CleanupPolicy,
    CompressionType,
    DeleteRetentionMs,
    FlushMessages,
    MaxCompactionLagMs,
    MaxMessageBytes,
    MessageTimestampAfterMaxMs,
    MessageTimestampType,
    MinCleanableDirtyRatio,
    MinCompactionLagMs,
    MinInsyncReplicas,
    RetentionBytes,
    RetentionMs,
    SegmentBytes,
    SegmentMs,
}

/// The protocol's number for the type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}

impl Key {
    pub(crate) const ALL: [Self; 15] = [
        Self::CleanupPolicy,
        Self::CompressionType,
        Self::DeleteRetentionMs,
        Self::FlushMessages,
        Self::MaxCompactionLagMs,
        Self::MaxMessageBytes,
        Self::MessageTimestampAfterMaxMs,
        Self::MessageTimestampType,
        Self::MinCleanableDirtyRatio,
        Self::MinCompactionLagMs,
        Self::MinInsyncReplicas,
        Self::RetentionBytes,
        Self::RetentionMs,
        Self::SegmentBytes,
        Self::SegmentMs,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CleanupPolicy => "cleanup.policy",
            Self::CompressionType => "compression.type",
            Self::DeleteRetentionMs => "delete.retention.ms",
            Self::FlushMessages => "flush.messages",
            Self::MaxCompactionLagMs => "max.compaction.lag.ms",
            Self::MaxMessageBytes => "max.message.bytes",
            Self::MessageTimestampAfterMaxMs => "message.timestamp.after.max.ms",
            Self::MessageTimestampType => "message.timestamp.type",
            Self::MinCleanableDirtyRatio => "min.cleanable.dirty.ratio",
            Self::MinCompactionLagMs => "min.compaction.lag.ms",
            Self::MinInsyncReplicas => "min.insync.replicas",
            Self::RetentionBytes => "retention.bytes",
            Self::RetentionMs => "retention.ms",
            Self::SegmentBytes => "segment.bytes",
            Self::SegmentMs => "segment.ms",
        }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::CleanupPolicy => Kind::List,
            Self::CompressionType | Self::MessageTimestampType => Kind::Text,
            Self::MaxMessageBytes | Self::MinInsyncReplicas | Self::SegmentBytes => Kind::Int,
            Self::DeleteRetentionMs
            | Self::FlushMessages
            | Self::MaxCompactionLagMs
            | Self::MessageTimestampAfterMaxMs
            | Self::MinCompactionLagMs
            | Self::RetentionBytes
            | Self::RetentionMs
            | Self::SegmentMs => Kind::Long,
            Self::MinCleanableDirtyRatio => Kind::Double,
        }
    }

    /// The value where a topic sets none. Segments are smaller than Apache Kafka's 1 GiB: the last one is read at every start.
    pub(crate) const fn default(self) -> &'static str {
        match self {
            Self::CleanupPolicy => "delete",
            Self::CompressionType => "producer",
            Self::MaxMessageBytes => "1048588",
            Self::DeleteRetentionMs => "86400000",
            Self::MaxCompactionLagMs | Self::MessageTimestampAfterMaxMs => ANY_DATE,
            Self::MinCleanableDirtyRatio => "0.5",
            Self::MinCompactionLagMs => "0",
            Self::FlushMessages => EACH,
            Self::MessageTimestampType => "CreateTime",
            Self::MinInsyncReplicas => "1",
            Self::RetentionBytes => "-1",
            Self::RetentionMs | Self::SegmentMs => "604800000",
            Self::SegmentBytes => "67108864",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, ConfigError> {
        Self::ALL
            .into_iter()
            .find(|key| key.name() == name)
            .ok_or_else(|| ConfigError::Unknown(name.to_owned()))
    }

    fn check(self, value: &str) -> Result<(), ConfigError> {
        let whole_number =
            |least: i64, most: i64| value.parse().is_ok_and(|number: i64| (least..=most).contains(&number));
        let (fits, expected) = match self {
            Self::CleanupPolicy => (is_policy(value), "delete, compact, or both"),
            Self::CompressionType => (
                value == PRODUCER || value == "uncompressed" || Codec::named(value).is_some(),
                "producer, uncompressed, gzip, snappy, lz4 or zstd",
            ),
            Self::MinCleanableDirtyRatio => (
                value.parse().is_ok_and(|ratio: f64| (0.0..=1.0).contains(&ratio)),
                "a number from 0 to 1",
            ),
            Self::DeleteRetentionMs | Self::MinCompactionLagMs => {
                (whole_number(0, i64::MAX), "a number of milliseconds, at least 0")
            }
            Self::MessageTimestampAfterMaxMs => (
                value == ANY_DATE,
                "9223372036854775807 (the embedded broker takes any date)",
            ),
            Self::FlushMessages => (
                [EACH, NONE_WAITS].contains(&value),
                "1 (an acknowledgement waits for the disk) or 9223372036854775807 (none does, as on Apache Kafka)",
            ),
            Self::MinInsyncReplicas => (value == "1", "1 (the embedded broker is one machine)"),
            Self::MessageTimestampType => (
                ["CreateTime", "LogAppendTime"].contains(&value),
                "CreateTime or LogAppendTime",
            ),
            Self::MaxMessageBytes => (whole_number(1, i64::from(i32::MAX)), "a number of bytes above 0"),
            Self::SegmentBytes => (
                whole_number(1024, i64::from(i32::MAX)),
                "a number of bytes, at least 1024",
            ),
            Self::MaxCompactionLagMs | Self::SegmentMs => {
                (whole_number(1, i64::MAX), "a number of milliseconds above 0")
            }
            Self::RetentionMs => (whole_number(-1, i64::MAX), "a number of milliseconds, or -1"),
            Self::RetentionBytes => (whole_number(-1, i64::MAX), "a number of bytes, or -1"),
        };
        if fits {
            Ok(())
        } else {
            Err(ConfigError::Value {
                name: self.name(),
                value: value.to_owned(),
                expected,
            })
        }
    }
}

/// One policy, or both, each at most once.
fn is_policy(value: &str) -> bool {
    let policies: Vec<&str> = value.split(',').map(str::trim).collect();
    let counts = |name: &str| policies.iter().filter(|policy| **policy == name).count();
    let (delete, compact) = (counts("delete"), counts("compact"));
    delete <= 1 && compact <= 1 && delete + compact == policies.len()
}

/// Why a setting was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the embedded broker knows no topic setting named {0}")]
    Unknown(String),
    #[error("{0} is no list: it can be set, not added to")]
    NoList(&'static str),
    #[error("{name}={value}: expected {expected}")]
    Value {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
}

/// What a topic sets, by name; all names and values were checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TopicConfig(BTreeMap<String, String>);

impl TopicConfig {
    pub(crate) fn set(&mut self, key: Key, value: &str) -> Result<(), ConfigError> {
        key.check(value)?;
        self.0.insert(key.name().to_owned(), value.to_owned());
        Ok(())
    }

    pub(crate) fn unset(&mut self, key: Key) {
        self.0.remove(key.name());
    }

    /// The topic's own value, if it sets one.
    pub(crate) fn own(&self, key: Key) -> Option<&str> {
        self.0.get(key.name()).map(String::as_str)
    }

    pub(crate) fn value(&self, key: Key) -> &str {
        self.own(key).unwrap_or(key.default())
    }

    fn number(&self, key: Key) -> i64 {
        self.value(key).parse().unwrap_or(-1)
    }

    pub(crate) fn max_batch(&self) -> usize {
        usize::try_from(self.number(Key::MaxMessageBytes)).unwrap_or_default()
    }

    pub(crate) fn segment_bytes(&self) -> u64 {
        u64::try_from(self.number(Key::SegmentBytes)).unwrap_or_default()
    }

    /// Whether what is sent is acknowledged and shown only once it is on the disk.
    pub(crate) fn waits_for_disk(&self) -> bool {
        self.value(Key::FlushMessages) == EACH
    }

    /// Whether the broker's clock dates the records.
    pub(crate) fn dates_on_append(&self) -> bool {
        self.value(Key::MessageTimestampType) == "LogAppendTime"
    }

    fn has_policy(&self, name: &str) -> bool {
        self.value(Key::CleanupPolicy)
            .split(',')
            .any(|policy| policy.trim() == name)
    }

    /// What a topic deletes. Without the policy `delete`, nothing by age or size; a segment is sealed all the same, for compaction.
    pub(crate) fn retention(&self) -> Retention {
        let segment_ms = self.number(Key::SegmentMs);
        if !self.has_policy("delete") {
            return Retention {
                age_ms: None,
                bytes: None,
                segment_ms: Some(segment_ms.min(self.number(Key::MaxCompactionLagMs))),
            };
        }
        Retention {
            age_ms: Some(self.number(Key::RetentionMs)).filter(|age| *age >= 0),
            bytes: u64::try_from(self.number(Key::RetentionBytes)).ok(),
            segment_ms: Some(segment_ms),
        }
    }

    /// How a topic is compacted, if it is.
    pub(crate) fn compaction(&self) -> Option<Compaction> {
        self.has_policy("compact").then(|| Compaction {
            dirty_ratio: self.value(Key::MinCleanableDirtyRatio).parse().unwrap_or(1.0),
            min_lag_ms: self.number(Key::MinCompactionLagMs),
            max_lag_ms: self.number(Key::MaxCompactionLagMs),
            tombstones_ms: self.number(Key::DeleteRetentionMs),
            segment_bytes: self.segment_bytes(),
        })
    }

    /// How batches are compressed when they are kept; none: as their producer did.
    pub(crate) fn codec(&self) -> Option<Codec> {
        match self.value(Key::CompressionType) {
            PRODUCER => None,
            name => Some(Codec::named(name).unwrap_or(Codec::None)),
        }
    }

    /// The settings of the topic that shows that there are groups.
    pub(crate) fn of_internal() -> Self {
        let own = [(Key::CleanupPolicy, "compact")];
        Self(own.map(|(key, value)| (key.name().to_owned(), value.to_owned())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_the_setting_takes() {
        for key in Key::ALL {
            assert_eq!(key.check(key.default()), Ok(()), "{}", key.name());
        }
    }

    #[test]
    fn what_could_not_be_kept_is_refused() {
        let mut config = TopicConfig::default();
        for policy in ["", "forget", "compact,", "compact,compact", "delete,compact,delete"] {
            assert!(config.set(Key::CleanupPolicy, policy).is_err(), "{policy}");
        }
        assert!(config.set(Key::CompressionType, "rar").is_err());
        assert!(config.set(Key::MinCleanableDirtyRatio, "1.5").is_err());
        assert!(config.set(Key::RetentionMs, "soon").is_err());
        assert!(config.set(Key::FlushMessages, "1000").is_err());
        assert_eq!(Key::parse("flush.ms"), Err(ConfigError::Unknown("flush.ms".to_owned())));
        assert_eq!(config, TopicConfig::default());
    }

    #[test]
    fn a_compacted_topic_deletes_nothing_by_age_unless_it_says_both() {
        let mut config = TopicConfig::default();
        assert_eq!(config.compaction(), None);
        assert_eq!(config.set(Key::CleanupPolicy, "compact"), Ok(()));
        assert_eq!(config.retention().age_ms, None);
        assert!(config.compaction().is_some());
        assert_eq!(config.set(Key::CleanupPolicy, "compact, delete"), Ok(()));
        assert_eq!(config.retention().age_ms, Some(604_800_000));
        assert!(config.compaction().is_some());
    }

    #[test]
    fn thirty_days_are_kept_as_asked() {
        let mut config = TopicConfig::default();
        assert_eq!(config.set(Key::RetentionMs, "2592000000"), Ok(()));
        assert_eq!(config.retention().age_ms, Some(2_592_000_000));
        config.unset(Key::RetentionMs);
        assert_eq!(config.retention().age_ms, Some(604_800_000));
    }
}
