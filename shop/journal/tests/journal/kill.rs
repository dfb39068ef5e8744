//! A process that dies in the middle of its work.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use journal::Journal;

use crate::{Seen, append, read_all, sealed, small};

/// Not a test of its own: the process that `what_was_answered_survives_kill_9_at_every_point` starts and kills.
#[test]
fn child_that_appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os("JOURNAL_TEST_FOLDER") else {
        return;
    };
    let journal = Journal::open(Path::new(&folder), small()).unwrap();
    for number in journal.next_sequence().0.. {
        println!("\nkept {}", append(&journal, number, 50));
    }
}

#[test]
fn what_was_answered_survives_kill_9_at_every_point() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for point in [
        "after_append:300",
        "before_fsync:3",
        "during_segment_roll:5",
        "none",
        "after_append:1",
    ] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child_that_appends_until_it_is_killed", "--nocapture"])
            .env("JOURNAL_TEST_FOLDER", folder.path())
            .env("SHOP_FAIL_POINT", point)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut kept = 0;
        for line in output.lines() {
            if let Some(sequence) = line.unwrap().strip_prefix("kept ") {
                answered = sequence.parse().unwrap();
                kept += 1;
            }
            if kept == 500 && point == "none" {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        let journal = Journal::open(folder.path(), small()).unwrap();
        let seen = read_all(&journal, 1);
        assert!(seen.len() as u64 >= answered, "{point}");
        for (at, seen) in seen.into_iter().enumerate() {
            let n = at as u64 + 1;
            assert_eq!(seen, Seen::Entry(n, sealed(&journal, n, n, 50)), "{point}");
        }
    }
}
