//! The promises, kept by real processes: one file a promise. What a test needs beside Rust is in `world/require.rs`.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]
#![expect(unreachable_pub, reason = "the world is a module of this one program")]

mod bad_input;
mod browser;
mod compose;
mod consent;
mod kill;
mod main_job;
mod one_machine;
mod secrets;
mod settings;
mod world;
