//! A small disk of its own that can really be full: a tmpfs, unmounted whatever happens to the test.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Given back before everything else, so that what was full has room for the next steps.
const FILLER: &str = "filler";
const CHUNK: usize = 64 * 1024;

pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// An empty disk of so many KiB at `folder`, which is made if need be.
    pub fn mount(folder: &Path, kib: u32) -> Self {
        fs::create_dir_all(folder).expect("the folder of a disk");
        assert!(
            mount(folder, kib),
            "a tmpfs of {kib} KiB is mounted at {}",
            folder.display()
        );
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Takes all the room that is left, to the last byte.
    pub fn is_filled(&self) {
        let mut filler = File::create(self.folder.join(FILLER)).expect("an empty file takes no room");
        let mut piece = CHUNK;
        while piece > 0 {
            // A write that is cut short has taken what there was.
            match filler.write(&vec![0; piece]) {
                Ok(written) if written > 0 => {}
                _ => piece /= 2,
            }
        }
    }

    /// There is room again.
    pub fn has_room(&self) {
        fs::remove_file(self.folder.join(FILLER)).expect("the filler goes");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever has a file open there keeps it, and the folder is free.
        let done = Command::new("umount").arg("-l").arg(&self.folder).status();
        let unmounted = done.is_ok_and(|status| status.success());
        assert!(
            unmounted || std::thread::panicking(),
            "{} can't be unmounted",
            self.folder.display()
        );
    }
}

fn mount(folder: &Path, kib: u32) -> bool {
    let size = format!("size={kib}k,mode=0755");
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder);
    command.output().is_ok_and(|done| done.status.success())
}

/// Tried, as nothing else tells.
pub fn may_mount() -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let may = mount(folder.path(), 64);
    if may {
        drop(Disk {
            folder: folder.path().to_owned(),
        });
    }
    may
}
