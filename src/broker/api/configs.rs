//! Names and values of settings, from a request into a topic's configuration.

use kafka_protocol::protocol::StrBytes;

use crate::broker::topics::config::{ConfigError, Key, TopicConfig};

/// The protocol's number for "a topic's settings".
pub(super) const TOPIC: i8 = 2;
/// The protocol's number for "a node's settings".
pub(super) const BROKER: i8 = 4;
/// Where a value comes from: the topic sets it.
pub(super) const FROM_TOPIC: i8 = 1;
/// Where a value comes from: nobody set it.
pub(super) const FROM_DEFAULT: i8 = 5;

/// Takes one setting over; without a value it goes back to its default.
pub(super) fn apply(config: &mut TopicConfig, name: &StrBytes, value: Option<&StrBytes>) -> Result<(), ConfigError> {
    let key = Key::parse(name)?;
    let Some(value) = value else {
        config.unset(key);
        return Ok(());
    };
    config.set(key, value)
}

pub(super) fn source(config: &TopicConfig, key: Key) -> i8 {
    if config.own(key).is_some() {
        FROM_TOPIC
    } else {
        FROM_DEFAULT
    }
}
