//! Every number that the sink tells Prometheus. They go to the recorder that the program has installed, if any.

use std::time::Duration;

use crate::commit::Receipt;

const MESSAGES: &str = "sink_messages_total";
const DUPLICATES: &str = "sink_duplicates_total";
const LINES: &str = "sink_lines_total";
const ROWS: &str = "sink_rows_total";
const DEAD_LETTERS: &str = "sink_dead_letters_total";
const BATCHES: &str = "sink_batches_total";
const BATCH_MESSAGES: &str = "sink_batch_messages";
const COMMIT_SECONDS: &str = "sink_commit_seconds";
const FSYNC_SECONDS: &str = "sink_fsync_seconds";
const FAILURES: &str = "sink_failures_total";
const LAG: &str = "sink_lag_messages";
const POSITION: &str = "sink_position";
const DELETED_FILES: &str = "sink_retention_files_total";

/// Says what each number means; call it once a recorder is installed.
pub(crate) fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(MESSAGES, "Messages that were committed, of every kind");
    describe_counter!(
        DUPLICATES,
        "Messages that were skipped because their sequence was seen before"
    );
    describe_counter!(LINES, "Lines that were committed to log files");
    describe_counter!(ROWS, "Rows that were committed to user_activity_log");
    describe_counter!(
        DEAD_LETTERS,
        "Messages that were sent to the dead-letter topic, by reason"
    );
    describe_counter!(BATCHES, "Batches that were committed");
    describe_histogram!(BATCH_MESSAGES, "Messages in a batch");
    describe_histogram!(
        COMMIT_SECONDS,
        Unit::Seconds,
        "Time to commit a batch to files, table and positions"
    );
    describe_histogram!(
        FSYNC_SECONDS,
        Unit::Seconds,
        "Time to write and sync the lines of a batch"
    );
    describe_counter!(FAILURES, "Batches that failed and were taken back, by part");
    describe_gauge!(LAG, "Messages behind the end of each partition");
    describe_gauge!(POSITION, "Next offset of each partition");
    describe_counter!(DELETED_FILES, "Log files that were deleted after the retention");
}

pub(crate) fn committed(receipt: &Receipt) {
    metrics::counter!(MESSAGES).increment(receipt.counts.messages as u64);
    metrics::counter!(DUPLICATES).increment(receipt.counts.duplicates as u64);
    metrics::counter!(LINES).increment(receipt.counts.lines as u64);
    metrics::counter!(ROWS).increment(receipt.rows as u64);
    metrics::counter!(BATCHES).increment(1);
    #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52 messages")]
    metrics::histogram!(BATCH_MESSAGES).record(receipt.counts.messages as f64);
    metrics::histogram!(COMMIT_SECONDS).record(receipt.took.as_secs_f64());
    for (at, moved) in &receipt.moves {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; offsets stay far below 2^52"
        )]
        let next = moved.next.0 as f64;
        metrics::gauge!(POSITION, "topic" => at.topic.name(), "partition" => at.partition.0.to_string()).set(next);
    }
}

pub(crate) fn dead_letter(reason: &'static str) {
    metrics::counter!(DEAD_LETTERS, "reason" => reason).increment(1);
}

pub(crate) fn synced(took: Duration) {
    metrics::histogram!(FSYNC_SECONDS).record(took.as_secs_f64());
}

pub(crate) fn failed(part: &'static str) {
    metrics::counter!(FAILURES, "part" => part).increment(1);
}

pub(crate) fn lag(topic: &str, partition: i32, messages: i64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; offsets stay far below 2^52"
    )]
    let messages = messages as f64;
    metrics::gauge!(LAG, "topic" => topic.to_owned(), "partition" => partition.to_string()).set(messages);
}

pub(crate) fn deleted_files(count: u64) {
    metrics::counter!(DELETED_FILES).increment(count);
}
