//! `Produce`: batches into the log. `acks=1` and `acks=all` are the same on a single node: both wait for the group fsync, unless the topic
//! says otherwise (`flush.messages`).

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, ProduceResponse, TopicProduceResponse};

use super::{Reply, errors};
use crate::log::{AppendRules, Appended, LogError};
use crate::node::Node;
use crate::topics::{INTERNAL, Topic};

/// From this version on topics are named by their id.
const BY_ID: i16 = 13;

/// One partition's batch, written or refused.
struct Outcome {
    index: i32,
    date: Option<i64>,
    result: Result<Appended, Refusal>,
}

struct Refusal {
    error: ResponseError,
    words: Option<String>,
}

impl From<ResponseError> for Refusal {
    fn from(error: ResponseError) -> Self {
        Self { error, words: None }
    }
}

impl From<LogError> for Refusal {
    fn from(error: LogError) -> Self {
        Self {
            error: errors::of_log(&error),
            words: Some(error.to_string()),
        }
    }
}

pub(super) fn answer(node: &Arc<Node>, version: i16, request: ProduceRequest) -> Reply {
    let acks = request.acks;
    let refusal = if !(-1..=1).contains(&acks) {
        Some(ResponseError::InvalidRequiredAcks)
    } else if request.transactional_id.is_some() {
        Some(ResponseError::TransactionalIdAuthorizationFailed)
    } else {
        None
    };
    let mut topics = Vec::with_capacity(request.topic_data.len());
    for sent in request.topic_data {
        let response = TopicProduceResponse::default();
        let response = if version >= BY_ID {
            response.with_topic_id(sent.topic_id)
        } else {
            response.with_name(sent.name.clone())
        };
        topics.push((response, write(node, sent, refusal)));
    }
    if acks == 0 {
        Reply::Silent
    } else {
        Reply::later(acknowledge(topics))
    }
}

fn write(node: &Node, sent: TopicProduceData, refusal: Option<ResponseError>) -> Vec<Outcome> {
    let unknown = if sent.topic_id.is_nil() {
        ResponseError::UnknownTopicOrPartition
    } else {
        ResponseError::UnknownTopicId
    };
    let topic = node.topics.find(&sent.name, sent.topic_id).ok_or(unknown);
    let topic = refusal.map_or(topic, Err).and_then(writable);
    let date = match &topic {
        Ok(topic) if topic.config().dates_on_append() => Some(node.now_ms()),
        _ => None,
    };
    let one = |partition: PartitionProduceData| Outcome {
        index: partition.index,
        date,
        result: topic
            .as_ref()
            .map_err(|error| Refusal::from(*error))
            .and_then(|topic| write_one(topic, &partition, date)),
    };
    sent.partition_data.into_iter().map(one).collect()
}

/// What groups commit is not written by producers.
fn writable(topic: Arc<Topic>) -> Result<Arc<Topic>, ResponseError> {
    if topic.name == INTERNAL {
        Err(ResponseError::InvalidTopicException)
    } else {
        Ok(topic)
    }
}

fn write_one(topic: &Topic, sent: &PartitionProduceData, date: Option<i64>) -> Result<Appended, Refusal> {
    let partition = topic
        .partition(sent.index)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    let batch = sent.records.as_ref().ok_or(ResponseError::InvalidRecord)?;
    let config = topic.config();
    let rules = AppendRules {
        max_batch: config.max_batch(),
        segment_bytes: config.segment_bytes(),
        date,
        codec: config.codec(),
        needs_keys: config.compaction().is_some(),
        waits_for_disk: config.waits_for_disk(),
    };
    Ok(partition.append(batch, rules)?)
}

async fn acknowledge(topics: Vec<(TopicProduceResponse, Vec<Outcome>)>) -> ProduceResponse {
    let mut responses = Vec::with_capacity(topics.len());
    for (topic, outcomes) in topics {
        let mut partitions = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            partitions.push(acknowledge_one(outcome).await);
        }
        responses.push(topic.with_partition_responses(partitions));
    }
    ProduceResponse::default().with_responses(responses)
}

async fn acknowledge_one(outcome: Outcome) -> PartitionProduceResponse {
    let response = PartitionProduceResponse::default()
        .with_index(outcome.index)
        .with_base_offset(-1)
        .with_log_append_time_ms(-1);
    let appended = match outcome.result {
        Ok(appended) => appended,
        Err(refusal) => {
            let words = refusal.words.map(Into::into);
            return response.with_error_code(refusal.error.code()).with_error_message(words);
        }
    };
    let (base, start) = (appended.placed.base, appended.start);
    if !appended.on_disk().await {
        return response.with_error_code(ResponseError::KafkaStorageError.code());
    }
    response
        .with_base_offset(base.0)
        .with_log_append_time_ms(outcome.date.unwrap_or(-1))
        .with_log_start_offset(start.0)
}
