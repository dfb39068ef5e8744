//! The classroom: streams with known truth, played at any speed, and a mark that is exact.
//!
//! `simulate` makes a shop's life from a seed, `replay` plays it (or anybody's data) with the faults of real streams, `exercises` are
//! ten tasks on such data, `grade` compares a student's answer with the truth and says what went wrong.
//!
//! It depends on the contract (`schemas`) alone, never on shop or sink.

pub mod drill;
pub mod error;
pub mod exercises;
pub mod grade;
mod handout;
mod kafka;
pub mod pages;
mod prose;
pub mod replay;
pub mod simulate;
pub mod start;
mod starters;
mod topics;

pub use error::ClassroomError;

/// Says loudly that a test was skipped; where `DE_SHOP_TEST_REQUIRE` is set (CI), that fails the test.
#[cfg(test)]
fn skipped(test: &str, reason: &str) {
    let said = format!("SKIPPED {test}: {reason}\n");
    assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
    // Past the test harness, which keeps what passing tests print.
    std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
}
