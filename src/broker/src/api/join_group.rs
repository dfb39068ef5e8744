//! `JoinGroup`: answered when the rebalance is complete.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::{Call, Reply};
use crate::groups::group::{JoinRefused, Joined};
use crate::groups::member::Protocol;
use crate::groups::rebalance::Join;
use crate::node::Node;

pub(super) fn answer(node: &Arc<Node>, call: Call, request: JoinGroupRequest) -> Reply {
    let version = call.version;
    if request.group_id.is_empty() {
        let refused = JoinRefused {
            error: ResponseError::InvalidGroupId,
            member: request.member_id,
        };
        return Reply::now(respond(version, Err(refused)));
    }
    let group = request.group_id.0.clone();
    let waits = node.groups.join(&group, to_join(node, &call, request));
    let stop = call.stop;
    Reply::later(async move {
        let restarting = JoinRefused {
            error: ResponseError::CoordinatorNotAvailable,
            member: StrBytes::default(),
        };
        let joined = tokio::select! {
            joined = waits => joined.unwrap_or(Err(restarting)),
            () = stop.cancelled() => Err(restarting),
        };
        respond(version, joined)
    })
}

fn to_join(node: &Node, call: &Call, request: JoinGroupRequest) -> Join {
    let millis = |ms: i32| Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    // Version 0 knows one time-out for both.
    let rebalance = if call.version == 0 {
        request.session_timeout_ms
    } else {
        request.rebalance_timeout_ms
    };
    let prefix = request.group_instance_id.as_ref().unwrap_or(&call.client_id);
    let protocols = request.protocols.into_iter().map(|known| Protocol {
        name: known.name,
        metadata: known.metadata,
    });
    Join {
        ticket: node.groups.ticket(),
        fresh_id: StrBytes::from_string(format!("{}-{}", &**prefix, Uuid::new_v4())),
        member: request.member_id,
        instance: request.group_instance_id,
        client_id: call.client_id.clone(),
        client_host: call.client_host.clone(),
        session_timeout: millis(request.session_timeout_ms),
        rebalance_timeout: millis(rebalance),
        protocol_type: request.protocol_type,
        protocols: protocols.collect(),
        id_first: call.version >= 4,
        can_skip_assignment: call.version >= 9,
    }
}

fn respond(version: i16, joined: Result<Joined, JoinRefused>) -> JoinGroupResponse {
    let joined = match joined {
        Ok(joined) => joined,
        Err(refused) => {
            return JoinGroupResponse::default()
                .with_error_code(refused.error.code())
                .with_generation_id(-1)
                .with_protocol_name(Some(StrBytes::default()))
                .with_member_id(refused.member);
        }
    };
    let member = |(id, instance, metadata)| {
        let member = JoinGroupResponseMember::default()
            .with_member_id(id)
            .with_metadata(metadata);
        if version >= 5 {
            member.with_group_instance_id(instance)
        } else {
            member
        }
    };
    let response = JoinGroupResponse::default()
        .with_generation_id(joined.generation)
        .with_protocol_name(Some(joined.protocol))
        .with_leader(joined.leader)
        .with_skip_assignment(joined.skip_assignment)
        .with_member_id(joined.member)
        .with_members(joined.members.into_iter().map(member).collect());
    if version >= 7 {
        response.with_protocol_type(Some(joined.protocol_type))
    } else {
        response
    }
}
