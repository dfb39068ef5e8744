//! `SyncGroup`: answered when the leader has shared out.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{SyncGroupRequest, SyncGroupResponse};

use super::{Call, Reply};
use crate::groups::group::{Caller, Synced};
use crate::groups::rebalance::Sync;
use crate::node::Node;

pub(super) fn answer(node: &Arc<Node>, call: Call, request: SyncGroupRequest) -> Reply {
    let version = call.version;
    let caller = Caller {
        member: request.member_id,
        instance: request.group_instance_id,
        generation: request.generation_id,
    };
    let sync = Sync {
        ticket: node.groups.ticket(),
        caller,
        protocol_type: request.protocol_type,
        protocol: request.protocol_name,
        assignments: request
            .assignments
            .into_iter()
            .map(|share| (share.member_id, share.assignment))
            .collect(),
    };
    let waits = node.groups.sync(&request.group_id, &sync);
    let stop = call.stop;
    Reply::later(async move {
        let restarting = ResponseError::CoordinatorNotAvailable;
        let synced = tokio::select! {
            synced = waits => synced.unwrap_or(Err(restarting)),
            () = stop.cancelled() => Err(restarting),
        };
        respond(version, synced)
    })
}

fn respond(version: i16, synced: Result<Synced, ResponseError>) -> SyncGroupResponse {
    match synced {
        Ok(synced) => {
            let response = SyncGroupResponse::default().with_assignment(synced.assignment);
            if version >= 5 {
                response
                    .with_protocol_type(Some(synced.protocol_type))
                    .with_protocol_name(Some(synced.protocol))
            } else {
                response
            }
        }
        Err(error) => SyncGroupResponse::default().with_error_code(error.code()),
    }
}
