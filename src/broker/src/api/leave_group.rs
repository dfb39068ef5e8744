//! `LeaveGroup`: members say goodbye.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::errors;
use crate::node::Node;

/// From this version on several members can leave at once.
const SEVERAL: i16 = 3;

pub(super) fn answer(node: &Node, version: i16, request: &LeaveGroupRequest) -> LeaveGroupResponse {
    let leave = |member: &StrBytes, instance: Option<&StrBytes>| {
        let left = node
            .groups
            .with(&request.group_id, |group, now| group.leave(member, instance, now));
        errors::code(left.unwrap_or(Err(ResponseError::UnknownMemberId)))
    };
    if version < SEVERAL {
        return LeaveGroupResponse::default().with_error_code(leave(&request.member_id, None));
    }
    let one = |member: &MemberIdentity| {
        let code = leave(&member.member_id, member.group_instance_id.as_ref());
        MemberResponse::default()
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
            .with_error_code(code)
    };
    LeaveGroupResponse::default().with_members(request.members.iter().map(one).collect())
}
