//! `DeleteGroups`: forgets groups without members, and what they committed.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse, GroupId};

use super::errors;
use crate::groups::coordinator::Forgotten;
use crate::node::Node;

pub(super) fn answer(node: &Node, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let results = request.groups_names.into_iter().map(|id| {
        let code = errors::code(delete(node, &id));
        DeletableGroupResult::default().with_group_id(id).with_error_code(code)
    });
    DeleteGroupsResponse::default().with_results(results.collect())
}

fn delete(node: &Node, id: &GroupId) -> Result<(), ResponseError> {
    let group = node.groups.forget(id);
    if group == Forgotten::HasMembers {
        return Err(ResponseError::NonEmptyGroup);
    }
    match node.offsets.forget_group(id) {
        Ok(had_offsets) if had_offsets || group == Forgotten::Gone => Ok(()),
        Ok(_) => Err(ResponseError::GroupIdNotFound),
        Err(error) => {
            tracing::error!(%error, group = &***id, "a group could not be forgotten; the client is told to try again. Look after the disk of --data");
            Err(ResponseError::CoordinatorNotAvailable)
        }
    }
}
