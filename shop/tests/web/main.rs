//! The web side, in process: requests in, answers and journal entries out.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod accounts;
mod cart_drawer;
mod client_events;
mod consent;
mod experiments;
mod finding;
mod gzip;
mod joining;
mod limits;
mod my_events;
mod portal;
mod postgres;
mod queries;
mod recording;
mod sent_again;
mod shopfront;
mod shopping;
mod signing_in;
mod told_again;
mod wishes;
mod world;
