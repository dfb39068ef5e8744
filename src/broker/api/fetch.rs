//! `Fetch`: whole batches from an offset on, waiting (long poll) until there are enough. Fetch sessions are not kept:
//! every answer says session 0, so that clients always ask for all they want.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Call, errors};
use crate::broker::log::{Offset, Partition, Wanted};
use crate::broker::node::Node;

/// From this version on topics are named by their id.
const BY_ID: i16 = 13;
/// No answer is larger than this, unless a single batch is.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const READ_COMMITTED: i8 = 1;

/// What one pass over the partitions found.
struct Pass {
    topics: Vec<FetchableTopicResponse>,
    bytes: usize,
    has_error: bool,
}

pub(super) async fn answer(node: Arc<Node>, call: Call, request: FetchRequest) -> FetchResponse {
    if request.session_id != 0 {
        return FetchResponse::default().with_error_code(ResponseError::FetchSessionIdNotFound.code());
    }
    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or_default()).min(LONGEST_WAIT);
    let enough = usize::try_from(request.min_bytes).unwrap_or_default();
    let deadline = Instant::now() + wait;
    loop {
        let more = Arc::new(Notify::new());
        let pass = read(&node, call.version, &request, &more);
        let is_over = pass.bytes >= enough || pass.has_error || Instant::now() >= deadline || call.stop.is_cancelled();
        if is_over {
            return FetchResponse::default().with_responses(pass.topics);
        }
        tokio::select! {
            () = more.notified() => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = call.stop.cancelled() => {}
        }
    }
}

fn read(node: &Node, version: i16, request: &FetchRequest, more: &Arc<Notify>) -> Pass {
    let mut left = usize::try_from(request.max_bytes)
        .unwrap_or_default()
        .min(LARGEST_ANSWER);
    let mut pass = Pass {
        topics: Vec::with_capacity(request.topics.len()),
        bytes: 0,
        has_error: false,
    };
    for wanted in &request.topics {
        let topic = node.topics.find(&wanted.topic, wanted.topic_id);
        let mut partitions = Vec::with_capacity(wanted.partitions.len());
        for part in &wanted.partitions {
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition));
            let data = match partition.ok_or_else(|| unknown(wanted)) {
                Ok(partition) => {
                    partition.wake_on_more(more);
                    read_one(&partition, part, left, pass.bytes == 0)
                }
                Err(error) => refused(part, error),
            };
            let bytes = data.records.as_ref().map_or(0, bytes::Bytes::len);
            pass.bytes += bytes;
            left = left.saturating_sub(bytes);
            pass.has_error |= data.error_code != 0;
            let aborted = (request.isolation_level == READ_COMMITTED).then(Vec::new);
            partitions.push(data.with_aborted_transactions(aborted));
        }
        let response = FetchableTopicResponse::default().with_partitions(partitions);
        let named = if version >= BY_ID {
            response.with_topic_id(wanted.topic_id)
        } else {
            response.with_topic(wanted.topic.clone())
        };
        pass.topics.push(named);
    }
    pass
}

fn unknown(wanted: &FetchTopic) -> ResponseError {
    if wanted.topic_id.is_nil() {
        ResponseError::UnknownTopicOrPartition
    } else {
        ResponseError::UnknownTopicId
    }
}

fn read_one(partition: &Partition, part: &FetchPartition, left: usize, at_least_one: bool) -> PartitionData {
    if let Err(error) = errors::check_epoch(part.current_leader_epoch) {
        return refused(part, error);
    }
    let max_bytes = usize::try_from(part.partition_max_bytes).unwrap_or_default().min(left);
    match partition.read(Wanted {
        offset: Offset(part.fetch_offset),
        max_bytes,
        at_least_one,
    }) {
        Ok(outcome) => PartitionData::default()
            .with_partition_index(part.partition)
            .with_high_watermark(outcome.end.0)
            .with_last_stable_offset(outcome.end.0)
            .with_log_start_offset(outcome.start.0)
            .with_records(Some(outcome.records)),
        Err(error) => refused(part, errors::of_log(&error)),
    }
}

fn refused(part: &FetchPartition, error: ResponseError) -> PartitionData {
    PartitionData::default()
        .with_partition_index(part.partition)
        .with_error_code(error.code())
        .with_high_watermark(-1)
        .with_last_stable_offset(-1)
        .with_log_start_offset(-1)
        .with_records(Some(bytes::Bytes::new()))
}
