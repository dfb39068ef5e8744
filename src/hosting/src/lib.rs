//! What the programs share at their doors: addresses on the command line, and HTTP within limits.
#![forbid(unsafe_code)]

mod address;
mod empty;
mod open_files;
mod serve;

pub use address::{brokers, listen};
pub use empty::without_empty_variables;
pub use open_files::raise_open_files;
pub use serve::{Doors, serve};
