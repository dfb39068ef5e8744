//! The sink's own pages: `/healthz` (the process lives), `/readyz` (what is wrong, since when), `/metrics`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use schemas::Timestamp;
use serde::Serialize;

use crate::health::{Health, Trouble};
use crate::part::Part;

/// The same shape as the shop's: each part by its name.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    #[serde(flatten)]
    parts: BTreeMap<&'static str, Standing>,
}

/// How a part does; `what` and `since` where it doesn't do well.
#[derive(Debug, Serialize)]
struct Standing {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

impl Standing {
    fn of(trouble: Option<&Trouble>) -> Self {
        Self {
            ok: trouble.is_none(),
            what: trouble.map(|trouble| trouble.what.clone()),
            since: trouble.map(|trouble| trouble.since),
        }
    }
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
    let standing = |part: Part| {
        let trouble = troubles.iter().find(|trouble| trouble.part == part);
        (part.name(), Standing::of(trouble))
    };
    let parts = Part::ALL.into_iter().map(standing).collect();
    (status, Json(Readiness { ready, parts })).into_response()
}

async fn prometheus(State(handle): State<PrometheusHandle>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, handle.render()).into_response()
}
