//! `AlterConfigs`, the older request: replaces all settings of a topic by those that it names.

use kafka_protocol::messages::alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};

use super::configs::{self, Refused};
use crate::node::Node;
use crate::topics::config::TopicConfig;

pub(super) fn answer(node: &Node, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let responses = request.resources.into_iter().map(|resource| {
        let response = AlterConfigsResourceResponse::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match alter(node, &resource, request.validate_only) {
            Ok(()) => response,
            Err(refused) => response
                .with_error_code(refused.code())
                .with_error_message(refused.words()),
        }
    });
    AlterConfigsResponse::default().with_responses(responses.collect())
}

fn alter(node: &Node, resource: &AlterConfigsResource, dry_run: bool) -> Result<(), Refused> {
    let topic = configs::altered_topic(node, resource.resource_type, &resource.resource_name)?;
    let mut config = TopicConfig::default();
    for setting in &resource.configs {
        configs::apply(&mut config, &setting.name, setting.value.as_ref())?;
    }
    configs::configure(node, &topic, config, dry_run)
}
