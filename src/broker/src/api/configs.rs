//! Names and values of settings, from a request into a topic's configuration.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use super::errors;
use crate::node::Node;
use crate::topics::config::{ConfigError, Key, Kind, TopicConfig};
use crate::topics::{Topic, TopicError};

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

/// Adds the values of a list to a topic's own, or takes them from it.
pub(super) fn change_list(
    config: &mut TopicConfig,
    name: &StrBytes,
    values: Option<&StrBytes>,
    adds: bool,
) -> Result<(), ConfigError> {
    let key = Key::parse(name)?;
    if key.kind() != Kind::List {
        return Err(ConfigError::NoList(key.name()));
    }
    let mut list: Vec<&str> = config.value(key).split(',').map(str::trim).collect();
    for value in values.iter().flat_map(|values| values.split(',').map(str::trim)) {
        list.retain(|known| *known != value);
        if adds {
            list.push(value);
        }
    }
    let list = list.join(",");
    config.set(key, &list)
}

pub(super) fn source(config: &TopicConfig, key: Key) -> i8 {
    if config.own(key).is_some() {
        FROM_TOPIC
    } else {
        FROM_DEFAULT
    }
}

/// The topic whose settings are to be changed; those of the node are given when it is started.
pub(super) fn altered_topic(node: &Node, kind: i8, name: &StrBytes) -> Result<Arc<Topic>, ResponseError> {
    if kind != TOPIC {
        return Err(ResponseError::InvalidRequest);
    }
    node.topics.get(name).ok_or(ResponseError::UnknownTopicOrPartition)
}

/// Why the settings of a resource stay as they are.
pub(super) enum Refused {
    Resource(ResponseError),
    Topic(TopicError),
}

impl Refused {
    pub(super) fn code(&self) -> i16 {
        match self {
            Self::Resource(error) => error.code(),
            Self::Topic(error) => errors::of_topic(error).code(),
        }
    }

    /// Words where an operator could not guess.
    pub(super) fn words(&self) -> Option<StrBytes> {
        match self {
            Self::Resource(ResponseError::InvalidRequest) => Some(StrBytes::from_static_str(
                "the embedded broker changes the settings of topics only; its own are given when it is started",
            )),
            Self::Resource(_) => None,
            Self::Topic(error) => Some(errors::words(error)),
        }
    }
}

impl From<ResponseError> for Refused {
    fn from(error: ResponseError) -> Self {
        Self::Resource(error)
    }
}

impl From<TopicError> for Refused {
    fn from(error: TopicError) -> Self {
        Self::Topic(error)
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self::Topic(error.into())
    }
}

/// Gives the topic its new settings; a dry run only looks whether they could be given.
pub(super) fn configure(node: &Node, topic: &Arc<Topic>, config: TopicConfig, dry_run: bool) -> Result<(), Refused> {
    if !dry_run {
        node.topics.configure(topic, config)?;
    }
    Ok(())
}
