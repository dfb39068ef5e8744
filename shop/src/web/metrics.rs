//! What `/metrics` tells of the web side; names and helps in one closed set.

use std::time::Duration;

use axum::http::StatusCode;
use metrics::Unit;

use super::endpoint::Endpoint;

/// A metric of the shop's web side and its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    Requests,
    RequestSeconds,
    JournalBytes,
    JournalEntries,
    JournalRefused,
    RelayLag,
}

impl Metric {
    pub const ALL: [Self; 6] = [
        Self::Requests,
        Self::RequestSeconds,
        Self::JournalBytes,
        Self::JournalEntries,
        Self::JournalRefused,
        Self::RelayLag,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "shop_requests_total",
            Self::RequestSeconds => "shop_request_seconds",
            Self::JournalBytes => "shop_journal_bytes",
            Self::JournalEntries => "shop_journal_entries_total",
            Self::JournalRefused => "shop_journal_refused_total",
            Self::RelayLag => "shop_relay_lag_entries",
        }
    }

    /// Tells the recorder what each one means.
    pub fn describe_all() {
        metrics::describe_counter!(Self::Requests.name(), "Requests answered, by endpoint and status.");
        metrics::describe_histogram!(
            Self::RequestSeconds.name(),
            Unit::Seconds,
            "Time from a request's head to its answer's head, by endpoint."
        );
        metrics::describe_gauge!(Self::JournalBytes.name(), Unit::Bytes, "Size of the journal.");
        metrics::describe_counter!(Self::JournalEntries.name(), "Events that the journal has taken.");
        metrics::describe_counter!(
            Self::JournalRefused.name(),
            "Events that the journal has refused; they are lost."
        );
        metrics::describe_gauge!(
            Self::RelayLag.name(),
            "Events in the journal that Kafka has not acknowledged yet."
        );
    }
}

/// Counts an answered request.
pub(super) fn request(endpoint: Option<Endpoint>, status: StatusCode, took: Duration) {
    let name = endpoint.map_or("none", Endpoint::name);
    let class = match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!(Metric::Requests.name(), "endpoint" => name, "status" => class).increment(1);
    metrics::histogram!(Metric::RequestSeconds.name(), "endpoint" => name).record(took);
}
