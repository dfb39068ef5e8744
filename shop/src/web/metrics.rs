//! What `/metrics` tells of requests.

use std::time::Duration;

use axum::http::StatusCode;
use schemas::Timestamp;

use super::endpoint::Endpoint;
use crate::metric::{self, Metric};

/// Counts a request that was answered at `at`.
pub(super) fn request(endpoint: Option<Endpoint>, status: StatusCode, took: Duration, at: Timestamp) {
    let name = endpoint.map_or("none", Endpoint::name);
    let class = match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!(Metric::Requests.name(), "endpoint" => name, "status" => class).increment(1);
    metrics::histogram!(Metric::RequestSeconds.name(), "endpoint" => name).record(took);
    if status.is_server_error() {
        metric::page_failed(at);
    }
}
