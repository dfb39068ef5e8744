//! Numbers for idempotent producers: never the same twice, not even after a crash.
//!
//! They are taken in blocks of 1000; the end of the block is on the disk before its first number is given.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::log::recovery;

const BLOCK: i64 = 1000;

#[derive(Debug)]
struct Block {
    next: i64,
    end: i64,
}

/// The source of producer ids.
#[derive(Debug)]
pub(crate) struct ProducerIds {
    path: PathBuf,
    block: Mutex<Block>,
}

impl ProducerIds {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("producer-ids");
        let next = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BLOCK,
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            block: Mutex::new(Block { next, end: next }),
        })
    }

    pub(crate) fn give(&self) -> io::Result<i64> {
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        if block.next == block.end {
            let end = block.end + BLOCK;
            recovery::replace(&self.path, end.to_string().as_bytes())?;
            block.end = end;
        }
        block.next += 1;
        Ok(block.next - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_never_given_twice() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut given = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let ids = ProducerIds::open(folder.path())?;
            for _ in 0..=BLOCK {
                assert!(given.insert(ids.give()?));
            }
        }
        Ok(())
    }
}
