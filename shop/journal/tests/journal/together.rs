//! Appends of the same moment: one write, an answer for each.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::join_all;
use journal::{AppendError, Entry, Journal};
use schemas::Sequence;

use crate::full::Disk;
use crate::{Seen, append, durable, event, read_all, sealed, small};

async fn together(journal: &Journal, number: u64, length: usize) -> Result<Sequence, AppendError> {
    let event = event(number, length);
    let entry = Entry::observation(&event, Some("00-aa-bb-01"));
    journal.append_together(&[entry, entry]).await
}

/// Begins it, without waiting.
async fn begin(appending: Pin<&mut impl Future>) {
    let mut appending = Some(appending);
    let waits = poll_fn(|context| Poll::Ready(appending.take().is_some_and(|begun| begun.poll(context).is_pending())));
    assert!(waits.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_at_once_gets_places_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let tasks: Vec<_> = (0..200_u64)
        .map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move { (together(&journal, number, 50).await.unwrap(), number) })
        })
        .collect();
    let mut expected: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    expected.sort_unstable();
    let expected = expected.into_iter().enumerate().flat_map(|(at, (last, number))| {
        assert_eq!(last.0, 2 * (at as u64 + 1), "two places each, none left out");
        [last.0 - 1, last.0].map(|place| Seen::Entry(place, sealed(&journal, place, number, 50)))
    });
    let expected: Vec<_> = expected.collect();
    journal.durable(Sequence(400)).await.unwrap();
    let seen = tokio::task::block_in_place(|| read_all(&journal, 1));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_is_appended_alone_meanwhile_stands_behind_and_writes_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let mut first = Box::pin(together(&journal, 1, 50));
    begin(first.as_mut()).await;
    assert_eq!(append(&journal, 2, 50), Sequence(3));
    assert_eq!(
        journal.next_sequence(),
        Sequence(4),
        "written before the first came back"
    );
    assert_eq!(first.await.unwrap(), Sequence(2));
}

#[test]
fn an_append_whose_caller_went_away_is_written_nevertheless() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    durable(async {
        let mut given_up = Box::pin(together(&journal, 1, 50));
        begin(given_up.as_mut()).await;
        drop(given_up);
        journal.durable(Sequence(2)).await
    });
    let expected: Vec<_> = (1..=2).map(|n| Seen::Entry(n, sealed(&journal, n, 1, 50))).collect();
    assert_eq!(read_all(&journal, 1), expected);
    assert_eq!(journal.state().appended(), 2);
}

#[tokio::test]
async fn one_that_is_too_large_is_refused_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), small()).unwrap();
    let answers = join_all([1, 300 * 1024, 2].map(|length| together(&journal, 1, length))).await;
    assert!(matches!(
        &answers[..],
        [Ok(Sequence(2)), Err(AppendError::TooLarge { .. }), Ok(Sequence(4))]
    ));
}

#[test]
fn a_full_disk_refuses_all_who_share_the_write_and_gives_their_places_out_again() {
    let Some(disk) = Disk::of_one_mib() else {
        return;
    };
    let journal = Journal::open(disk.path(), small()).unwrap();
    let ballast = disk.fill();
    durable(async {
        let answers = join_all((1..=20).map(|number| together(&journal, number, 20_000))).await;
        let refused = |answer: &Result<_, AppendError>| matches!(answer, Err(AppendError::Io(_)));
        assert!(answers.iter().all(refused), "{answers:?}");
        Ok(())
    });
    assert_eq!(journal.state().refused_io, 40, "each observation is counted once");
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(append(&journal, 1, 50), Sequence(1));
    assert_eq!(read_all(&journal, 1), [Seen::Entry(1, sealed(&journal, 1, 1, 50))]);
}
