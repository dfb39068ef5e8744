//! The sink's own pages: `/healthz` (the process lives), `/readyz` (what is wrong, since when), `/metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

use crate::health::{Health, Trouble};

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    troubles: Vec<Trouble>,
}

/// Every route; `/metrics` only where a recorder is installed.
pub(crate) fn router(health: Arc<Health>, metrics: Option<PrometheusHandle>) -> Router {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(health);
    match metrics {
        Some(handle) => router.merge(Router::new().route("/metrics", get(prometheus)).with_state(handle)),
        None => router,
    }
}

async fn readyz(State(health): State<Arc<Health>>) -> Response {
    let troubles = health.troubles();
    let ready = troubles.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, troubles })).into_response()
}

async fn prometheus(State(handle): State<PrometheusHandle>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, handle.render()).into_response()
}
