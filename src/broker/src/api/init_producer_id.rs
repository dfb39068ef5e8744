//! `InitProducerId`: a number for an idempotent producer. Transactions are refused.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use crate::node::Node;

pub(super) fn answer(node: &Node, request: &InitProducerIdRequest) -> InitProducerIdResponse {
    match give(node, request) {
        Ok(id) => InitProducerIdResponse::default()
            .with_producer_id(ProducerId(id))
            .with_producer_epoch(0),
        Err(error) => InitProducerIdResponse::default()
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1)
            .with_error_code(error.code()),
    }
}

fn give(node: &Node, request: &InitProducerIdRequest) -> Result<i64, ResponseError> {
    if request.transactional_id.is_some() {
        return Err(ResponseError::TransactionalIdAuthorizationFailed);
    }
    node.producer_ids.give().map_err(|error| {
        tracing::error!(%error, "no producer id could be kept; the client is told to try again. Look after the disk of --data");
        ResponseError::CoordinatorNotAvailable
    })
}
