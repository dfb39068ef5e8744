//! Insights: the analyses that the shop's events are for, from what the sink wrote.
//!
//! Promises:
//! - it reads and never writes: `user_activity_log`, `product`, `sink_position`, in one snapshot of the database;
//! - all pages share one set of sessions and visitors, and one set of definitions ([`definitions`]);
//! - every count opens its rows, and the list is as long as the count says ([`scope`]);
//! - every figure is exact, and the same on SQLite and PostgreSQL; an address with positions gives the same figure
//!   as long as its days are in the table.
//!
//! The way of an answer: `source` (rows) -> `events` (in memory, in order) -> `scope` (what one question is about) -> `figures` (the
//! analyses) -> `report` (figures and tables) -> `plots`, `web` (pages, JSON, CSV).
//!
//! Not for: several sinks' databases at once; more events than fit into memory (about 200 bytes each).
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, indexes and microseconds stay far below 2^53, and indexes below 2^32, as the memory bounds them"
)]

pub mod ask;
pub mod definitions;
pub mod events;
pub mod figures;
mod plots;
pub mod question;
pub mod report;
pub mod requests;
pub mod scope;
pub mod shop;
pub mod source;
mod state;
pub mod statistics;
mod web;

pub use ask::AskDatabase;
pub use shop::{PageThen, Shop};
pub use source::{ProductThen, Source};
pub use web::{Access, AccessError, Options, TokenDigest, router};
