//! `IncrementalAlterConfigs`: changes single settings of topics; all of one topic's changes, or none.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::configs::{self, Refused};
use crate::node::Node;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

pub(super) fn answer(node: &Node, request: IncrementalAlterConfigsRequest) -> IncrementalAlterConfigsResponse {
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
    IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
}

fn alter(node: &Node, resource: &AlterConfigsResource, dry_run: bool) -> Result<(), Refused> {
    let topic = configs::altered_topic(node, resource.resource_type, &resource.resource_name)?;
    let mut config = topic.config();
    for change in &resource.configs {
        match change.config_operation {
            SET => configs::apply(&mut config, &change.name, change.value.as_ref()),
            DELETE => configs::apply(&mut config, &change.name, None),
            APPEND => configs::change_list(&mut config, &change.name, change.value.as_ref(), true),
            SUBTRACT => configs::change_list(&mut config, &change.name, change.value.as_ref(), false),
            _ => return Err(ResponseError::InvalidRequest.into()),
        }?;
    }
    configs::configure(node, &topic, config, dry_run)
}
