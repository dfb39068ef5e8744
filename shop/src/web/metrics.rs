//! What `/metrics` tells of requests.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram};
use schemas::Timestamp;

use super::endpoint::Endpoint;
use crate::metric::{self, Metric};

/// The classes of an answer's status, and of everything that is none of them.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The metrics of one endpoint, looked up once: a look-up by name and labels costs as much as an event.
struct Handles {
    answered: [Counter; 4],
    took: Histogram,
}

impl Handles {
    fn of(name: &'static str) -> Self {
        Self {
            answered: CLASSES
                .map(|class| metrics::counter!(Metric::Requests.name(), "endpoint" => name, "status" => class)),
            took: metrics::histogram!(Metric::RequestSeconds.name(), "endpoint" => name),
        }
    }
}

/// One for each endpoint in the order of `Endpoint::ALL`, and one for what has none.
static HANDLES: [OnceLock<Handles>; Endpoint::ALL.len() + 1] = [const { OnceLock::new() }; Endpoint::ALL.len() + 1];

/// Counts a request that was answered at `at`. What is asked for first decides which recorder it goes to: the one of the process.
pub(super) fn request(endpoint: Option<Endpoint>, status: StatusCode, took: Duration, at: Timestamp) {
    let name = endpoint.map_or("none", Endpoint::name);
    let place = endpoint.map_or(Endpoint::ALL.len(), |endpoint| endpoint as usize);
    let Some(handles) = HANDLES
        .get(place)
        .map(|handles| handles.get_or_init(|| Handles::of(name)))
    else {
        return;
    };
    let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
    handles.answered[class].increment(1);
    handles.took.record(took);
    if status.is_server_error() {
        metric::page_failed(at);
    }
}
