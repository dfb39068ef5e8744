//! `DeleteRecords`: everything before an offset.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_records_request::DeleteRecordsPartition;
use kafka_protocol::messages::delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult};
use kafka_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};

use super::errors;
use crate::log::{Offset, Partition};
use crate::node::Node;

/// "Up to the end."
const ALL: i64 = -1;

pub(super) fn answer(node: &Node, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let topics = request.topics.into_iter().map(|asked| {
        let topic = node.topics.get(&asked.name);
        let partitions = asked.partitions.iter().map(|part| {
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition_index));
            let start = partition
                .ok_or(ResponseError::UnknownTopicOrPartition)
                .and_then(|partition| delete(&partition, part));
            let result = DeleteRecordsPartitionResult::default().with_partition_index(part.partition_index);
            match start {
                Ok(start) => result.with_low_watermark(start.0),
                Err(error) => result.with_low_watermark(-1).with_error_code(error.code()),
            }
        });
        DeleteRecordsTopicResult::default()
            .with_partitions(partitions.collect())
            .with_name(asked.name.clone())
    });
    DeleteRecordsResponse::default().with_topics(topics.collect())
}

fn delete(partition: &Partition, part: &DeleteRecordsPartition) -> Result<Offset, ResponseError> {
    let to = (part.offset != ALL).then_some(Offset(part.offset));
    partition
        .log()
        .delete_before(to)
        .map_err(|error| errors::of_log(&error))
}
