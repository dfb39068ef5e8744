//! How long the journal's work takes, for Prometheus; what it holds is told by [`crate::JournalState`], and counted by the shop.
//!
//! One append in 16 is timed, to cost the others nothing.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

/// Upper bounds of the buckets, in seconds.
const SECONDS: [f64; 14] = [
    0.000_005, 0.000_02, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0,
];

/// A metric of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Time of an append to the journal; one in 16 is timed.
    AppendSeconds,
    /// Time of a sync of the journal.
    FsyncSeconds,
}

impl Metric {
    pub const ALL: [Self; 2] = [Self::AppendSeconds, Self::FsyncSeconds];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AppendSeconds => "shop_journal_append_seconds",
            Self::FsyncSeconds => "shop_journal_fsync_seconds",
        }
    }

    /// What it means, in `/metrics`.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::AppendSeconds => "Time of an append to the journal; one in 16 is timed.",
            Self::FsyncSeconds => "Time of a sync of the journal.",
        }
    }

    pub(crate) fn took(self, time: Duration) {
        metrics::histogram!(self.name()).record(time);
    }
}

/// The buckets of its histograms, for whoever installs the recorder.
pub fn buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    Metric::ALL.into_iter().try_fold(builder, |builder, metric| {
        builder.set_buckets_for_metric(Matcher::Full(metric.name().to_owned()), &SECONDS)
    })
}

/// Tells the recorder what each metric means.
pub fn begin() {
    for metric in Metric::ALL {
        metrics::describe_histogram!(metric.name(), metric.help());
    }
}
