//! Bytes that flip while the log is open: readers are led past them, wherever in a batch they stand.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::{BatchMaker, Offset, Outcome, append, open, read};

/// Ten batches of one record; of the eighth one byte is changed.
fn batches_led_past(at: u64) -> Result<Vec<i64>, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..10 {
        append(&mut log, BatchMaker::default())?;
    }
    let size = BatchMaker::default().at(0).len() as u64;
    let path = folder.path().join("shop.view-0/00000000000000000000.log");
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, 7 * size + at)?;
    byte[0] ^= 0x41;
    file.write_all_at(&byte, 7 * size + at)?;
    // Who stands right there, too, goes on.
    assert_eq!(read(&log, 7)?.last(), Some(&(9, 1)), "byte {at}");
    Ok(read(&log, 0)?.into_iter().map(|(base, _)| base).collect())
}

#[test]
fn a_byte_that_flips_in_a_batch_costs_that_batch_and_no_other() -> Outcome {
    let whole: Vec<i64> = (0..10).collect();
    let without: Vec<i64> = whole.iter().copied().filter(|base| *base != 7).collect();
    let size = BatchMaker::default().at(0).len() as u64;
    for at in 0..size {
        let found = batches_led_past(at)?;
        // The epoch of the leader, bytes 12 to 15, is covered by no checksum, and means nothing here.
        let expected = if (12..16).contains(&at) { &whole } else { &without };
        assert_eq!(&found, expected, "byte {at}");
    }
    Ok(())
}

#[test]
fn damage_is_told_with_its_offsets() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..3 {
        append(&mut log, BatchMaker::default())?;
    }
    let size = BatchMaker::default().at(0).len() as u64;
    let path = folder.path().join("shop.view-0/00000000000000000000.log");
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all_at(&[9], size + 16)?;
    let slice = log.slice_at(Offset(1))?.ok_or("nothing to read")?;
    let told = slice.read(Offset(1), 4096, true)?.damaged;
    let told: Vec<_> = told.iter().map(|damage| (damage.from.0, damage.to.0)).collect();
    assert_eq!(told, [(1, 2)]);
    Ok(())
}
