//! What a crash or a bad disk leaves behind.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{BatchMaker, Offset, Outcome, append, open, read};

fn only_segment(folder: &Path) -> PathBuf {
    folder.join("shop.view-0/00000000000000000000.log")
}

fn corrupt_file(folder: &Path) -> PathBuf {
    folder.join("shop.view-0/00000000000000000000.corrupt")
}

#[test]
fn a_torn_tail_is_cut_and_set_aside_and_the_log_goes_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    append(&mut log, BatchMaker::default())?;
    append(&mut log, BatchMaker::default())?;
    drop(log);
    let path = only_segment(folder.path());
    let whole = fs::metadata(&path)?.len();
    for torn in [whole - 1, whole / 2 + 1, whole / 2 + 61] {
        OpenOptions::new().write(true).open(&path)?.set_len(torn)?;
        let mut log = open(folder.path())?;
        assert_eq!(read(&log, 0)?, [(0, 1)], "torn at {torn}");
        assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(1));
        assert_eq!(read(&log, 0)?, [(0, 1), (1, 1)]);
    }
    assert!(fs::metadata(corrupt_file(folder.path()))?.len() > 0);
    Ok(())
}

#[test]
fn a_damaged_stretch_is_set_aside_and_the_good_batches_after_it_are_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    for _ in 0..5 {
        append(&mut log, BatchMaker::default())?;
    }
    drop(log);
    let size = BatchMaker::default().at(0).len() as u64;
    let file = OpenOptions::new().write(true).open(only_segment(folder.path()))?;
    file.write_all_at(&[0xff], size * 2 + 65)?;
    let mut log = open(folder.path())?;
    assert_eq!(read(&log, 0)?, [(0, 1), (1, 1), (3, 1), (4, 1)]);
    assert_eq!(fs::metadata(corrupt_file(folder.path()))?.len(), size);
    assert_eq!(append(&mut log, BatchMaker::default())?.base, Offset(5));
    Ok(())
}
