//! The daily log files: their names, the folder that is locked for one sink, and the one writer.

mod day;
mod folder;
mod pack;
mod search;
mod writer;

pub(crate) use day::DayFile;
pub(crate) use folder::{LogFolder, instance_of};
pub(crate) use pack::{PACKED, pack};
pub(crate) use search::strike_out;
pub(crate) use writer::LogWriter;
