//! `CreateTopics`.

use std::collections::HashMap;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kafka_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::{configs, errors};
use crate::node::{NODE_ID, Node};
use crate::topics::TopicError;
use crate::topics::config::{Key, TopicConfig};

/// From these versions on the answer says how the topic was made, and its id.
const WITH_CONFIGS: i16 = 5;
const WITH_ID: i16 = 7;

struct Made {
    id: Uuid,
    partitions: i32,
    config: TopicConfig,
}

struct Refused {
    error: ResponseError,
    words: Option<StrBytes>,
}

impl From<TopicError> for Refused {
    fn from(error: TopicError) -> Self {
        Self {
            error: errors::of_topic(&error),
            words: Some(errors::words(&error)),
        }
    }
}

impl From<ResponseError> for Refused {
    fn from(error: ResponseError) -> Self {
        Self { error, words: None }
    }
}

pub(super) fn answer(node: &Node, version: i16, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let mut times: HashMap<TopicName, usize> = HashMap::with_capacity(request.topics.len());
    for topic in &request.topics {
        *times.entry(topic.name.clone()).or_default() += 1;
    }
    let topics = request.topics.into_iter().map(|topic| {
        let is_named_twice = times.get(&topic.name).is_some_and(|times| *times > 1);
        let made = if is_named_twice {
            Err(ResponseError::InvalidRequest.into())
        } else {
            create(node, &topic, request.validate_only)
        };
        describe(version, topic, made)
    });
    CreateTopicsResponse::default().with_topics(topics.collect())
}

fn create(node: &Node, topic: &CreatableTopic, dry_run: bool) -> Result<Made, Refused> {
    if !matches!(topic.replication_factor, -1 | 1) {
        let words = StrBytes::from_static_str(
            "the embedded broker is one node: a replication factor of 1, or -1 for its default",
        );
        return Err(Refused {
            error: ResponseError::InvalidReplicationFactor,
            words: Some(words),
        });
    }
    let partitions = partitions(node, topic)?;
    let mut config = TopicConfig::default();
    for setting in &topic.configs {
        configs::apply(&mut config, &setting.name, setting.value.as_ref()).map_err(TopicError::from)?;
    }
    node.topics.may_create(&topic.name, partitions)?;
    let id = if dry_run {
        Uuid::nil()
    } else {
        node.topics.create(&topic.name, partitions, config.clone())?.id
    };
    Ok(Made { id, partitions, config })
}

/// As many as asked for, or as the assignment names, or the default.
fn partitions(node: &Node, topic: &CreatableTopic) -> Result<i32, ResponseError> {
    if topic.assignments.is_empty() {
        return Ok(if topic.num_partitions == -1 {
            node.settings.default_partitions
        } else {
            topic.num_partitions
        });
    }
    let mut indexes: Vec<_> = topic
        .assignments
        .iter()
        .map(|assignment| assignment.partition_index)
        .collect();
    indexes.sort_unstable();
    let is_whole = (0..)
        .zip(&indexes)
        .all(|(expected, found): (i32, &i32)| expected == *found);
    let is_here = topic
        .assignments
        .iter()
        .all(|assignment| assignment.broker_ids == [NODE_ID]);
    let count = i32::try_from(indexes.len()).ok().filter(|_| is_whole && is_here);
    count.ok_or(ResponseError::InvalidReplicaAssignment)
}

fn describe(version: i16, topic: CreatableTopic, made: Result<Made, Refused>) -> CreatableTopicResult {
    let result = CreatableTopicResult::default().with_name(topic.name);
    let made = match made {
        Ok(made) => made,
        Err(refused) => {
            return result
                .with_error_code(refused.error.code())
                .with_error_message(refused.words);
        }
    };
    let setting = |key: Key| {
        CreatableTopicConfigs::default()
            .with_name(StrBytes::from_static_str(key.name()))
            .with_value(Some(StrBytes::from_string(made.config.value(key).to_owned())))
            .with_config_source(configs::source(&made.config, key))
    };
    let result = if version >= WITH_ID {
        result.with_topic_id(made.id)
    } else {
        result
    };
    if version < WITH_CONFIGS {
        return result;
    }
    result
        .with_num_partitions(made.partitions)
        .with_replication_factor(1)
        .with_configs(Some(Key::ALL.into_iter().map(setting).collect()))
}
