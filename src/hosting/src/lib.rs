//! What the programs share at their doors: addresses on the command line, HTTP within limits, what to say of a database, and how far a command
//! is.
#![forbid(unsafe_code)]

mod address;
mod command_line;
mod migrations;
mod open_files;
mod pooler;
mod progress;
mod serve;

pub use address::{brokers, listen};
pub use command_line::{command_line, from_environment, without_value};
#[doc(hidden)]
pub use migrations::{description, version};
pub use open_files::raise_open_files;
pub use pooler::{POOLER, pooler_hint};
pub use progress::Progress;
pub use serve::{Doors, serve};
