//! A journal at its cap, and a disk without room.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use journal::{AppendError, Entry, FactId, Holder, Journal, Options};
use schemas::Sequence;
use tempfile::TempDir;

use crate::{Seen, append, durable, event, read_all, sealed, small};

#[test]
fn a_full_journal_refuses_observations_first_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        max_bytes: 64 * 1024,
        ..small()
    };
    let journal = Journal::open(folder.path(), options.clone()).unwrap();
    let view = event(1, 500);
    let mut taken = 0;
    let refusal = loop {
        match journal.append(&[Entry::observation(&view, None)]) {
            Ok(_) => taken += 1,
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, AppendError::Full { .. }));
    let small = event(1, 0);
    let squeezed = journal.append(&[Entry::observation(&small, None)]);
    assert!(squeezed.is_err(), "small ones don't squeeze past large ones");
    let fact = Entry {
        event: &view,
        fact: Some(FactId(1)),
        trace_parent: None,
    };
    let first = journal.append(&[fact]).expect("a sixteenth is left for facts");
    assert_eq!(first, Sequence(taken + 1));
    assert_eq!(journal.state().refused_full, 2);
    while journal.append(&[fact]).is_ok() {}
    assert_eq!(
        journal.state().refused_full,
        2,
        "a fact that waits is not lost, so it is not counted"
    );
    assert!(journal.state().trouble.is_some());
    assert!(journal.state().bytes <= options.max_bytes);

    let last = Sequence(journal.next_sequence().0 - 1);
    durable(journal.durable(last));
    journal.release(Holder::Relay, last);
    journal.release(Holder::Outbox, last);
    drop(journal);
    let journal = Journal::open(folder.path(), options).unwrap();
    assert_eq!(
        append(&journal, 2, 500),
        last.next(),
        "room is there, and no sequence is missing"
    );
}

/// A disk of its own, unmounted whatever happens to the test.
pub(crate) struct Disk(TempDir);

impl Disk {
    /// None, said loudly, where mounting is not allowed; with `DE_SHOP_TEST_REQUIRE` that fails.
    pub(crate) fn of_one_mib() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .output();
        if done.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        let said = "SKIPPED a disk that is really full: mounting a tmpfs is not allowed here (root may)\n";
        assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
        // Past the test harness, which keeps what passing tests print.
        std::io::stderr()
            .write_all(said.as_bytes())
            .expect("standard error takes a line");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left; it is there again when the file is removed.
    pub(crate) fn fill(&self) -> PathBuf {
        let ballast = self.path().join("ballast");
        let mut file = File::create(&ballast).expect("a file");
        let full = std::iter::repeat_with(|| file.write_all(&[0; 4096])).find_map(Result::err);
        assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::StorageFull));
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("-l").arg(self.0.path()).status();
        let unmounted = done.is_ok_and(|status| status.success());
        assert!(unmounted || std::thread::panicking(), "the disk can't be unmounted");
    }
}

#[test]
fn a_disk_that_is_really_full_refuses_and_takes_again_once_it_has_room() {
    let Some(disk) = Disk::of_one_mib() else {
        return;
    };
    let folder = disk.path();
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0; 700 * 1024]).unwrap();
    let options = Options {
        segment_bytes: 64 * 1024,
        max_bytes: 64 * 1024 * 1024,
        ..small()
    };
    let journal = Journal::open(folder, options.clone()).unwrap();
    let mut taken = 0;
    while journal
        .append(&[Entry::observation(&event(taken + 1, 1000), None)])
        .is_ok()
    {
        taken += 1;
    }
    assert!(matches!(
        journal.append(&[Entry::observation(&event(0, 1000), None)]),
        Err(AppendError::Io(_))
    ));
    assert!(journal.state().trouble.is_some());
    fs::remove_file(&ballast).unwrap();
    assert_eq!(append(&journal, taken + 1, 1000), Sequence(taken + 1));
    assert!(journal.state().trouble.is_none());
    drop(journal);
    let journal = Journal::open(folder, options).unwrap();
    let expected: Vec<_> = (1..=taken + 1)
        .map(|n| Seen::Entry(n, sealed(&journal, n, n, 1000)))
        .collect();
    assert_eq!(read_all(&journal, 1), expected);
}
