//! The promises, kept by real processes: one file a promise. What a test needs beside Rust is in `world/require.rs`.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]

mod kill;
mod main_job;
mod world;
