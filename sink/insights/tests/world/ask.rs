//! Asking the pages, as a browser or a program does.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use insights::{Access, Options, Source};
use schemas::Clock;
use schemas::Zone;
use serde_json::Value;
use tower::ServiceExt as _;

/// The pages over a database.
pub struct Pages(pub Router);

impl Pages {
    pub fn of(source: Source, zone: Zone) -> Self {
        Self::with_logs(source, None, zone)
    }

    /// The same with the log folder of a sink.
    pub fn with_logs(source: Source, logs: Option<PathBuf>, zone: Zone) -> Self {
        Self(insights::router(Options {
            source,
            logs,
            zone,
            access: Access::Loopback,
            ask: None,
            shop: None,
            clock: Clock::system(),
        }))
    }

    pub async fn get(&self, address: &str) -> Result<(StatusCode, String)> {
        let answer = self
            .0
            .clone()
            .oneshot(Request::get(address).header("host", "localhost").body(Body::empty())?)
            .await?;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
        Ok((status, String::from_utf8(body.to_vec())?))
    }

    pub async fn headers(&self, address: &str) -> Result<(StatusCode, axum::http::HeaderMap)> {
        let request = Request::get(address).header("host", "localhost").body(Body::empty())?;
        let answer = self.0.clone().oneshot(request).await?;
        Ok((answer.status(), answer.headers().clone()))
    }

    /// A report as JSON; fails when it isn't one.
    pub async fn report(&self, address: &str) -> Result<Value> {
        let (status, body) = self.get(&format!("/insights/api/{address}")).await?;
        anyhow::ensure!(status == StatusCode::OK, "{address}: {status} {body}");
        serde_json::from_str(&body).context(body)
    }
}

/// An address' parameter.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
