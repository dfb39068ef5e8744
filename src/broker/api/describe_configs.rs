//! `DescribeConfigs`: a topic's settings, and the few of the node that tools ask for.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use super::configs;
use crate::broker::node::{NODE_ID, Node};
use crate::broker::topics::config::{Key, Kind, TopicConfig};

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
        _ => Err(ResponseError::InvalidRequest),
    }
}

fn of_topic(config: &TopicConfig, key: Key) -> DescribeConfigsResourceResult {
    setting(key.name(), config.value(key).to_owned(), key.kind()).with_config_source(configs::source(config, key))
}

fn of_broker(node: &Node) -> Vec<DescribeConfigsResourceResult> {
    let values = [
        ("broker.id", NODE_ID.0.to_string(), Kind::Int),
        (
            "auto.create.topics.enable",
            node.settings.auto_create_topics.to_string(),
            Kind::Text,
        ),
        ("default.replication.factor", "1".to_owned(), Kind::Int),
        (
            "num.partitions",
            node.settings.default_partitions.to_string(),
            Kind::Int,
        ),
        (
            "message.max.bytes",
            Key::MaxMessageBytes.default().to_owned(),
            Kind::Int,
        ),
        ("log.segment.bytes", Key::SegmentBytes.default().to_owned(), Kind::Int),
        ("log.retention.ms", Key::RetentionMs.default().to_owned(), Kind::Long),
    ];
    values
        .into_iter()
        .map(|(name, value, kind)| {
            setting(name, value, kind)
                .with_read_only(true)
                .with_config_source(FROM_BROKER)
        })
        .collect()
}

fn setting(name: &'static str, value: String, kind: Kind) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(name))
        .with_value(Some(StrBytes::from_string(value)))
        .with_config_type(kind as i8)
}
