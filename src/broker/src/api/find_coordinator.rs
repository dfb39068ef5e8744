//! `FindCoordinator`: who looks after a group (this node).

use kafka_protocol::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use crate::node::{NODE_ID, Node};

/// From this version on several keys are asked for at once.
const SEVERAL: i16 = 4;
/// Groups are 0, transactions 1: those find this node, which then refuses them (`InitProducerId`).
const KNOWN_TYPES: std::ops::RangeInclusive<i8> = 0..=1;
const GROUP: i8 = 0;

pub(super) fn answer(node: &Node, version: i16, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    let is_known = KNOWN_TYPES.contains(&request.key_type);
    if request.key_type == GROUP {
        node.topics.begin_internal();
    }
    let code = if is_known {
        0
    } else {
        ResponseError::InvalidRequest.code()
    };
    let (id, host, port) = if is_known {
        (NODE_ID, node.host(), node.port())
    } else {
        (BrokerId(-1), StrBytes::default(), -1)
    };
    let response = FindCoordinatorResponse::default();
    if version < SEVERAL {
        return response
            .with_error_code(code)
            .with_node_id(id)
            .with_host(host)
            .with_port(port);
    }
    let coordinator = |key| {
        Coordinator::default()
            .with_key(key)
            .with_error_code(code)
            .with_node_id(id)
            .with_host(host.clone())
            .with_port(port)
    };
    response.with_coordinators(request.coordinator_keys.into_iter().map(coordinator).collect())
}
