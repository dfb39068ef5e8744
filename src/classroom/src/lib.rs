//! The classroom: streams with known truth, played at any speed, and a mark that is exact.
//!
//! `simulate` makes a shop's life from a seed, `replay` plays it (or anybody's data) with the faults of real streams, `exercises` are
//! ten tasks on such data, `grade` compares a student's answer with the truth and says what went wrong.
//!
//! It depends on the contract (`schemas`) alone, never on shop or sink.

pub mod error;
pub mod exercises;
pub mod grade;
mod kafka;
pub mod pages;
pub mod replay;
pub mod simulate;
pub mod start;
mod topics;

pub use error::ClassroomError;
