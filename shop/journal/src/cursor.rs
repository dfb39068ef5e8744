//! How far Kafka has acknowledged: two slots of 16 bytes, written in turn, so that a torn write leaves the other.
//!
//! A damaged slot leaves the other, and a cursor that is lost altogether begins at the first segment: that repeats messages (the sink
//! knows them by their sequence) and loses none.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use schemas::Sequence;
use tracing::error;

const NAME: &str = "cursor";
const SLOT_BYTES: u64 = 16;

#[derive(Debug)]
pub(crate) struct Cursor {
    file: File,
    slot: u64,
    acknowledged: Sequence,
    /// Both slots could be read.
    whole: bool,
    /// Moved since the last sync.
    moved: bool,
}

impl Cursor {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(NAME))?;
        let length = file.metadata()?.len();
        if length < 2 * SLOT_BYTES {
            // Both slots get their place now, so that the cursor moves on a full disk too.
            let missing = usize::try_from(2 * SLOT_BYTES - length).unwrap_or_default();
            file.write_all_at(&vec![0; missing], length)?;
            file.sync_all()?;
        }
        let slots = [read(&file, 0)?, read(&file, 1)?];
        let slot = u64::from(slots[1] > slots[0]);
        Ok(Self {
            file,
            slot,
            acknowledged: slots[0].max(slots[1]).unwrap_or(Sequence(0)),
            whole: slots.iter().all(Option::is_some),
            moved: true,
        })
    }

    /// A cursor of which nothing can be read, or only the older slot, goes on at `first`, the first entry that is still there: segments go
    /// only behind a cursor that was synced, so Kafka has everything before it. With a cursor that is whole, what is missing was taken away.
    pub(crate) fn mend(&mut self, first: Sequence) -> io::Result<()> {
        if self.whole || self.acknowledged.next() >= first {
            return Ok(());
        }
        error!(
            first = first.0,
            "The relay's cursor was damaged; it goes on at the first entry of the journal, Kafka gets some a second time"
        );
        self.whole = true;
        self.advance(Sequence(first.0 - 1))
    }

    /// Every entry up to this one is on its topic; 0 when none is.
    pub(crate) const fn acknowledged(&self) -> Sequence {
        self.acknowledged
    }

    /// Moves on; this survives kill -9, and a power cut after [`Cursor::sync`].
    pub(crate) fn advance(&mut self, acknowledged: Sequence) -> io::Result<()> {
        let mut slot = [0; 16];
        slot[..8].copy_from_slice(&acknowledged.0.to_le_bytes());
        let sum = crc32c::crc32c(&slot[..8]);
        slot[8..12].copy_from_slice(&sum.to_le_bytes());
        let next = 1 - self.slot;
        self.file.write_all_at(&slot, next * SLOT_BYTES)?;
        self.slot = next;
        self.acknowledged = acknowledged;
        self.moved = true;
        Ok(())
    }

    /// Makes the cursor survive a power cut; false when there was nothing to do.
    pub(crate) fn sync(&mut self) -> io::Result<bool> {
        if !self.moved {
            return Ok(false);
        }
        self.file.sync_data()?;
        self.moved = false;
        Ok(true)
    }
}

/// The cursor of a folder that may be in use; none before the first one was written.
pub(super) fn acknowledged(folder: &Path) -> io::Result<Option<Sequence>> {
    let file = match File::open(folder.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(read(&file, 0)?.max(read(&file, 1)?))
}

fn read(file: &File, slot: u64) -> io::Result<Option<Sequence>> {
    let mut bytes = [0; 16];
    match file.read_exact_at(&mut bytes, slot * SLOT_BYTES) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let (mut sequence, mut sum) = ([0; 8], [0; 4]);
    sequence.copy_from_slice(&bytes[..8]);
    sum.copy_from_slice(&bytes[8..12]);
    let sound = crc32c::crc32c(&sequence) == u32::from_le_bytes(sum);
    let sequence = Sequence(u64::from_le_bytes(sequence));
    Ok((sound && sequence.0 > 0).then_some(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_slot_leaves_the_cursor_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        for acknowledged in 1..=5 {
            cursor.advance(Sequence(acknowledged)).unwrap();
        }
        cursor.file.write_all_at(&[0xff; 3], cursor.slot * SLOT_BYTES).unwrap();
        let mut again = Cursor::open(folder.path()).unwrap();
        assert_eq!(again.acknowledged(), Sequence(4));
        again.advance(Sequence(6)).unwrap();
        assert_eq!(Cursor::open(folder.path()).unwrap().acknowledged(), Sequence(6));
    }

    #[test]
    fn a_cursor_that_is_lost_begins_at_the_first_entry_that_is_still_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        for acknowledged in [40, 41] {
            cursor.advance(Sequence(acknowledged)).unwrap();
        }
        cursor.file.write_all_at(&[0xff; 32], 0).unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        assert_eq!(cursor.acknowledged(), Sequence(0));
        cursor.mend(Sequence(31)).unwrap();
        assert_eq!(Cursor::open(folder.path()).unwrap().acknowledged(), Sequence(30));
        cursor.mend(Sequence(35)).unwrap();
        assert_eq!(cursor.acknowledged(), Sequence(30), "only a lost one is mended");
    }

    #[test]
    fn a_newest_slot_that_is_damaged_makes_nothing_lost_that_kafka_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        for acknowledged in [100, 5000] {
            cursor.advance(Sequence(acknowledged)).unwrap();
        }
        cursor.file.write_all_at(&[0xff; 8], cursor.slot * SLOT_BYTES).unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        assert_eq!(cursor.acknowledged(), Sequence(100));
        // Segments up to 4,000 had gone behind the cursor.
        cursor.mend(Sequence(4001)).unwrap();
        assert_eq!(cursor.acknowledged(), Sequence(4000));
    }
}
