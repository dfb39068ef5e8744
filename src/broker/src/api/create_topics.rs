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
use crate::topics::config::{Key, TopicConfig};
use crate::topics::{TopicError, Wanted};

/// From these versions on the answer says how the topic was made, and its id.
const WITH_CONFIGS: i16 = 5;
const WITH_ID: i16 = 7;

/// A topic that can be made; its id is nil until it is.
struct Checked {
    id: Uuid,
    wanted: Wanted,
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
    let checked = request.topics.iter().map(|topic| {
        if times.get(&topic.name).is_some_and(|times| *times > 1) {
            return Err(ResponseError::InvalidRequest.into());
        }
        check(node, topic)
    });
    let mut checked: Vec<Result<Checked, Refused>> = checked.collect();
    if !request.validate_only {
        make(node, &mut checked);
    }
    let topics = request.topics.into_iter().zip(checked);
    let described = topics.map(|(topic, made)| describe(version, topic, made));
    CreateTopicsResponse::default().with_topics(described.collect())
}

/// Makes all that could be checked, together.
fn make(node: &Node, checked: &mut [Result<Checked, Refused>]) {
    let good = || checked.iter().filter_map(|one| one.as_ref().ok());
    let wanted = good().map(|checked| checked.wanted.clone()).collect();
    let mut made = node.topics.create_all(wanted).into_iter();
    for one in checked.iter_mut().filter(|one| one.is_ok()) {
        match (one.as_mut(), made.next()) {
            (Ok(checked), Some(Ok(topic))) => checked.id = topic.id,
            (_, Some(Err(error))) => *one = Err(error.into()),
            (Err(_), _) | (_, None) => {}
        }
    }
}

fn check(node: &Node, topic: &CreatableTopic) -> Result<Checked, Refused> {
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
    let name = topic.name.to_string();
    Ok(Checked {
        id: Uuid::nil(),
        wanted: Wanted {
            name,
            partitions,
            config,
        },
    })
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

fn describe(version: i16, topic: CreatableTopic, made: Result<Checked, Refused>) -> CreatableTopicResult {
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
            .with_value(Some(StrBytes::from_string(made.wanted.config.value(key).to_owned())))
            .with_config_source(configs::source(&made.wanted.config, key))
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
        .with_num_partitions(made.wanted.partitions)
        .with_replication_factor(1)
        .with_configs(Some(Key::ALL.into_iter().map(setting).collect()))
}
