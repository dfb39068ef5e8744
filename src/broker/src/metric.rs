//! Every number that the embedded broker tells Prometheus, in one closed set; README's table says the same.
//!
//! They go to the recorder that the program has installed, if any: `de-shop run` has one, `de-shop broker` has none.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 9] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1.0, 10.0];

macro_rules! metrics_of_the_broker {
    ($($metric:ident $kind:ident $name:literal $help:literal),+ $(,)?) => {
        /// A metric of the embedded broker.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric { $(#[doc = $help] $metric),+ }

        impl Metric {
            pub const ALL: &[Self] = &[$(Self::$metric),+];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$metric => $name),+ }
            }

            /// What it means, in `/metrics`.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$metric => $help),+ }
            }

            const fn kind(self) -> Kind {
                match self { $(Self::$metric => Kind::$kind),+ }
            }
        }
    };
}

metrics_of_the_broker! {
    Received Counter "broker_received_bytes_total" "Bytes of requests.",
    Sent Counter "broker_sent_bytes_total" "Bytes of answers.",
    Connections Gauge "broker_connections" "Connections that are open.",
    Partitions Gauge "broker_partitions" "Partitions of all topics.",
    LogBytes Gauge "broker_log_bytes" "Size of all partitions on the disk.",
    FsyncSeconds Histogram "broker_fsync_seconds" "Time of one partition's fsync.",
    Trouble Gauge "broker_trouble" "1 while a partition can't be written; see /readyz.",
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Metric {
    pub(crate) fn count(self, number: usize) {
        metrics::counter!(self.name()).increment(number as u64);
    }

    pub(crate) fn set(self, number: u64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; sizes and counts below 2^53 are exact"
        )]
        metrics::gauge!(self.name()).set(number as f64);
    }

    pub(crate) fn took(self, time: Duration) {
        metrics::histogram!(self.name()).record(time);
    }
}

/// The buckets of the broker's histograms, for whoever installs the recorder.
pub fn buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    let histograms = Metric::ALL.iter().filter(|metric| metric.kind() == Kind::Histogram);
    histograms.copied().try_fold(builder, |builder, metric| {
        builder.set_buckets_for_metric(Matcher::Full(metric.name().to_owned()), &SECONDS)
    })
}

/// Tells the recorder what each metric means, and begins all that is counted with 0.
pub(crate) fn begin() {
    for metric in Metric::ALL {
        match metric.kind() {
            Kind::Counter => {
                metrics::describe_counter!(metric.name(), metric.help());
                metric.count(0);
            }
            Kind::Gauge => {
                metrics::describe_gauge!(metric.name(), metric.help());
                metric.set(0);
            }
            Kind::Histogram => metrics::describe_histogram!(metric.name(), metric.help()),
        }
    }
}
