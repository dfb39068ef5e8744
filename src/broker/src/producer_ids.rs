//! Numbers for idempotent producers: never the same twice, not even after a crash.
//!
//! A new folder begins at a random one: producers keep their number when the broker is set up anew under them, and must not meet it
//! in the hands of another.
//! They are taken in blocks of 1000; the end of the block is on the disk before its first number is given.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::log::recovery;

const BLOCK: i64 = 1000;
/// Random bits of the first number; 2^48 blocks of 1000 are left above it.
const RANDOM_BITS: u32 = 52;

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
            Err(error) if error.kind() == io::ErrorKind::NotFound => first(Uuid::new_v4()),
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

/// Where a new folder begins.
fn first(random: Uuid) -> i64 {
    let drawn = random.as_u128() & ((1 << RANDOM_BITS) - 1);
    i64::try_from(drawn).unwrap_or(0) + BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_gives_other_ids_than_the_one_before() -> io::Result<()> {
        let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let (one, other) = (
            ProducerIds::open(one.path())?.give()?,
            ProducerIds::open(other.path())?.give()?,
        );
        assert!(one != other && one >= BLOCK && other >= BLOCK, "{one} {other}");
        assert_eq!(first(Uuid::max()), (1 << RANDOM_BITS) - 1 + BLOCK);
        Ok(())
    }

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
