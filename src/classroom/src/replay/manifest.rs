//! The list of exactly what was done to which message, written while it is done: a replay that goes round and round doesn't keep it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::ClassroomError;

pub(super) struct Manifest(Option<(PathBuf, BufWriter<File>)>);

impl Manifest {
    /// Without a path nothing is written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, ClassroomError> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = File::create(path).map_err(|error| ClassroomError::file("--manifest", path, error))?;
        Ok(Self(Some((path.to_owned(), BufWriter::new(file)))))
    }

    pub(super) fn write(&mut self, lines: impl IntoIterator<Item = impl Serialize>) -> Result<(), ClassroomError> {
        let Some((path, out)) = &mut self.0 else { return Ok(()) };
        for line in lines {
            let text = serde_json::to_vec(&line)?;
            let written = out.write_all(&text).and_then(|()| out.write_all(b"\n"));
            written.map_err(|error| failed(path, error))?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), ClassroomError> {
        let Some((path, out)) = &mut self.0 else { return Ok(()) };
        out.flush().map_err(|error| failed(path, error))
    }
}

fn failed(path: &Path, error: io::Error) -> ClassroomError {
    ClassroomError::file("--manifest", path, error)
}
