//! `DeleteTopics`: the topic, its records, and what groups committed for it.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::errors;
use crate::node::Node;

/// From this version on topics are named by name or id.
const BY_ID: i16 = 6;

pub(super) fn answer(node: &Node, version: i16, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = |name| DeleteTopicState::default().with_name(Some(name));
    let asked = if version >= BY_ID {
        request.topics
    } else {
        request.topic_names.into_iter().map(by_name).collect()
    };
    let results = asked.into_iter().map(|state| delete(node, version, state));
    DeleteTopicsResponse::default().with_responses(results.collect())
}

fn delete(node: &Node, version: i16, state: DeleteTopicState) -> DeletableTopicResult {
    let result = DeletableTopicResult::default();
    let result = if version >= BY_ID {
        result.with_topic_id(state.topic_id)
    } else {
        result
    };
    let Some(topic) = node
        .topics
        .find(state.name.as_deref().map_or("", |name| name), state.topic_id)
    else {
        let error = if state.topic_id.is_nil() {
            ResponseError::UnknownTopicOrPartition
        } else {
            ResponseError::UnknownTopicId
        };
        return result.with_name(state.name).with_error_code(error.code());
    };
    let result = result.with_name(Some(TopicName(StrBytes::from_string(topic.name.clone()))));
    let result = if version >= BY_ID {
        result.with_topic_id(topic.id)
    } else {
        result
    };
    if let Err(error) = node.topics.delete(&topic) {
        return result.with_error_code(errors::of_topic(&error).code());
    }
    if let Err(error) = node.offsets.forget_topic(&topic.name) {
        tracing::error!(%error, topic = topic.name, "what groups committed for a deleted topic could not be forgotten, and would stand if the topic came back. Look after the disk \
             of --data");
    }
    result
}
