//! What the journal promises, tried on real folders: reopening, damage, fullness, death.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use schemas::{EventId, EventType, Sequence, SessionId, Timestamp, Unsealed};
use shop::journal::{AppendError, Entry, FactId, Holder, Item, Journal, JournalError, Options};

fn small() -> Options {
    Options {
        segment_bytes: 4096,
        max_bytes: 1024 * 1024,
        flush_interval: Duration::from_millis(1),
    }
}

fn event(number: u64, length: usize) -> Unsealed {
    Unsealed {
        event_type: EventType::View,
        event_id: EventId::at(Timestamp::MAX, [7; 10]),
        timestamp: Timestamp::from_unix_millis_saturating(1_700_000_000_000),
        session_id: (number % 2 == 0).then_some(SessionId([9; 16])),
        json: format!(r#"{{"number":{number},"pad":"{}"}}"#, "x".repeat(length)).into_bytes(),
    }
}

fn append(journal: &Journal, number: u64, length: usize) -> Sequence {
    journal
        .append(&[Entry::observation(&event(number, length), Some("00-aa-bb-01"))])
        .expect("the journal has room")
}

#[derive(Debug, PartialEq)]
enum Seen {
    Entry(u64, Vec<u8>),
    Lost(u64, u64),
}

/// Everything that can be read once all that was appended is durable.
fn read_all(journal: &Journal, from: u64) -> Vec<Seen> {
    futures(journal.durable(Sequence(journal.next_sequence().0 - 1)));
    let mut reader = journal.reader(Sequence(from));
    let mut seen = Vec::new();
    while let Some(item) = reader.read().expect("the journal can be read") {
        seen.push(match item {
            Item::Entry(entry) => Seen::Entry(entry.sequence.0, entry.value.to_vec()),
            Item::Lost { first, last } => Seen::Lost(first.0, last.0),
        });
    }
    seen
}

fn futures(durable: impl Future<Output = Result<(), JournalError>>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(durable)
        .expect("the journal is open");
}

fn sealed(journal: &Journal, sequence: u64, number: u64, length: usize) -> Vec<u8> {
    let source = schemas::Source {
        instance: journal.instance().clone(),
        sequence: Sequence(sequence),
    };
    let mut out = Vec::new();
    event(number, length).seal_into(&source, &mut out);
    out
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "journal"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn what_was_appended_is_read_back_in_order_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let instance = {
        let journal = Journal::open(folder.path(), small()).unwrap();
        for number in 1..=100 {
            assert_eq!(append(&journal, number, 100), Sequence(number));
        }
        journal.instance().clone()
    };
    let journal = Journal::open(folder.path(), small()).unwrap();
    assert_eq!(*journal.instance(), instance);
    assert!(segments(folder.path()).len() > 3, "the test wants several segments");
    let expected: Vec<_> = (1..=100).map(|n| Seen::Entry(n, sealed(&journal, n, n, 100))).collect();
    assert_eq!(read_all(&journal, 1), expected);
    assert_eq!(read_all(&journal, 60), expected[59..]);
    assert_eq!(append(&journal, 101, 0), Sequence(101));
}

#[test]
fn all_of_an_entry_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let fact = event(2, 0);
    let entry = Entry {
        event: &fact,
        fact: Some(FactId(42)),
        trace_parent: Some("00-aa-bb-01"),
    };
    let sequence = journal.append(&[entry]).unwrap();
    futures(journal.durable(sequence));
    let mut reader = journal.reader(Sequence::FIRST);
    let Some(Item::Entry(stored)) = reader.read().unwrap() else {
        panic!("the entry is there");
    };
    assert_eq!(stored.event_type, fact.event_type);
    assert_eq!(stored.event_id, fact.event_id);
    assert_eq!(stored.timestamp, fact.timestamp);
    assert_eq!(stored.session_id, fact.session_id);
    assert_eq!(stored.fact, Some(FactId(42)));
    assert_eq!(stored.trace_parent, Some("00-aa-bb-01"));
    assert_eq!(reader.read().unwrap(), None);
}

#[test]
fn a_second_shop_in_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _journal = Journal::open(folder.path(), small()).unwrap();
    assert!(matches!(
        Journal::open(folder.path(), small()),
        Err(JournalError::Locked { .. })
    ));
}

#[test]
fn a_lost_or_damaged_name_is_an_error_and_never_a_new_name() {
    let folder = tempfile::tempdir().unwrap();
    append(&Journal::open(folder.path(), small()).unwrap(), 1, 0);
    let name = folder.path().join("instance");
    let text = fs::read_to_string(&name).unwrap();
    fs::write(&name, text.replacen("shop-", "shoq-", 1)).unwrap();
    assert!(matches!(
        Journal::open(folder.path(), small()),
        Err(JournalError::Instance { .. })
    ));
    fs::remove_file(&name).unwrap();
    assert!(matches!(
        Journal::open(folder.path(), small()),
        Err(JournalError::Instance { .. })
    ));
}

