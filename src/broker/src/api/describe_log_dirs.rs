//! `DescribeLogDirs`: how much each partition takes on the disk.

use kafka_protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use kafka_protocol::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use crate::node::Node;
use crate::topics::Topic;

/// What the protocol says where the size of the disk isn't told.
const NOT_TOLD: i64 = -1;

pub(super) fn answer(node: &Node, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
    let topics: Vec<_> = match request.topics {
        None => node.topics.all().iter().map(|topic| sizes(topic, None)).collect(),
        Some(asked) => {
            let known = asked.iter().filter_map(|asked| {
                let topic = node.topics.get(&asked.topic)?;
                Some(sizes(&topic, Some(&asked.partitions)))
            });
            known.collect()
        }
    };
    let folder = DescribeLogDirsResult::default()
        .with_log_dir(StrBytes::from_string(node.folder.path.to_string_lossy().into_owned()))
        .with_total_bytes(NOT_TOLD)
        .with_usable_bytes(NOT_TOLD)
        .with_topics(topics);
    DescribeLogDirsResponse::default().with_results(vec![folder])
}

fn sizes(topic: &Topic, wanted: Option<&[i32]>) -> DescribeLogDirsTopic {
    let partitions = topic.partitions();
    let partitions = (0..)
        .zip(&partitions)
        .filter(|(index, _)| wanted.is_none_or(|wanted| wanted.contains(index)));
    let size = |(index, partition): (i32, &std::sync::Arc<crate::log::Partition>)| {
        DescribeLogDirsPartition::default()
            .with_partition_index(index)
            .with_partition_size(i64::try_from(partition.log().bytes()).unwrap_or(i64::MAX))
    };
    DescribeLogDirsTopic::default()
        .with_name(TopicName(StrBytes::from_string(topic.name.clone())))
        .with_partitions(partitions.map(size).collect())
}
