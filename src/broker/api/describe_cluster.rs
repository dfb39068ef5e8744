//! `DescribeCluster`: one node.

use kafka_protocol::messages::DescribeClusterResponse;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::protocol::StrBytes;

use crate::broker::node::{NODE_ID, Node};

pub(super) fn answer(node: &Node) -> DescribeClusterResponse {
    let broker = DescribeClusterBroker::default()
        .with_broker_id(NODE_ID)
        .with_host(node.host())
        .with_port(node.port());
    DescribeClusterResponse::default()
        .with_cluster_id(StrBytes::from_string(node.folder.cluster_id.clone()))
        .with_controller_id(NODE_ID)
        .with_brokers(vec![broker])
}
