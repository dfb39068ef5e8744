//! What the programs share at their doors: addresses on the command line, and HTTP within limits.
#![forbid(unsafe_code)]

mod address;
mod command_line;
mod open_files;
mod serve;

pub use address::{brokers, listen};
pub use command_line::{command_line, from_environment, without_value};
pub use open_files::raise_open_files;
pub use serve::{Doors, serve};
