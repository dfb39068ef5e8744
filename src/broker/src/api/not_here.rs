//! Requests about things that a single node does not have: what there are none of is listed as none; what can't be done is
//! refused with the protocol's own error, so that a client can say it, instead of a closed connection.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    self as m, ApiKey, ConsumerGroupHeartbeatResponse, DescribeClientQuotasResponse,
    ListPartitionReassignmentsResponse, ListTransactionsResponse, ResponseKind, ShareGroupHeartbeatResponse,
};
use kafka_protocol::protocol::StrBytes;

pub(super) fn no_reassignments() -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse::default()
}

pub(super) fn no_transactions() -> ListTransactionsResponse {
    ListTransactionsResponse::default()
}

pub(super) fn no_quotas() -> DescribeClientQuotasResponse {
    DescribeClientQuotasResponse::default().with_entries(Some(Vec::new()))
}

/// `ApiVersions` names this request, so that clients ask and are told, as by an Apache Kafka that has the newer groups switched off:
/// one that finds no such request waits without a word (librdkafka).
pub(super) fn no_newer_groups() -> ConsumerGroupHeartbeatResponse {
    let words =
        "the embedded broker has classic groups only: set group.protocol=classic. For the newer ones, use Apache Kafka";
    ConsumerGroupHeartbeatResponse::default()
        .with_error_code(ResponseError::UnsupportedVersion.code())
        .with_error_message(Some(StrBytes::from_static_str(words)))
        .with_member_epoch(-1)
}

/// Named by `ApiVersions` for the same reason: the Java client then says what the cluster lacks, not which request.
pub(super) fn no_share_groups() -> ShareGroupHeartbeatResponse {
    let words = "the embedded broker has no share groups. For these, use Apache Kafka";
    ShareGroupHeartbeatResponse::default()
        .with_error_code(ResponseError::UnsupportedVersion.code())
        .with_error_message(Some(StrBytes::from_static_str(words)))
        .with_member_epoch(-1)
}

/// The answer to a request that isn't in the table; none where its answer has no place for an error, or its version is not
/// known. `ApiVersions` doesn't name these, so only a client that didn't look sends them.
pub(crate) fn refusal(key: ApiKey, version: i16) -> Option<ResponseKind> {
    let known = key.valid_versions();
    if !(known.min..=known.max).contains(&version) {
        return None;
    }
    let code = error_for(key).code();
    macro_rules! with_error {
        ($($name:ident: $response:ident),+ $(,)?) => {
            match key {
                $(ApiKey::$name => Some(ResponseKind::$name(m::$response::default().with_error_code(code))),)+
                _ => None,
            }
        };
    }
    with_error!(
        SaslHandshake: SaslHandshakeResponse,
        SaslAuthenticate: SaslAuthenticateResponse,
        AddOffsetsToTxn: AddOffsetsToTxnResponse,
        EndTxn: EndTxnResponse,
        CreateDelegationToken: CreateDelegationTokenResponse,
        RenewDelegationToken: RenewDelegationTokenResponse,
        ExpireDelegationToken: ExpireDelegationTokenResponse,
        DescribeDelegationToken: DescribeDelegationTokenResponse,
        AlterPartitionReassignments: AlterPartitionReassignmentsResponse,
        DescribeUserScramCredentials: DescribeUserScramCredentialsResponse,
        DescribeQuorum: DescribeQuorumResponse,
        UpdateFeatures: UpdateFeaturesResponse,
        UnregisterBroker: UnregisterBrokerResponse,
        GetTelemetrySubscriptions: GetTelemetrySubscriptionsResponse,
        PushTelemetry: PushTelemetryResponse,
        ListConfigResources: ListConfigResourcesResponse,
        ShareGroupHeartbeat: ShareGroupHeartbeatResponse,
        ShareFetch: ShareFetchResponse,
        ShareAcknowledge: ShareAcknowledgeResponse,
    )
}

const fn error_for(key: ApiKey) -> ResponseError {
    match key {
        // As Apache Kafka answers on a listener without SASL.
        ApiKey::SaslHandshake | ApiKey::SaslAuthenticate => ResponseError::IllegalSaslState,
        ApiKey::AddOffsetsToTxn | ApiKey::EndTxn => ResponseError::TransactionalIdAuthorizationFailed,
        ApiKey::CreateDelegationToken
        | ApiKey::RenewDelegationToken
        | ApiKey::ExpireDelegationToken
        | ApiKey::DescribeDelegationToken => ResponseError::DelegationTokenAuthDisabled,
        _ => ResponseError::UnsupportedVersion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn every_refusal_can_be_written_in_every_version() {
        let mut refused = 0;
        for key in ApiKey::iter() {
            let known = key.valid_versions();
            for version in known.min..=known.max {
                if let Some(answer) = refusal(key, version) {
                    assert!(
                        wire::write_response(key, version, 1, &answer).is_ok(),
                        "{key:?} {version}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(refused >= 20);
        assert_eq!(refusal(ApiKey::ShareFetch, 99), None);
    }
}
