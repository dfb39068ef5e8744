//! What `/metrics` tells of the web side; names and helps in one closed set.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, Unit};

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

/// Counts an answered request. What is asked for first decides which recorder it goes to: the one of the process.
pub(super) fn request(endpoint: Option<Endpoint>, status: StatusCode, took: Duration) {
    let name = endpoint.map_or("none", Endpoint::name);
    let at = endpoint.map_or(Endpoint::ALL.len(), |endpoint| endpoint as usize);
    let Some(handles) = HANDLES.get(at).map(|handles| handles.get_or_init(|| Handles::of(name))) else {
        return;
    };
    let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
    handles.answered[class].increment(1);
    handles.took.record(took);
}
