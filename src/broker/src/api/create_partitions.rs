//! `CreatePartitions`: more partitions for a topic.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

use super::errors;
use crate::node::Node;

pub(super) fn answer(node: &Node, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let results = request
        .topics
        .into_iter()
        .map(|topic| widen(node, topic, request.validate_only));
    CreatePartitionsResponse::default().with_results(results.collect())
}

fn widen(node: &Node, asked: CreatePartitionsTopic, dry_run: bool) -> CreatePartitionsTopicResult {
    let result = CreatePartitionsTopicResult::default();
    let Some(topic) = node.topics.get(&asked.name) else {
        return result
            .with_name(asked.name)
            .with_error_code(ResponseError::UnknownTopicOrPartition.code());
    };
    let result = result.with_name(asked.name);
    match node.topics.widen(&topic, asked.count, dry_run) {
        Ok(()) => result,
        Err(error) => result
            .with_error_code(errors::of_topic(&error).code())
            .with_error_message(Some(errors::words(&error))),
    }
}
