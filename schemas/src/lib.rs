//! The contract between the shop, the sink and everyone who attaches to the topics.
//!
//! Promises:
//! - every message is one flat JSON object on one line: topic, daily file and replay carry the same bytes;
//! - an event is encoded once ([`encode`]); the journal only adds its [`Source`], the place from which it came;
//! - decoding names the field that is wrong ([`DecodeError`]) and never panics, whatever the bytes;
//! - the JSON Schemas in `schemas/generated` are made from these very types (`cargo run -p schemas --bin generate`), and a test fails when they differ.
//!
//! Not here: I/O, Kafka, SQL.

pub mod clock;
pub mod decode;
pub mod encode;
mod entity;
pub mod event_type;
pub mod events;
pub mod evolution;
pub mod fields;
pub mod generate;
pub mod header;
pub mod id;
mod members;
pub mod message;
mod pairs;
mod plain;
pub mod record;
pub mod reference;
pub mod source;
pub mod strict;
pub mod timestamp;
pub mod topic;
pub mod zone;

pub use clock::Clock;
pub use decode::{DecodeError, Record, decode};
pub use encode::Unsealed;
pub use event_type::EventType;
pub use events::Details;
pub use header::Header;
pub use id::{CategoryId, EventId, OrderId, ProductId, SessionId, UserId, VisitorId};
pub use record::{Activity, AppLine, CatalogueEntry};
pub use source::{InstanceId, Sequence, Source};
pub use timestamp::Timestamp;
pub use topic::{LogFile, Topic};
pub use zone::Zone;

/// The version every message carries. It rises only when a consumer must know; additions don't raise it.
pub const SCHEMA_VERSION: u16 = 1;
