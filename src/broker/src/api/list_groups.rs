//! `ListGroups`: the groups that have members or committed offsets.

use std::collections::BTreeMap;

use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{GroupId, ListGroupsRequest, ListGroupsResponse};
use kafka_protocol::protocol::StrBytes;

use crate::groups::group::State;
use crate::node::Node;

/// From these versions on the answer tells each group's state, and its type.
const WITH_STATE: i16 = 4;
const WITH_TYPE: i16 = 5;
const CLASSIC: &str = "classic";
/// What groups without members are taken for: only consumers commit offsets.
const CONSUMER: &str = "consumer";

pub(super) fn answer(node: &Node, version: i16, request: &ListGroupsRequest) -> ListGroupsResponse {
    let idle = node.offsets.groups().into_iter();
    let idle = idle.map(|id| {
        (
            StrBytes::from_string(id),
            (State::Empty, StrBytes::from_static_str(CONSUMER)),
        )
    });
    let mut groups: BTreeMap<_, _> = idle.collect();
    node.groups.view(|busy| {
        groups.extend(
            busy.iter()
                .map(|(id, group)| (id.clone(), (group.state(), group.protocol_type().clone()))),
        );
    });
    let asked = |filter: &[StrBytes], found: &str| {
        filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(found))
    };
    let listed = groups
        .into_iter()
        .filter(|(_, (state, _))| asked(&request.states_filter, state.name()) && asked(&request.types_filter, CLASSIC));
    let listed = listed.map(|(id, (state, protocol_type))| {
        let group = ListedGroup::default()
            .with_group_id(GroupId(id))
            .with_protocol_type(protocol_type);
        let group = if version >= WITH_STATE {
            group.with_group_state(StrBytes::from_static_str(state.name()))
        } else {
            group
        };
        if version >= WITH_TYPE {
            group.with_group_type(StrBytes::from_static_str(CLASSIC))
        } else {
            group
        }
    });
    ListGroupsResponse::default().with_groups(listed.collect())
}
