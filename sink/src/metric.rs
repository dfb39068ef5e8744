//! Every number that the sink tells Prometheus, in one closed set; README's table says the same.
//!
//! They go to the recorder that the program has installed, if any. Counters are there from the start, with 0, so that an alarm can be set
//! on what has never happened; a histogram comes with its first sample.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use schemas::Timestamp;

use crate::judge::Reason;
use crate::part::Part;
use crate::receipt::Receipt;

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// Upper bounds of the buckets of batch sizes.
const MESSAGES: [f64; 8] = [1.0, 10.0, 100.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0];

macro_rules! metrics_of_the_sink {
    ($($metric:ident $kind:ident $name:literal $help:literal),+ $(,)?) => {
        /// A metric of the sink.
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

metrics_of_the_sink! {
    Messages Counter "sink_messages_total" "Messages that were committed, of every kind.",
    Duplicates Counter "sink_duplicates_total" "Messages that were skipped because they were repetitions.",
    Lines Counter "sink_lines_total" "Lines that were committed to log files.",
    LineBytes Counter "sink_written_bytes_total" "Bytes that were committed to log files.",
    Rows Counter "sink_rows_total" "Rows that were committed to `user_activity_log`.",
    DeadLetters Counter "sink_dead_letters_total" "Messages that were sent to the dead-letter topic, by reason.",
    Batches Counter "sink_batches_total" "Batches that were committed.",
    BatchMessages Messages "sink_batch_messages" "Messages in a batch.",
    CommitSeconds Seconds "sink_commit_seconds" "Time to commit a batch to files, table and positions.",
    FsyncSeconds Seconds "sink_fsync_seconds" "Time to sync the log files of a batch.",
    Damaged Counter "sink_damaged_total" "Times that Kafka gave messages whose checksum was wrong; they were stepped over.",
    Failures Counter "sink_failures_total" "Batches that failed and were taken back, by part.",
    Lag Gauge "sink_lag_messages" "Messages behind the end, by topic and partition; 0 where another sink reads.",
    Position Gauge "sink_position" "Next offset, by topic and partition.",
    Rebalances Counter "sink_rebalances_total" "Times that the group gave this sink partitions.",
    DeletedFiles Counter "sink_retention_files_total" "Log files that were deleted after the retention.",
    DeletedRows Counter "sink_retention_rows_total" "Rows (PostgreSQL: days of rows) that were deleted after the retention.",
    Trouble Gauge "sink_trouble" "1 while something is wrong, by part; see /readyz.",
    LastError Gauge "sink_last_error_timestamp_seconds" "When something was last wrong, by part; 0 when nothing was since the start.",
    BuildInfo Gauge "sink_build_info" "1, with the version of the program.",
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    /// Histograms, by what they count.
    Messages,
    Seconds,
}

/// The buckets of the sink's histograms, for whoever installs the recorder.
pub fn buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    Metric::ALL.iter().try_fold(builder, |builder, metric| {
        let buckets: &[f64] = match metric.kind() {
            Kind::Messages => &MESSAGES,
            Kind::Seconds => &SECONDS,
            Kind::Counter | Kind::Gauge => return Ok(builder),
        };
        builder.set_buckets_for_metric(Matcher::Full(metric.name().to_owned()), buckets)
    })
}

/// Tells the recorder what each metric means, and begins all that is counted with 0; call it once a recorder is installed.
pub(crate) fn begin() {
    for metric in Metric::ALL {
        match metric.kind() {
            Kind::Counter => metrics::describe_counter!(metric.name(), metric.help()),
            Kind::Gauge => metrics::describe_gauge!(metric.name(), metric.help()),
            Kind::Messages | Kind::Seconds => metrics::describe_histogram!(metric.name(), metric.help()),
        }
    }
    let unlabelled = [
        Metric::Messages,
        Metric::Duplicates,
        Metric::Lines,
        Metric::LineBytes,
        Metric::Rows,
        Metric::Batches,
        Metric::Damaged,
        Metric::Rebalances,
        Metric::DeletedFiles,
        Metric::DeletedRows,
    ];
    for metric in unlabelled {
        metric.count(0);
    }
    for kind in Reason::KINDS {
        metrics::counter!(Metric::DeadLetters.name(), "reason" => kind).increment(0);
    }
    for part in Part::ALL {
        metrics::counter!(Metric::Failures.name(), "part" => part.name()).increment(0);
        metrics::gauge!(Metric::LastError.name(), "part" => part.name()).increment(0.0);
        trouble(part, false);
    }
    metrics::gauge!(Metric::BuildInfo.name(), "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

impl Metric {
    fn count(self, number: u64) {
        metrics::counter!(self.name()).increment(number);
    }

    fn took(self, time: Duration) {
        metrics::histogram!(self.name()).record(time);
    }

    fn set_of(self, topic: &str, partition: i32, number: i64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; offsets stay far below 2^52"
        )]
        let number = number as f64;
        metrics::gauge!(self.name(), "topic" => topic.to_owned(), "partition" => partition.to_string()).set(number);
    }
}

pub(crate) fn committed(receipt: &Receipt) {
    Metric::Messages.count(receipt.counts.messages as u64);
    Metric::Duplicates.count(receipt.counts.duplicates as u64);
    Metric::Lines.count(receipt.counts.lines as u64);
    Metric::LineBytes.count(receipt.line_bytes);
    Metric::Rows.count(receipt.rows as u64);
    Metric::Batches.count(1);
    #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52 messages")]
    metrics::histogram!(Metric::BatchMessages.name()).record(receipt.counts.messages as f64);
    Metric::CommitSeconds.took(receipt.took);
    for (at, moved) in &receipt.moves {
        Metric::Position.set_of(at.topic.name(), at.partition.0, moved.next.0);
    }
}

pub(crate) fn dead_letter(reason: &'static str) {
    metrics::counter!(Metric::DeadLetters.name(), "reason" => reason).increment(1);
}

pub(crate) fn synced(took: Duration) {
    Metric::FsyncSeconds.took(took);
}

/// Kafka gave messages whose checksum is wrong.
pub(crate) fn damaged() {
    metrics::counter!(Metric::Damaged.name()).increment(1);
}

pub(crate) fn failed(part: Part) {
    metrics::counter!(Metric::Failures.name(), "part" => part.name()).increment(1);
}

/// Whether something is wrong with a part.
pub(crate) fn trouble(part: Part, is_wrong: bool) {
    metrics::gauge!(Metric::Trouble.name(), "part" => part.name()).set(f64::from(u8::from(is_wrong)));
}

/// Something went wrong with a part at this moment.
pub(crate) fn went_wrong(part: Part, at: Timestamp) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era stay far below 2^52")]
    let seconds = at.unix_millis() as f64 / 1000.0;
    metrics::gauge!(Metric::LastError.name(), "part" => part.name()).set(seconds);
}

pub(crate) fn lag(topic: &str, partition: i32, messages: i64) {
    Metric::Lag.set_of(topic, partition, messages);
}

pub(crate) fn rebalanced() {
    Metric::Rebalances.count(1);
}

pub(crate) fn deleted(files: u64, rows: u64) {
    Metric::DeletedFiles.count(files);
    Metric::DeletedRows.count(rows);
}
