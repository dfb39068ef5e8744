//! `ApiVersions`: what is served.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiVersionsResponse;
use kafka_protocol::messages::api_versions_response::ApiVersion;

use super::SERVED;

pub(super) fn answer() -> ApiVersionsResponse {
    let api = |served: &super::Served| {
        ApiVersion::default()
            .with_api_key(served.key as i16)
            .with_min_version(served.announced_min)
            .with_max_version(served.max)
    };
    ApiVersionsResponse::default().with_api_keys(SERVED.iter().map(api).collect())
}

/// For a client that asked in a version that is not served; goes out in version 0.
pub(crate) fn unsupported() -> ApiVersionsResponse {
    answer().with_error_code(ResponseError::UnsupportedVersion.code())
}
