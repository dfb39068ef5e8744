//! The point from which an interrupted replay goes on: without a gap, without a double.
//!
//! What a replay puts out follows from its source and its settings alone. So a number is enough: so many messages have been taken by the
//! target. Going on makes the same stream again and leaves out as many.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::rewrite::Change;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResumePoint {
    /// What the stream follows from; another replay can't go on from here.
    pub(super) settings: String,
    /// "Now" was when the replay began.
    pub(super) change: Change,
    pub(super) sent: u64,
}

impl ResumePoint {
    /// None when there is no such file yet.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Written beside it and renamed, so that it is whole or the old one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        fs::rename(beside, path)
    }
}
