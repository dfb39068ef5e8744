//! `Metadata`: which topics there are, and where they live (here). A topic that is not there is made, where broker and client
//! allow it; those of the shop are not: whoever needs them first declares them, with their settings.

use std::collections::HashSet;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::{errors, operations};
use crate::node::{NODE_ID, Node};
use crate::topics::config::TopicConfig;
use crate::topics::{INTERNAL, Topic, TopicError, check_name};

pub(super) fn answer(node: &Node, version: i16, request: MetadataRequest) -> MetadataResponse {
    let may_create = node.settings.auto_create_topics && (request.allow_auto_topic_creation || version < 4);
    let told = operations::if_asked(request.include_topic_authorized_operations, operations::TOPIC);
    // Version 0 asks for all topics by naming none.
    let topics: Vec<_> = match request.topics {
        Some(asked) if version > 0 || !asked.is_empty() => each_once(asked)
            .map(|topic| look_up(node, version, topic, may_create))
            .collect(),
        _ => node.topics.all().iter().map(|topic| describe(topic, version)).collect(),
    };
    let topics = topics
        .into_iter()
        .map(|topic| topic.with_topic_authorized_operations(told));
    let broker = MetadataResponseBroker::default()
        .with_node_id(NODE_ID)
        .with_host(node.host())
        .with_port(node.port());
    let cluster_id = StrBytes::from_string(node.folder.cluster_id.clone());
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(cluster_id))
        .with_controller_id(NODE_ID)
        .with_cluster_authorized_operations(operations::if_asked(
            request.include_cluster_authorized_operations,
            operations::CLUSTER,
        ))
        .with_topics(topics.collect())
}

/// What a request names twice is answered once, as Apache Kafka does.
fn each_once(asked: Vec<MetadataRequestTopic>) -> impl Iterator<Item = MetadataRequestTopic> {
    let mut seen = HashSet::new();
    asked
        .into_iter()
        .filter(move |topic| seen.insert((topic.name.clone(), topic.topic_id)))
}

fn look_up(node: &Node, version: i16, asked: MetadataRequestTopic, may_create: bool) -> MetadataResponseTopic {
    let name = asked.name.clone().unwrap_or_default();
    if let Some(topic) = node.topics.find(&name, asked.topic_id) {
        return describe(&topic, version);
    }
    let error = if !asked.topic_id.is_nil() {
        ResponseError::UnknownTopicId
    } else if !check_name(&name) {
        ResponseError::InvalidTopicException
    } else if may_create && !is_declared(&name) {
        match create(node, &name) {
            Ok(topic) => return describe(&topic, version),
            Err(error) => errors::of_topic(&error),
        }
    } else {
        ResponseError::UnknownTopicOrPartition
    };
    let unknown = MetadataResponseTopic::default().with_error_code(error.code());
    if asked.topic_id.is_nil() {
        unknown.with_name(asked.name)
    } else {
        unknown.with_name(None).with_topic_id(asked.topic_id)
    }
}

fn create(node: &Node, name: &str) -> Result<Arc<Topic>, TopicError> {
    let created = node
        .topics
        .create(name, node.settings.default_partitions, TopicConfig::default());
    match created {
        // Another client asked for it at the same moment.
        Err(TopicError::Exists) => node.topics.get(name).ok_or(TopicError::Unknown),
        created => created,
    }
}

/// The shop's own topics have settings that only shop and sink know; made here, they would keep the wrong ones.
fn is_declared(name: &str) -> bool {
    schemas::Topic::ALL.iter().any(|topic| topic.name() == name) || name == INTERNAL
}

fn describe(topic: &Topic, version: i16) -> MetadataResponseTopic {
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(NODE_ID)
            .with_leader_epoch(if version >= 7 { 0 } else { -1 })
            .with_replica_nodes(vec![NODE_ID])
            .with_isr_nodes(vec![NODE_ID])
    };
    let described = MetadataResponseTopic::default()
        .with_name(Some(TopicName(StrBytes::from_string(topic.name.clone()))))
        .with_is_internal(topic.name == INTERNAL)
        .with_partitions((0..topic.width()).map(partition).collect());
    if version >= 10 {
        described.with_topic_id(topic.id)
    } else {
        described
    }
}
