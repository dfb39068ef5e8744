//! `DescribeGroups`: who is in a group, and what each looks after.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};
use kafka_protocol::protocol::StrBytes;

use super::operations;
use crate::groups::group::{Group, State};
use crate::groups::member::Member;
use crate::node::Node;

/// From this version on a group that nobody knows is an error, before it is a state.
const WITH_NOT_FOUND: i16 = 6;

pub(super) fn answer(node: &Node, version: i16, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let told = operations::if_asked(request.include_authorized_operations, operations::GROUP);
    let groups = request.groups.into_iter().map(|id| {
        let with_members = node.groups.view(|groups| groups.get(&id.0).map(describe));
        with_members
            .unwrap_or_else(|| without_members(node, version, &id))
            .with_authorized_operations(told)
            .with_group_id(id)
    });
    DescribeGroupsResponse::default().with_groups(groups.collect())
}

fn describe(group: &Group) -> DescribedGroup {
    let members = group.members().iter().map(|member| describe_member(group, member));
    DescribedGroup::default()
        .with_group_state(StrBytes::from_static_str(group.state().name()))
        .with_protocol_type(group.protocol_type().clone())
        .with_protocol_data(group.protocol().clone())
        .with_members(members.collect())
}

fn describe_member(group: &Group, member: &Member) -> DescribedGroupMember {
    let described = DescribedGroupMember::default()
        .with_member_id(member.id.clone())
        .with_group_instance_id(member.instance.clone())
        .with_client_id(member.client_id.clone())
        .with_client_host(member.client_host.clone());
    if group.state() == State::Stable {
        described
            .with_member_metadata(member.metadata(group.protocol()))
            .with_member_assignment(member.assignment.clone())
    } else {
        described
    }
}

/// A group that committed offsets is empty; one that nobody ever saw is "dead", as Apache Kafka says.
fn without_members(node: &Node, version: i16, id: &GroupId) -> DescribedGroup {
    let described = DescribedGroup::default();
    if !node.offsets.all_of(id).is_empty() {
        return described.with_group_state(StrBytes::from_static_str(State::Empty.name()));
    }
    let dead = described.with_group_state(StrBytes::from_static_str("Dead"));
    if version >= WITH_NOT_FOUND {
        dead.with_error_code(ResponseError::GroupIdNotFound.code())
            .with_error_message(Some(StrBytes::from_string(format!("Group {} not found.", &***id))))
    } else {
        dead
    }
}
