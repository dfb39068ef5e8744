//! How the parts of the shop do: what the operators' pages say.

use std::fmt;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use schemas::Timestamp;
use serde::Serialize;

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
