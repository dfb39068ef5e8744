//! The sink: from the shop's topics to daily log files and the table `user_activity_log`.
//!
//! Promises:
//! - each message is in its day's file once, byte for byte, and (activity topics) in the table once, whatever is killed and
//!   whenever: rows, positions, sequences and file lengths are one SQL transaction, and its COMMIT is the only commit point;
//! - what can't be kept goes to the dead-letter topic before the position moves over it;
//! - a file has one writer: the log folder is locked, and belongs to one instance;
//! - files, table and topics keep `--retention-days` days (30).
//!
//! The way of a message: `consume` (the one loop) -> `batch` (judge, dedupe, sort out) -> `commit` (files, table, positions).
//!
//! An event is known by its shop and the sequence that this gave it, wherever it turns up: partitions, sinks and consumer groups may change.
//! A shop is known by its name alone. Who names a shop in messages of his own can therefore only add events, or take a sequence first:
//! the shop's own event is a dead letter then, never skipped.
//!
//! Not for: two sinks in one log folder; transactions on the topics (aborted messages are not read).

mod assignment;
mod batch;
#[doc(hidden)]
pub mod bench;
mod books;
mod commit;
mod consume;
mod coordinates;
mod database;
pub mod dead_letter;
mod error;
mod fail_point;
mod files;
mod health;
mod http;
mod insights_room;
mod judge;
mod kafka;
mod marks;
pub mod metric;
mod migrations;
mod part;
pub mod positions;
#[cfg(test)]
mod promises;
mod rebalance;
mod receipt;
mod repetition;
pub mod retention;
pub mod settings;
mod sink;
mod table;
mod topics;
mod trace;

pub use coordinates::{ClusterId, Epoch, Offset, Partition, TopicPartition};
pub use database::DatabaseUrl;
pub use error::SinkError;
pub use health::HealthView;
pub use insights_room::insights;
pub use settings::Settings;
pub use sink::{Sink, Surroundings};
