//! The world of these tests: a life, and the tables that a sink would have made of it.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::expect_used,
    clippy::cast_possible_wrap,
    reason = "each test program uses a part of it, and what breaks here ends the test"
)]

pub mod ask;
pub mod brute;
pub mod life;
pub mod table;

pub use ask::{Pages, encoded};
pub use life::{BEGIN, Life};
pub use table::Table;
