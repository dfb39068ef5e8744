//! `/healthz`, `/readyz`, `/metrics`: for operators and their programs.

use std::collections::BTreeMap;
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

    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }
}

/// How each part of the shop does, by its name.
pub type Parts = Arc<dyn Fn() -> Vec<(&'static str, Standing)> + Send + Sync>;

/// Where the operators' pages look.
#[derive(Clone)]
pub struct Readiness {
    /// Everything but HTTP and the database, which are tried at each look.
    pub parts: Parts,
    /// Brings the gauges up to date.
    pub sample: Arc<dyn Fn() + Send + Sync>,
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
    #[serde(flatten)]
    parts: BTreeMap<&'static str, Standing>,
}

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(State(site): State<Site>) -> impl IntoResponse {
    // A failure is kept, with the moment at which it began. What can be read may still not be written: pages that only show
    // something go on, and so the shop is ready.
    let answers = site.store.refresh_stock().await.is_ok();
    let database = match site.store.trouble() {
        Some((since, what)) => Standing::wrong(what, Some(since)),
        None => Standing::ok(),
    };
    let report = Report {
        ready: answers,
        http: Standing::ok(),
        database,
        parts: (site.readiness.parts)().into_iter().collect(),
    };
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report))
}

/// In Prometheus' text format.
pub(super) async fn metrics(State(readiness): State<Readiness>) -> impl IntoResponse {
    (readiness.sample)();
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        readiness.metrics.render(),
    )
}
