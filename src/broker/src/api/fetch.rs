//! `Fetch`: whole batches from an offset on, waiting (long poll) until there are enough. Fetch sessions are not kept:
//! every answer says session 0, so that clients always ask for all they want. A request that asks for everything, by the
//! first epoch or by the final one (with any session id, as low-level clients send it), is answered; one that goes on from
//! an earlier answer is told that its session is not known.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answer_memory::Held;
use super::{Call, errors};
use crate::log::{Offset, Partition, Wanted};
use crate::node::Node;

/// From this version on topics are named by their id.
const BY_ID: i16 = 13;
/// No answer is larger than this, unless a single batch is.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const READ_COMMITTED: i8 = 1;
/// The epochs of a full fetch (KIP-227): the one that would begin a session, and the one that wants none.
const FULL_FETCH: [i32; 2] = [0, -1];

/// What one pass over the partitions found.
struct Pass {
    topics: Vec<FetchableTopicResponse>,
    bytes: usize,
    has_error: bool,
}

pub(super) async fn answer(node: Arc<Node>, call: Call, request: FetchRequest) -> (FetchResponse, Option<Held>) {
    let failed = |error: ResponseError| (FetchResponse::default().with_error_code(error.code()), None);
    if !FULL_FETCH.contains(&request.session_epoch) {
        return failed(ResponseError::FetchSessionIdNotFound);
    }
    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or_default()).min(LONGEST_WAIT);
    let enough = usize::try_from(request.min_bytes).unwrap_or_default();
    let deadline = Instant::now() + wait;
    let request = Arc::new(request);
    loop {
        let more = Arc::new(Notify::new());
        let Some((pass, held)) = read_beside(&node, call.version, &request, &more).await else {
            return failed(ResponseError::KafkaStorageError);
        };
        let is_over = pass.bytes >= enough || pass.has_error || Instant::now() >= deadline || call.stop.is_cancelled();
        if is_over {
            return (FetchResponse::default().with_responses(pass.topics), Some(held));
        }
        drop((pass, held));
        tokio::select! {
            () = more.notified() => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = call.stop.cancelled() => {}
        }
    }
}

/// Reads the disk beside the threads that serve, where there is anything to read.
async fn read_beside(
    node: &Arc<Node>,
    version: i16,
    request: &Arc<FetchRequest>,
    more: &Arc<Notify>,
) -> Option<(Pass, Held)> {
    let memory = &node.answers;
    if !find(node, request, more).iter().any(Wish::has_more) {
        return Some((read(node, version, request, 0), memory.hold(0)));
    }
    let _reader = memory.readers.acquire().await.ok()?;
    let most = memory.left();
    let reading = {
        let (node, request) = (Arc::clone(node), Arc::clone(request));
        move || read(&node, version, &request, most)
    };
    let pass = tokio::task::spawn_blocking(reading).await.ok()?;
    let held = memory.hold(pass.bytes);
    Some((pass, held))
}

/// A partition, and the offset from which on it is wanted.
struct Wish {
    partition: Option<Arc<Partition>>,
    offset: Offset,
}

impl Wish {
    fn has_more(&self) -> bool {
        let partition = self.partition.as_ref();
        partition.is_none_or(|partition| partition.has_more_than(self.offset))
    }
}

/// The partitions that are wanted; `more` is notified when one of them grows.
fn find(node: &Node, request: &FetchRequest, more: &Arc<Notify>) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for wanted in &request.topics {
        let topic = node.topics.find(&wanted.topic, wanted.topic_id);
        for part in &wanted.partitions {
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition));
            if let Some(partition) = &partition {
                partition.wake_on_more(more);
            }
            wishes.push(Wish {
                partition,
                offset: Offset(part.fetch_offset),
            });
        }
    }
    wishes
}

fn read(node: &Node, version: i16, request: &FetchRequest, most: usize) -> Pass {
    let asked = usize::try_from(request.max_bytes).unwrap_or_default();
    let mut left = asked.min(LARGEST_ANSWER).min(most);
    let mut pass = Pass {
        topics: Vec::with_capacity(request.topics.len()),
        bytes: 0,
        has_error: false,
    };
    // A partition that is named again is not read again.
    let mut seen = HashSet::new();
    for wanted in &request.topics {
        let topic = node.topics.find(&wanted.topic, wanted.topic_id);
        let mut partitions = Vec::with_capacity(wanted.partitions.len());
        for part in &wanted.partitions {
            if !seen.insert((wanted.topic.clone(), wanted.topic_id, part.partition)) {
                continue;
            }
            let partition = topic.as_ref().and_then(|topic| topic.partition(part.partition));
            let data = match partition.ok_or_else(|| unknown(wanted)) {
                Ok(partition) => read_one(&partition, part, left, pass.bytes == 0),
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
