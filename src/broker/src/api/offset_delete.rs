//! `OffsetDelete`: forgets what a group committed for some partitions, while none of its members reads them.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use kafka_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::errors;
use crate::groups::offsets::Place;
use crate::node::Node;

pub(super) fn answer(node: &Node, request: &OffsetDeleteRequest) -> OffsetDeleteResponse {
    if let Err(error) = may_delete(node, request) {
        return OffsetDeleteResponse::default().with_error_code(error.code());
    }
    let topics = request.topics.iter().map(|topic| {
        let forget = |partition: i32| {
            let place = Place {
                topic: topic.name.to_string(),
                partition,
            };
            let code = errors::code(delete(node, request, &place));
            OffsetDeleteResponsePartition::default()
                .with_partition_index(partition)
                .with_error_code(code)
        };
        let partitions = topic.partitions.iter().map(|part| forget(part.partition_index));
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetDeleteResponse::default().with_topics(topics.collect())
}

/// What members subscribe to is theirs to know, so a group with members keeps all.
fn may_delete(node: &Node, request: &OffsetDeleteRequest) -> Result<(), ResponseError> {
    let members = node.groups.view(|groups| {
        let group = groups.get(&request.group_id.0);
        group.map(|group| group.members().len())
    });
    let has_offsets = || !node.offsets.all_of(&request.group_id).is_empty();
    match members {
        Some(1..) => Err(ResponseError::NonEmptyGroup),
        None if !has_offsets() => Err(ResponseError::GroupIdNotFound),
        _ => Ok(()),
    }
}

fn delete(node: &Node, request: &OffsetDeleteRequest, place: &Place) -> Result<(), ResponseError> {
    let forgotten = node.offsets.forget_place(&request.group_id, place);
    forgotten.map(drop).map_err(|error| {
        tracing::error!(%error, group = &**request.group_id, "an offset could not be forgotten; the client is told to try again. Look after the disk of --data");
        ResponseError::CoordinatorNotAvailable
    })
}
