//! What the journal promises, tried on real folders: reopening, damage, fullness, death.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that can't go on says why"
)]

mod damage;
mod full;
mod kill;
mod together;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{AppendError, Entry, FactId, Holder, Item, Journal, JournalError, Options};
use schemas::{EventId, EventType, Sequence, SessionId, Timestamp, Unsealed};

fn small() -> Options {
    Options {
        segment_bytes: 4096,
        segment_age: Duration::from_hours(24),
        max_bytes: 1024 * 1024,
        flush_interval: Duration::from_millis(1),
    }
}

fn event(number: u64, length: usize) -> Unsealed {
    Unsealed {
        event_type: EventType::View,
        event_id: EventId::at(Timestamp::MAX, [7; 10]),
        timestamp: Timestamp::from_unix_millis_saturating(1_700_000_000_000),
        session_id: number.is_multiple_of(2).then_some(SessionId([9; 16])),
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
    durable(journal.durable(Sequence(journal.next_sequence().0 - 1)));
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

/// Waits until the disk has it.
fn durable(durable: impl Future<Output = Result<(), JournalError>>) {
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
fn a_segment_ends_after_a_day_and_goes_once_its_events_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let at_hour = |hour: i64| Unsealed {
        timestamp: event(0, 0).timestamp.plus_micros(hour * 3_600_000_000),
        ..event(0, 0)
    };
    let journal = Journal::open(folder.path(), small()).unwrap();
    for hour in [0, 23, -1, 24] {
        journal.append(&[Entry::observation(&at_hour(hour), None)]).unwrap();
    }
    assert_eq!(segments(folder.path()).len(), 1);
    drop(journal);
    let journal = Journal::open(folder.path(), small()).unwrap();
    let last = journal.append(&[Entry::observation(&at_hour(25), None)]).unwrap();
    assert_eq!(segments(folder.path()).len(), 2);
    assert_eq!(read_all(&journal, 1).len(), 5);
    journal.release(Holder::Relay, last);
    journal.release(Holder::Outbox, last);
    drop(journal);
    assert_eq!(segments(folder.path()).len(), 1);
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
    durable(journal.durable(sequence));
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
fn an_event_that_no_message_may_hold_is_refused_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let (good, huge) = (event(1, 0), event(2, 300 * 1024));
    let refusal = journal.append(&[Entry::observation(&good, None), Entry::observation(&huge, None)]);
    assert!(matches!(refusal, Err(AppendError::TooLarge { .. })));
    assert_eq!(append(&journal, 1, 0), Sequence(1));
}
