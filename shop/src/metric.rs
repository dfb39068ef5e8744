//! Every number that the shop tells Prometheus, in one closed set; README's table says the same.
//!
//! Counters and gauges are there from the start, with 0, so that an alarm can be set on what has never happened; a histogram comes with
//! its first sample. How long the journal's work takes is told by [`journal::metric`].

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use schemas::{EventType, Timestamp};

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 14] = [
    0.000_005, 0.000_02, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0,
];

macro_rules! metrics_of_the_shop {
    ($($metric:ident $kind:ident $name:literal $help:literal),+ $(,)?) => {
        /// A metric of the shop.
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

metrics_of_the_shop! {
    Requests Counter "shop_requests_total" "Requests answered, by endpoint and class of status.",
    RequestSeconds Histogram "shop_request_seconds" "Time from a request's head to its answer's head, by endpoint.",
    Events Counter "shop_events_total" "Events that the journal has taken, by type.",
    JournalEntries Counter "shop_journal_entries_total" "Events that the journal has taken.",
    JournalRefused Counter "shop_journal_refused_total" "Events that the journal has refused, by why (full, disk); observations among them are lost.",
    JournalBytes Gauge "shop_journal_bytes" "Size of the journal.",
    JournalMaxBytes Gauge "shop_journal_max_bytes" "Size that the journal may have: --journal-max-size.",
    OldestUnsent Gauge "shop_journal_oldest_unsent_seconds" "Age of the oldest event that Kafka has not acknowledged; 0 when there is none.",
    RelayAcknowledged Counter "shop_relay_acknowledged_total" "Messages that Kafka has acknowledged; repetitions count.",
    RelayFailed Counter "shop_relay_failed_total" "Messages that Kafka has refused for good; the relay begins again at the first of them.",
    RelayRestarts Counter "shop_relay_restarts_total" "Times that the relay began again after the last acknowledged event.",
    RelayLost Counter "shop_relay_lost_total" "Events that were damaged in the journal and can't be sent.",
    RelayLag Gauge "shop_relay_lag_entries" "Events in the journal that Kafka has not acknowledged yet.",
    RelayUnderWay Gauge "shop_relay_under_way_messages" "Messages that are with Kafka and not acknowledged yet.",
    OutboxWaiting Gauge "shop_outbox_waiting_facts" "Facts of this shop that are not marked as being in its journal.",
    OutboxOrphaned Gauge "shop_outbox_orphaned_facts" "Facts that wait for a shop that no longer runs; see /readyz.",
    OutboxDrained Counter "shop_outbox_drained_total" "Facts that went from the event store to the journal.",
    OutboxRefused Counter "shop_outbox_refused_total" "Times that the journal refused facts; they wait and are tried again.",
    Trouble Gauge "shop_trouble" "1 while something is wrong, by part; see /readyz.",
    LastError Gauge "shop_last_error_timestamp_seconds" "When something was last wrong, by kind; 0 when nothing was since the start.",
    BuildInfo Gauge "shop_build_info" "1, with the version of the program.",
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What can be wrong with the shop: the names in `/readyz`, and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Database,
    Journal,
    Outbox,
    Kafka,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Database, Self::Journal, Self::Outbox, Self::Kafka];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Journal => "journal",
            Self::Outbox => "outbox",
            Self::Kafka => "kafka",
        }
    }
}

/// A page that could not be served, in [`Metric::LastError`].
const PAGE: &str = "page";

impl Metric {
    pub(crate) fn set(self, value: u64) {
        metrics::gauge!(self.name()).set(float(value));
    }

    pub(crate) fn set_of(self, label: &'static str, value: &'static str, number: u64) {
        metrics::gauge!(self.name(), label => value).set(float(number));
    }

    pub(crate) fn count(self, number: u64) {
        metrics::counter!(self.name()).increment(number);
    }

    /// For what is counted elsewhere.
    pub(crate) fn counted(self, number: u64) {
        metrics::counter!(self.name()).absolute(number);
    }

    pub(crate) fn counted_of(self, label: &'static str, value: &'static str, number: u64) {
        metrics::counter!(self.name(), label => value).absolute(number);
    }
}

/// Something went wrong at this moment.
pub(crate) fn failed(part: Part, at: Timestamp) {
    set_last_error(part.name(), at);
}

/// A page could not be served.
pub(crate) fn page_failed(at: Timestamp) {
    set_last_error(PAGE, at);
}

fn set_last_error(kind: &'static str, at: Timestamp) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era stay far below 2^52")]
    let seconds = at.unix_millis() as f64 / 1000.0;
    metrics::gauge!(Metric::LastError.name(), "kind" => kind).set(seconds);
}

/// The buckets of the shop's histograms, for whoever installs the recorder.
pub fn buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    let builder = journal::metric::buckets(builder)?;
    let histograms = Metric::ALL.iter().filter(|metric| metric.kind() == Kind::Histogram);
    histograms.copied().try_fold(builder, |builder, metric| {
        builder.set_buckets_for_metric(Matcher::Full(metric.name().to_owned()), &SECONDS)
    })
}

/// Tells the recorder what each metric means, and begins all that is counted with 0.
pub(crate) fn begin() {
    journal::metric::begin();
    for metric in Metric::ALL {
        match metric.kind() {
            Kind::Counter => metrics::describe_counter!(metric.name(), metric.help()),
            Kind::Gauge => metrics::describe_gauge!(metric.name(), metric.help()),
            Kind::Histogram => metrics::describe_histogram!(metric.name(), metric.help()),
        }
    }
    for metric in [Metric::OutboxDrained, Metric::OutboxRefused] {
        metric.count(0);
    }
    for metric in [Metric::OutboxWaiting, Metric::OutboxOrphaned] {
        metric.set(0);
    }
    for kind in Part::ALL.map(Part::name).into_iter().chain([PAGE]) {
        Metric::LastError.set_of("kind", kind, 0);
    }
    for event_type in EventType::ALL {
        Metric::Events.counted_of("event_type", event_type.name(), 0);
    }
    Metric::BuildInfo.set_of("version", env!("CARGO_PKG_VERSION"), 1);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; sizes and counts below 2^53 are exact"
)]
fn float(number: u64) -> f64 {
    number as f64
}
