//! `DescribeGroups`: who is in a group, and what each looks after.

use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};
use kafka_protocol::protocol::StrBytes;

use crate::broker::groups::group::{Group, State};
use crate::broker::groups::member::Member;
use crate::broker::node::Node;

pub(super) fn answer(node: &Node, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let groups = request.groups.into_iter().map(|id| {
        let with_members = node.groups.view(|groups| groups.get(&id.0).map(describe));
        with_members
            .unwrap_or_else(|| without_members(node, &id))
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
fn without_members(node: &Node, id: &GroupId) -> DescribedGroup {
    let state = if node.offsets.all_of(id).is_empty() {
        "Dead"
    } else {
        State::Empty.name()
    };
    DescribedGroup::default().with_group_state(StrBytes::from_static_str(state))
}
