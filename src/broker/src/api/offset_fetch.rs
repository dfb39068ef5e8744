//! `OffsetFetch`: how far groups have come.

use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use crate::groups::offsets::{Committed, Place};
use crate::node::Node;

/// From this version on several groups are asked for at once.
const SEVERAL: i16 = 8;

/// A topic's partitions, each with what was committed for it.
type Known = Vec<(TopicName, Vec<(i32, Option<Committed>)>)>;

pub(super) fn answer(node: &Node, version: i16, request: OffsetFetchRequest) -> OffsetFetchResponse {
    if version < SEVERAL {
        let asked = request.topics.map(|topics| {
            topics
                .into_iter()
                .map(|topic| (topic.name, topic.partition_indexes))
                .collect()
        });
        let topics = look_up(node, &request.group_id, asked).into_iter().map(single);
        return OffsetFetchResponse::default().with_topics(topics.collect());
    }
    let groups = request.groups.into_iter().map(|group| {
        let asked = group.topics.map(|topics| {
            topics
                .into_iter()
                .map(|topic| (topic.name, topic.partition_indexes))
                .collect()
        });
        let topics = look_up(node, &group.group_id, asked).into_iter().map(several);
        OffsetFetchResponseGroup::default()
            .with_topics(topics.collect())
            .with_group_id(group.group_id)
    });
    OffsetFetchResponse::default().with_groups(groups.collect())
}

/// What a group committed for the partitions asked for, or for all.
fn look_up(node: &Node, group: &str, asked: Option<Vec<(TopicName, Vec<i32>)>>) -> Known {
    let Some(asked) = asked else {
        return all(node, group);
    };
    let known = |name: &TopicName, partition| {
        node.offsets.committed(
            group,
            &Place {
                topic: name.to_string(),
                partition,
            },
        )
    };
    let topic = |(name, indexes): (TopicName, Vec<i32>)| {
        let partitions = indexes.into_iter().map(|index| (index, known(&name, index))).collect();
        (name, partitions)
    };
    asked.into_iter().map(topic).collect()
}

fn all(node: &Node, group: &str) -> Known {
    let mut topics = Known::new();
    for (place, committed) in node.offsets.all_of(group) {
        let partition = (place.partition, Some(committed));
        match topics.last_mut() {
            Some((name, partitions)) if **name == *place.topic => partitions.push(partition),
            _ => topics.push((TopicName(StrBytes::from_string(place.topic)), vec![partition])),
        }
    }
    topics
}

fn single((name, partitions): (TopicName, Vec<(i32, Option<Committed>)>)) -> OffsetFetchResponseTopic {
    let partition = |(index, committed): (i32, Option<Committed>)| {
        let (offset, epoch, metadata) = or_none(committed);
        OffsetFetchResponsePartition::default()
            .with_partition_index(index)
            .with_committed_offset(offset)
            .with_committed_leader_epoch(epoch)
            .with_metadata(metadata)
    };
    OffsetFetchResponseTopic::default()
        .with_name(name)
        .with_partitions(partitions.into_iter().map(partition).collect())
}

fn several((name, partitions): (TopicName, Vec<(i32, Option<Committed>)>)) -> OffsetFetchResponseTopics {
    let partition = |(index, committed): (i32, Option<Committed>)| {
        let (offset, epoch, metadata) = or_none(committed);
        OffsetFetchResponsePartitions::default()
            .with_partition_index(index)
            .with_committed_offset(offset)
            .with_committed_leader_epoch(epoch)
            .with_metadata(metadata)
    };
    OffsetFetchResponseTopics::default()
        .with_name(name)
        .with_partitions(partitions.into_iter().map(partition).collect())
}

/// Nothing committed is offset -1, not an error.
fn or_none(committed: Option<Committed>) -> (i64, i32, Option<StrBytes>) {
    let known = committed.unwrap_or(Committed {
        offset: -1,
        leader_epoch: -1,
        metadata: String::new(),
        at: 0,
    });
    (
        known.offset,
        known.leader_epoch,
        Some(StrBytes::from_string(known.metadata)),
    )
}
