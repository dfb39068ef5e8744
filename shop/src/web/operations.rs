//! `/healthz`, `/readyz`, `/metrics`: for operators and their programs.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;

use super::Site;
use super::readiness::{Readiness, Standing};

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
