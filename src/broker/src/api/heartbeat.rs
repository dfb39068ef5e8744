//! `Heartbeat`: a member's sign of life.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{HeartbeatRequest, HeartbeatResponse};

use super::errors;
use crate::groups::group::Caller;
use crate::node::Node;

pub(super) fn answer(node: &Node, request: HeartbeatRequest) -> HeartbeatResponse {
    let caller = Caller {
        member: request.member_id,
        instance: request.group_instance_id,
        generation: request.generation_id,
    };
    let heard = node
        .groups
        .with(&request.group_id, |group, now| group.heartbeat(&caller, now));
    HeartbeatResponse::default().with_error_code(errors::code(heard.unwrap_or(Err(ResponseError::UnknownMemberId))))
}
