//! A topic's settings: Apache Kafka's names and defaults, those of them that this broker acts on.
//!
//! A setting that would be ignored is refused instead; where there is no choice (`cleanup.policy`, `compression.type`,
//! `message.timestamp.after.max.ms`, `min.insync.replicas`) only the value that is true is taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::broker::log::Retention;

/// However far ahead of the clock a record is dated, it is taken; Apache Kafka's own default has been an hour since 4.0.
const ANY_DATE: &str = "9223372036854775807";

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    CleanupPolicy,
    CompressionType,
    MaxMessageBytes,
    MessageTimestampAfterMaxMs,
    MessageTimestampType,
    MinInsyncReplicas,
    RetentionBytes,
    RetentionMs,
    SegmentBytes,
    SegmentMs,
}

/// The protocol's number for the type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text = 2,
    Int = 3,
    Long = 5,
    List = 7,
}

impl Key {
    pub(crate) const ALL: [Self; 10] = [
        Self::CleanupPolicy,
        Self::CompressionType,
        Self::MaxMessageBytes,
        Self::MessageTimestampAfterMaxMs,
        Self::MessageTimestampType,
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
            Self::MaxMessageBytes => "max.message.bytes",
            Self::MessageTimestampAfterMaxMs => "message.timestamp.after.max.ms",
            Self::MessageTimestampType => "message.timestamp.type",
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
            Self::MessageTimestampAfterMaxMs | Self::RetentionBytes | Self::RetentionMs | Self::SegmentMs => Kind::Long,
        }
    }

    /// The value where a topic sets none. Segments are smaller than Apache Kafka's 1 GiB: the last one is read at every start.
    pub(crate) const fn default(self) -> &'static str {
        match self {
            Self::CleanupPolicy => "delete",
            Self::CompressionType => "producer",
            Self::MaxMessageBytes => "1048588",
            Self::MessageTimestampAfterMaxMs => ANY_DATE,
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
            Self::CleanupPolicy => (value == "delete", "delete (the embedded broker does not compact)"),
            Self::CompressionType => (
                value == "producer",
                "producer (the embedded broker keeps batches as they come)",
            ),
            Self::MessageTimestampAfterMaxMs => (
                value == ANY_DATE,
                "9223372036854775807 (the embedded broker takes any date)",
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
            Self::SegmentMs => (whole_number(1, i64::MAX), "a number of milliseconds above 0"),
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

/// Why a setting was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the embedded broker knows no topic setting named {0}")]
    Unknown(String),
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

    /// Whether the broker's clock dates the records.
    pub(crate) fn dates_on_append(&self) -> bool {
        self.value(Key::MessageTimestampType) == "LogAppendTime"
    }

    pub(crate) fn retention(&self) -> Retention {
        Retention {
            age_ms: Some(self.number(Key::RetentionMs)).filter(|age| *age >= 0),
            bytes: u64::try_from(self.number(Key::RetentionBytes)).ok(),
            segment_ms: Some(self.number(Key::SegmentMs)),
        }
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
        assert!(config.set(Key::CleanupPolicy, "compact").is_err());
        assert!(config.set(Key::CompressionType, "zstd").is_err());
        assert!(config.set(Key::RetentionMs, "soon").is_err());
        assert_eq!(Key::parse("flush.ms"), Err(ConfigError::Unknown("flush.ms".to_owned())));
        assert_eq!(config, TopicConfig::default());
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
