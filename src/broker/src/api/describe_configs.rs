//! `DescribeConfigs`: a topic's settings, and the few of the node that tools ask for.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use super::configs;
use crate::node::{NODE_ID, Node};
use crate::topics::config::{Key, Kind, TopicConfig};

/// Where a value comes from: how this broker is built or was started.
const FROM_BROKER: i8 = 4;

pub(super) fn answer(node: &Node, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    let describe = |resource: &DescribeConfigsResource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match settings(node, resource) {
            Ok(mut configs) => {
                if let Some(wanted) = &resource.configuration_keys {
                    configs.retain(|config| wanted.contains(&config.name));
                }
                result.with_configs(configs)
            }
            Err(error) => result.with_error_code(error.code()),
        }
    };
    DescribeConfigsResponse::default().with_results(request.resources.iter().map(describe).collect())
}

fn settings(
    node: &Node,
    resource: &DescribeConfigsResource,
) -> Result<Vec<DescribeConfigsResourceResult>, ResponseError> {
    match resource.resource_type {
        configs::TOPIC => {
            let topic = node
                .topics
                .get(&resource.resource_name)
                .ok_or(ResponseError::UnknownTopicOrPartition)?;
            let config = topic.config();
            Ok(Key::ALL.into_iter().map(|key| of_topic(&config, key)).collect())
        }
        configs::BROKER if *resource.resource_name == *NODE_ID.0.to_string() => Ok(of_broker(node)),
        // What is set for all nodes while they run: nothing.
        configs::BROKER if resource.resource_name.is_empty() => Ok(Vec::new()),
        _ => Err(ResponseError::InvalidRequest),
    }
}

fn of_topic(config: &TopicConfig, key: Key) -> DescribeConfigsResourceResult {
    setting(key.name(), config.value(key).to_owned(), key.kind()).with_config_source(configs::source(config, key))
}

/// What Apache Kafka's tools and libraries ask of a node, as far as it means something here.
fn of_broker(node: &Node) -> Vec<DescribeConfigsResourceResult> {
    let listener = format!("PLAINTEXT://{}", node.address);
    let settings = &node.settings;
    let as_topics = |key: Key| (key.default().to_owned(), key.kind());
    let number = |value: String| (value, Kind::Int);
    let text = |value: &str| (value.to_owned(), Kind::Text);
    let flag = |value: bool| (value.to_string(), Kind::Boolean);
    let values = [
        ("advertised.listeners", text(&listener)),
        ("auto.create.topics.enable", flag(settings.auto_create_topics)),
        ("broker.id", number(NODE_ID.0.to_string())),
        ("compression.type", as_topics(Key::CompressionType)),
        (
            "connections.max.idle.ms",
            (settings.idle_timeout.as_millis().to_string(), Kind::Long),
        ),
        ("default.replication.factor", number("1".to_owned())),
        ("delete.topic.enable", flag(true)),
        ("group.max.session.timeout.ms", number("1800000".to_owned())),
        ("group.min.session.timeout.ms", number("1".to_owned())),
        ("listeners", text(&listener)),
        ("log.cleaner.delete.retention.ms", as_topics(Key::DeleteRetentionMs)),
        ("log.cleaner.enable", flag(true)),
        (
            "log.cleaner.min.cleanable.ratio",
            as_topics(Key::MinCleanableDirtyRatio),
        ),
        ("log.cleanup.policy", as_topics(Key::CleanupPolicy)),
        ("log.dirs", text(&node.folder.path.to_string_lossy())),
        ("log.message.timestamp.type", as_topics(Key::MessageTimestampType)),
        ("log.retention.bytes", as_topics(Key::RetentionBytes)),
        (
            "log.retention.check.interval.ms",
            (settings.retention_check_interval.as_millis().to_string(), Kind::Long),
        ),
        ("log.retention.ms", as_topics(Key::RetentionMs)),
        ("log.roll.ms", as_topics(Key::SegmentMs)),
        ("log.segment.bytes", as_topics(Key::SegmentBytes)),
        ("max.connections", number(settings.max_connections.to_string())),
        ("message.max.bytes", as_topics(Key::MaxMessageBytes)),
        ("min.insync.replicas", as_topics(Key::MinInsyncReplicas)),
        ("node.id", number(NODE_ID.0.to_string())),
        ("num.partitions", number(settings.default_partitions.to_string())),
        ("offset.metadata.max.bytes", number("4096".to_owned())),
        (
            "offsets.retention.minutes",
            number((settings.offsets_retention.as_secs() / 60).to_string()),
        ),
        (
            "socket.request.max.bytes",
            number(settings.max_request_bytes.to_string()),
        ),
    ];
    let described = |(name, (value, kind))| {
        setting(name, value, kind)
            .with_read_only(true)
            .with_config_source(FROM_BROKER)
    };
    values.into_iter().map(described).collect()
}

fn setting(name: &'static str, value: String, kind: Kind) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(name))
        .with_value(Some(StrBytes::from_string(value)))
        .with_config_type(kind as i8)
}