#[test]
fn a_segment_goes_only_when_relay_and_outbox_have_released_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    for number in 1..=100 {
        append(&journal, number, 100);
    }
    let all = segments(folder.path()).len();
    journal.release(Holder::Relay, Sequence(100));
    drop(journal);
    assert_eq!(segments(folder.path()).len(), all, "the outbox still holds them");
    let journal = Journal::open(folder.path(), small()).unwrap();
    journal.release(Holder::Relay, Sequence(50));
    journal.release(Holder::Outbox, Sequence(u64::MAX));
    drop(journal);
    let journal = Journal::open(folder.path(), small()).unwrap();
    assert!(segments(folder.path()).len() < all);
    let first = journal.state().first;
    assert!((2..=51).contains(&first.0), "first is {first}");
    assert_eq!(read_all(&journal, 51).len(), 50);
}

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
    let last = journal.append(&[fact]).expect("a sixteenth is left for facts");
    assert_eq!(last, Sequence(taken + 1));
    assert_eq!(journal.state().refused_full, 2);
    assert!(journal.state().trouble.is_some());
    assert!(journal.state().bytes <= options.max_bytes);

    futures(journal.durable(last));
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

#[test]
fn an_event_that_no_message_may_hold_is_refused_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let (good, huge) = (event(1, 0), event(2, 300 * 1024));
    let refusal = journal.append(&[Entry::observation(&good, None), Entry::observation(&huge, None)]);
    assert!(matches!(refusal, Err(AppendError::TooLarge { .. })));
    assert_eq!(append(&journal, 1, 0), Sequence(1));
}

#[test]
#[ignore = "needs root: mounts a tmpfs of 1 MiB"]
fn a_disk_that_is_really_full_refuses_and_takes_again_once_it_has_room() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let done = Command::new(arguments[0])
            .args(&arguments[1..])
            .arg(folder.path())
            .status();
        assert!(done.expect("the command runs").success(), "{arguments:?}");
    };
    mount(&["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![0; 700 * 1024]).unwrap();
    let options = Options {
        segment_bytes: 64 * 1024,
        max_bytes: 64 * 1024 * 1024,
        ..small()
    };
    let journal = Journal::open(folder.path(), options.clone()).unwrap();
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
    let journal = Journal::open(folder.path(), options).unwrap();
    let expected: Vec<_> = (1..=taken + 1)
        .map(|n| Seen::Entry(n, sealed(&journal, n, n, 1000)))
        .collect();
    let seen = read_all(&journal, 1);
    drop(journal);
    mount(&["umount"]);
    assert_eq!(seen, expected);
}

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
            .args(["--exact", "child_that_appends_until_it_is_killed", "--nocapture"])
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

#[derive(Debug, Clone)]
enum Damage {
    /// The last segment ends before this part of it.
    Cut(prop::sample::Index),
    /// One bit of the segment, and which.
    Flip(prop::sample::Index, prop::sample::Index),
    /// Zeros where a power cut lost what was written.
    Zeros(prop::sample::Index),
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(file, bit)| Damage::Flip(file, bit)),
        any::<prop::sample::Index>().prop_map(Damage::Zeros),
    ]
}

fn inflict(folder: &Path, damage: &Damage) {
    let paths = segments(folder);
    let last = paths.last().expect("a segment");
    let path = match damage {
        Damage::Flip(file, _) => file.get(&paths),
        _ => last,
    };
    let mut bytes = fs::read(path).unwrap();
    if bytes.is_empty() {
        return;
    }
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Flip(_, bit) => {
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Damage::Zeros(at) => {
            let at = at.index(bytes.len());
            bytes[at..].fill(0);
        }
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_loses_what_it_hit_and_nothing_else(
        batches in proptest::collection::vec(proptest::collection::vec(0_usize..900, 1..4), 1..40),
        damage in damages(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let lengths: Vec<usize> = batches.concat();
        {
            let journal = Journal::open(folder.path(), small()).unwrap();
            let mut number = 0;
            for batch in &batches {
                let events: Vec<_> = batch.iter().map(|length| { number += 1; event(number, *length) }).collect();
                let entries: Vec<_> = events.iter().map(|event| Entry::observation(event, None)).collect();
                prop_assert_eq!(journal.append(&entries).unwrap(), Sequence(number));
            }
        }
        inflict(folder.path(), &damage);
        let journal = Journal::open(folder.path(), small()).unwrap();
        let next = journal.next_sequence().0;
        append(&journal, 0, 10);

        let mut expected = 1;
        let mut lost = 0;
        for seen in read_all(&journal, 1) {
            match seen {
                Seen::Entry(sequence, value) => {
                    prop_assert_eq!(sequence, expected, "in order, each once");
                    let (number, length) = match lengths.get(usize::try_from(sequence - 1).unwrap()) {
                        Some(length) if sequence < next => (sequence, *length),
                        _ => (0, 10),
                    };
                    prop_assert_eq!(value, sealed(&journal, sequence, number, length), "nothing invented");
                    expected += 1;
                }
                Seen::Lost(first, last) => {
                    prop_assert_eq!(first, expected, "a gap is reported where it is");
                    lost += (first..=last).filter(|sequence| *sequence <= lengths.len() as u64).count();
                    expected = last + 1;
                }
            }
        }
        prop_assert_eq!(expected, next + 1, "all is read");
        if let Damage::Flip(..) = damage {
            prop_assert!(lost <= 1, "one bit hits one entry");
            prop_assert!(next > lengths.len() as u64, "no sequence that was durable is given out again");
        }
    }
}
