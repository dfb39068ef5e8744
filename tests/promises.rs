//! The promises, kept by real processes: one file a promise. What a test needs beside Rust is in `world/require.rs`.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]
#![expect(unreachable_pub, reason = "the world is a module of this one program")]

mod adoption;
mod bad_input;
mod browser;
mod classroom;
mod clocks;
mod compose;
mod consent;
mod damage;
mod deaths;
mod drawer;
mod experiments;
mod faults;
mod finding;
mod full_disk;
mod hostile;
mod insights;
mod joined;
mod kill;
mod ledger;
mod letters;
mod main_job;
mod new_broker;
mod one_machine;
mod operator;
mod pages;
mod portal;
mod product_topic;
mod readmes;
mod repetitions;
mod secrets;
mod settings;
mod shopping;
mod small_batches;
mod upgrade;
mod walls;
mod world;
