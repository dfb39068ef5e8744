//! One fault, and how often it is made.

use serde::Serialize;

/// What was done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Repeated,
    Late,
    Shuffled,
    Dropped,
    Corrupted,
    Skewed,
    Version2,
    Burst,
    DeadPartition,
}

/// A share of all messages, as an option's value.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("it is not a share from 0 to 1".to_owned()),
    }
}
