//! What a commit has done.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::TopicPartition;
use crate::batch::Counts;
use crate::books::Move;

/// What was committed.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub moves: BTreeMap<TopicPartition, Move>,
    pub counts: Counts,
    pub rows: usize,
    /// What was written to log files.
    pub line_bytes: u64,
    pub took: Duration,
}
