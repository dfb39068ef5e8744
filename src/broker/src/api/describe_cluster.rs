//! `DescribeCluster`: one node.

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use kafka_protocol::protocol::StrBytes;

use super::operations;
use crate::node::{NODE_ID, Node};

pub(super) fn answer(node: &Node, request: &DescribeClusterRequest) -> DescribeClusterResponse {
    let broker = DescribeClusterBroker::default()
        .with_broker_id(NODE_ID)
        .with_host(node.host())
        .with_port(node.port());
    let told = operations::if_asked(request.include_cluster_authorized_operations, operations::CLUSTER);
    DescribeClusterResponse::default()
        .with_endpoint_type(request.endpoint_type)
        .with_cluster_id(StrBytes::from_string(node.folder.cluster_id.clone()))
        .with_controller_id(NODE_ID)
        .with_cluster_authorized_operations(told)
        .with_brokers(vec![broker])
}
