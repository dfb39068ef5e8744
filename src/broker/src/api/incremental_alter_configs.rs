//! `IncrementalAlterConfigs`: changes single settings of topics; all of one topic's changes, or none.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::{configs, errors};
use crate::node::Node;
use crate::topics::TopicError;

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
            Ok(Ok(())) => response,
            Ok(Err(error)) => response
                .with_error_code(errors::of_topic(&error).code())
                .with_error_message(Some(errors::words(&error))),
            Err(error) => response
                .with_error_code(error.code())
                .with_error_message(configs::why_refused(error)),
        }
    });
    IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
}

fn alter(node: &Node, resource: &AlterConfigsResource, dry_run: bool) -> Result<Result<(), TopicError>, ResponseError> {
    let topic = configs::altered_topic(node, resource.resource_type, &resource.resource_name)?;
    let mut config = topic.config();
    for change in &resource.configs {
        let changed = match change.config_operation {
            SET => configs::apply(&mut config, &change.name, change.value.as_ref()),
            DELETE => configs::apply(&mut config, &change.name, None),
            APPEND => configs::change_list(&mut config, &change.name, change.value.as_ref(), true),
            SUBTRACT => configs::change_list(&mut config, &change.name, change.value.as_ref(), false),
            _ => return Err(ResponseError::InvalidRequest),
        };
        if let Err(error) = changed {
            return Ok(Err(error.into()));
        }
    }
    Ok(if dry_run {
        Ok(())
    } else {
        node.topics.configure(&topic, config)
    })
}
