//! The embedded broker as its clients see it: librdkafka against a broker in this process, and against the real program.

#[path = "broker/admin.rs"]
mod admin;
#[path = "broker/compaction.rs"]
mod compaction;
#[path = "broker/frames.rs"]
mod frames;
#[path = "broker/groups.rs"]
mod groups;
#[path = "broker/kill.rs"]
mod kill;
#[path = "broker/limits.rs"]
mod limits;
#[path = "broker/records.rs"]
mod records;
#[path = "broker/reported.rs"]
mod reported;
#[path = "broker/wire.rs"]
mod wire;
#[path = "broker/world.rs"]
mod world;
