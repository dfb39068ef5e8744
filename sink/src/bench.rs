//! A door for `benches/`: the work on a message before its batch is committed, without Kafka and without a database.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use schemas::{Timestamp, Topic, decode};

use crate::assignment::Assignment;
use crate::batch::{Batch, Incoming};
use crate::books::Position;
use crate::database::DatabaseUrl;
use crate::judge::Rules;
use crate::marks::{Marks, Read};
use crate::table::Rows;
use crate::trace::Trace;
use crate::{Epoch, Offset, Partition, TopicPartition};

/// Messages in a batch, as in the default settings.
const BATCH: u64 = 10_000;

/// For which database rows are made.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    Sqlite,
    Postgres,
}

/// Sorts `messages` copies of `value`, the first message of a view's source, into batches; answers how long it took.
#[must_use]
pub fn sort_out(target: Target, value: &str, messages: u64) -> Duration {
    let url = match target {
        Target::Sqlite => "sqlite:bench.db",
        Target::Postgres => "postgres://127.0.0.1/bench",
    };
    let Ok(database) = url.parse::<DatabaseUrl>() else {
        return Duration::ZERO;
    };
    let at = TopicPartition {
        topic: Topic::View,
        partition: Partition(0),
    };
    let now = Timestamp::parse("2025-05-14T12:00:00.000000Z").unwrap_or(Timestamp::MIN);
    let rules = Rules::new(now, 30, schemas::Zone::UTC);
    let position = Position {
        at,
        epoch: Epoch(1),
        next: Offset(0),
        cluster: None,
        bad_run: 0,
        dead_letters_from: None,
        trace: None,
    };
    let mut assignment = Assignment::new(vec![position], HashMap::new(), HashMap::new(), HashMap::new());
    let Some((held, marks)) = assignment.hold(at) else {
        return Duration::ZERO;
    };
    let values = numbered(value);
    let Some(shop) = decode(Topic::View, value.as_bytes())
        .ok()
        .and_then(|record| Some(record.source()?.instance.clone()))
    else {
        return Duration::ZERO;
    };
    let started = Instant::now();
    for first in (0..messages).step_by(values.len()) {
        let mut batch = Batch::new(rules, Rows::new(&database));
        // The same messages again must not look like repetitions.
        held.seen.clear();
        *marks = Marks::default();
        marks.learn(&shop, Read::default());
        for value in values.iter().zip(first..messages).map(|(value, _)| value) {
            let incoming = Incoming {
                at,
                offset: held.next,
                value: Some(value.as_bytes()),
                trace: Trace::of(None, None, Some(value.as_bytes())),
            };
            std::hint::black_box(batch.add(incoming, held, marks));
        }
        std::hint::black_box(batch);
    }
    started.elapsed()
}

/// The messages of a batch: `value` with the sequences from 1 on.
fn numbered(value: &str) -> Vec<String> {
    let (head, _) = value.rsplit_once(':').unwrap_or((value, ""));
    (1..=BATCH).map(|sequence| format!("{head}:{sequence}}}}}")).collect()
}
