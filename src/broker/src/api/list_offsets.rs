//! `ListOffsets`: where a log starts and ends, and which offset belongs to a date.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::errors;
use crate::log::{Found, LogError, Offset, Partition};
use crate::node::Node;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const NEWEST: i64 = -3;
/// The start of what is on this machine; without tiered storage that is everything.
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;

pub(super) fn answer(node: &Node, version: i16, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let topics = request.topics.into_iter().map(|asked| {
        let topic = node.topics.get(&asked.name);
        let partitions = asked.partitions.iter().map(|part| {
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition_index));
            let found = partition
                .ok_or(ResponseError::UnknownTopicOrPartition)
                .and_then(|partition| look_up(&partition, part));
            describe(part, version, found)
        });
        ListOffsetsTopicResponse::default()
            .with_partitions(partitions.collect())
            .with_name(asked.name.clone())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn look_up(partition: &Partition, part: &ListOffsetsPartition) -> Result<Option<Found>, ResponseError> {
    errors::check_epoch(part.current_leader_epoch)?;
    if part.timestamp < LATEST_TIERED {
        return Err(ResponseError::UnsupportedVersion);
    }
    find(partition, part.timestamp).map_err(|error| errors::of_log(&error))
}

fn find(partition: &Partition, timestamp: i64) -> Result<Option<Found>, LogError> {
    let undated = |offset: Offset| Some(Found { offset, timestamp: -1 });
    let log = partition.log();
    match timestamp {
        LATEST => Ok(undated(log.high())),
        EARLIEST | EARLIEST_LOCAL => Ok(undated(log.start())),
        NEWEST => log.newest(),
        LATEST_TIERED => Ok(None),
        date => log.first_since(date),
    }
}

fn describe(
    part: &ListOffsetsPartition,
    version: i16,
    found: Result<Option<Found>, ResponseError>,
) -> ListOffsetsPartitionResponse {
    let response = ListOffsetsPartitionResponse::default().with_partition_index(part.partition_index);
    match found {
        Ok(Some(found)) => {
            let dated = response.with_offset(found.offset.0).with_timestamp(found.timestamp);
            if version >= 4 {
                dated.with_leader_epoch(0)
            } else {
                dated
            }
        }
        Ok(None) => response.with_offset(-1).with_timestamp(-1),
        Err(error) => response
            .with_offset(-1)
            .with_timestamp(-1)
            .with_error_code(error.code()),
    }
}
