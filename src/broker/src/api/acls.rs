//! Access control: there is none, and Apache Kafka without an authorizer says the same.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_acls_response::AclCreationResult;
use kafka_protocol::messages::delete_acls_response::DeleteAclsFilterResult;
use kafka_protocol::messages::{
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse, DescribeAclsResponse,
};
use kafka_protocol::protocol::StrBytes;

const REFUSED: ResponseError = ResponseError::SecurityDisabled;

const WORDS: &str =
    "the embedded broker has no access control: it listens on the loopback only. For ACLs, use Apache Kafka";

fn words() -> StrBytes {
    StrBytes::from_static_str(WORDS)
}

pub(super) fn describe() -> DescribeAclsResponse {
    DescribeAclsResponse::default()
        .with_error_code(REFUSED.code())
        .with_error_message(Some(words()))
}

pub(super) fn create(request: &CreateAclsRequest) -> CreateAclsResponse {
    let refused = || {
        AclCreationResult::default()
            .with_error_code(REFUSED.code())
            .with_error_message(Some(words()))
    };
    CreateAclsResponse::default().with_results(request.creations.iter().map(|_| refused()).collect())
}

pub(super) fn delete(request: &DeleteAclsRequest) -> DeleteAclsResponse {
    let refused = || {
        DeleteAclsFilterResult::default()
            .with_error_code(REFUSED.code())
            .with_error_message(Some(words()))
    };
    DeleteAclsResponse::default().with_filter_results(request.filters.iter().map(|_| refused()).collect())
}
