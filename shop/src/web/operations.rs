//! `/healthz`, `/readyz`, `/metrics`: for operators and their programs.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::PrometheusHandle;
use schemas::Timestamp;
use serde::Serialize;

use super::Site;
use super::metrics::Metric;
use crate::journal::Journal;

/// How a part of the shop does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Standing {
    Ok {
        ok: bool,
    },
    Wrong {
        ok: bool,
        what: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
}

impl Standing {
    #[must_use]
    pub const fn ok() -> Self {
        Self::Ok { ok: true }
    }

    #[must_use]
    pub fn wrong(what: impl Into<String>, since: Option<Timestamp>) -> Self {
        Self::Wrong {
            ok: false,
            what: what.into(),
            since,
        }
    }
}

/// Where the operators' pages look.
#[derive(Clone)]
pub struct Readiness {
    pub journal: Journal,
    pub journal_standing: Arc<dyn Fn() -> Standing + Send + Sync>,
    /// How the way to Kafka does, and how many entries Kafka lacks.
    pub relay: Arc<dyn Fn() -> (Standing, u64) + Send + Sync>,
    pub metrics: PrometheusHandle,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

/// What `/readyz` says: `ready` unless the shop can't serve; a dead Kafka or journal alone never stops it.
#[derive(Debug, Serialize)]
struct Report {
    ready: bool,
    http: Standing,
    database: Standing,
    journal: Standing,
    kafka: Standing,
}

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(State(site): State<Site>) -> impl IntoResponse {
    let read = site.store.refresh_stock().await;
    let can_read = read.is_ok();
    let database = match read {
        Ok(()) => written(&site),
        Err(error) => Standing::wrong(said(&error), None),
    };
    let report = Report {
        ready: can_read,
        http: Standing::ok(),
        database,
        journal: (site.readiness.journal_standing)(),
        kafka: (site.readiness.relay)().0,
    };
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report))
}

/// What can be read may still not be written; pages that only show something go on.
fn written(site: &Site) -> Standing {
    match site.store.write_trouble() {
        None => Standing::ok(),
        Some((since, what)) => {
            let ago = i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX);
            Standing::wrong(
                format!("can't be written: {what}"),
                Some(site.clock.now().plus_micros(-ago)),
            )
        }
    }
}

fn said(error: &dyn std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// In Prometheus' text format.
pub(super) async fn metrics(State(readiness): State<Readiness>) -> impl IntoResponse {
    let journal = readiness.journal.state();
    let (_, lag) = (readiness.relay)();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; sizes below 2^53 are exact"
    )]
    let float = |number: u64| number as f64;
    metrics::gauge!(Metric::JournalBytes.name()).set(float(journal.bytes));
    metrics::counter!(Metric::JournalEntries.name()).absolute(journal.appended);
    metrics::counter!(Metric::JournalRefused.name()).absolute(journal.refused_full + journal.refused_io);
    metrics::gauge!(Metric::RelayLag.name()).set(float(lag));
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        readiness.metrics.render(),
    )
}
