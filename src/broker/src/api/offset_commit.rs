//! `OffsetCommit`: how far a group has come.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestPartition;
use kafka_protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};

use crate::groups::group::Caller;
use crate::groups::offsets::{Committed, Place};
use crate::node::Node;

/// As Apache Kafka's `offset.metadata.max.bytes`.
const LONGEST_METADATA: usize = 4096;

pub(super) fn answer(node: &Node, request: &OffsetCommitRequest) -> OffsetCommitResponse {
    let allowed = may_commit(node, request);
    let mut commits = Vec::new();
    let mut verdicts = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let known = node.topics.get(&topic.name);
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for part in &topic.partitions {
            let exists = known
                .as_ref()
                .is_some_and(|topic| topic.partition(part.partition_index).is_some());
            let verdict = allowed.and_then(|()| check(part, exists));
            if verdict.is_ok() {
                let place = Place {
                    topic: topic.name.to_string(),
                    partition: part.partition_index,
                };
                commits.push((place, committed(part, node.now_ms())));
            }
            partitions.push((part.partition_index, verdict));
        }
        verdicts.push((topic.name.clone(), partitions));
    }
    let kept = keep(node, request, commits);
    let topics = verdicts.into_iter().map(|(name, partitions)| {
        let respond = |(index, verdict): (i32, Result<(), ResponseError>)| {
            let code = super::errors::code(verdict.and(kept));
            OffsetCommitResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(code)
        };
        OffsetCommitResponseTopic::default()
            .with_name(name)
            .with_partitions(partitions.into_iter().map(respond).collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

fn may_commit(node: &Node, request: &OffsetCommitRequest) -> Result<(), ResponseError> {
    let caller = Caller {
        member: request.member_id.clone(),
        instance: request.group_instance_id.clone(),
        generation: request.generation_id_or_member_epoch,
    };
    match node
        .groups
        .with(&request.group_id, |group, now| group.may_commit(&caller, now))
    {
        Some(verdict) => verdict,
        None if caller.generation < 0 => Ok(()),
        None => Err(ResponseError::IllegalGeneration),
    }
}

fn check(part: &OffsetCommitRequestPartition, exists: bool) -> Result<(), ResponseError> {
    if !exists {
        return Err(ResponseError::UnknownTopicOrPartition);
    }
    let metadata = part.committed_metadata.as_ref().map_or(0, |metadata| metadata.len());
    if metadata > LONGEST_METADATA {
        Err(ResponseError::OffsetMetadataTooLarge)
    } else {
        Ok(())
    }
}

fn committed(part: &OffsetCommitRequestPartition, now: i64) -> Committed {
    Committed {
        offset: part.committed_offset,
        leader_epoch: part.committed_leader_epoch,
        metadata: part
            .committed_metadata
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        at: now,
    }
}

fn keep(node: &Node, request: &OffsetCommitRequest, commits: Vec<(Place, Committed)>) -> Result<(), ResponseError> {
    node.offsets.commit(&request.group_id, commits).map_err(|error| {
        tracing::error!(%error, group = &**request.group_id, "offsets could not be kept; the client is told to try again. Look after the disk of --data");
        ResponseError::CoordinatorNotAvailable
    })
}
