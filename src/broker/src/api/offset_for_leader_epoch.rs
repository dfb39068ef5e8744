//! `OffsetForLeaderEpoch`: where an epoch ended. There is only epoch 0, and it goes on.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use kafka_protocol::messages::offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult};
use kafka_protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::errors;
use crate::log::Partition;
use crate::node::Node;

pub(super) fn answer(node: &Node, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.into_iter().map(|asked| {
        let topic = node.topics.get(&asked.topic);
        let partitions = asked.partitions.iter().map(|part| {
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition));
            let end = partition
                .ok_or(ResponseError::UnknownTopicOrPartition)
                .and_then(|partition| end(&partition, part));
            let result = EpochEndOffset::default().with_partition(part.partition);
            match end {
                Ok(Some(end)) => result.with_leader_epoch(0).with_end_offset(end),
                Ok(None) => result.with_leader_epoch(-1).with_end_offset(-1),
                Err(error) => result
                    .with_leader_epoch(-1)
                    .with_end_offset(-1)
                    .with_error_code(error.code()),
            }
        });
        OffsetForLeaderTopicResult::default()
            .with_partitions(partitions.collect())
            .with_topic(asked.topic.clone())
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}

fn end(partition: &Partition, part: &OffsetForLeaderPartition) -> Result<Option<i64>, ResponseError> {
    errors::check_epoch(part.current_leader_epoch)?;
    Ok((part.leader_epoch == 0).then(|| partition.log().high().0))
}
