//! Facts go from the event store to the journal exactly once, whatever fails in between.

#![expect(clippy::expect_used, reason = "a test that can't go on says why")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use journal::{Entry, FactId, Item, Journal, MAX_EVENT_BYTES, Options};
use schemas::{EventId, EventType, InstanceId, Sequence, SessionId, Timestamp, Unsealed};
use shop::outbox::{FactStore, Kick, Outbox, StoredFact};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An event store in memory whose marks can be made to fail.
#[derive(Debug, Clone)]
struct TestStore {
    inner: Arc<Mutex<Inner>>,
    /// How many facts are marked.
    marked: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Inner {
    facts: BTreeMap<i64, Option<Sequence>>,
    failing_marks: u32,
    /// Facts that no journal takes.
    large: Vec<i64>,
    /// Questions that are never answered, as on a connection that was lost without a word.
    unheard: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away;

impl TestStore {
    fn new() -> Self {
        Self {
            inner: Arc::default(),
            marked: watch::Sender::new(0),
        }
    }

    fn records(&self, ids: impl IntoIterator<Item = i64>) {
        let mut inner = self.inner.lock().expect("no panic");
        for id in ids {
            inner.facts.insert(id, None);
        }
    }

    fn fails_to_mark(&self, times: u32) {
        self.inner.lock().expect("no panic").failing_marks = times;
    }

    fn hears_nothing_of(&self, questions: u32) {
        self.inner.lock().expect("no panic").unheard = questions;
    }

    /// Never comes back for a question that is not heard.
    async fn hears(&self) {
        let heard = {
            let mut inner = self.inner.lock().expect("no panic");
            let heard = inner.unheard == 0;
            inner.unheard = inner.unheard.saturating_sub(1);
            heard
        };
        if !heard {
            std::future::pending::<()>().await;
        }
    }

    async fn sees_marked(&self, facts: usize) {
        let mut marked = self.marked.subscribe();
        let reached = marked.wait_for(|marked| *marked >= facts);
        tokio::time::timeout(Duration::from_secs(20), reached)
            .await
            .expect("the facts are marked in time")
            .expect("the store is there");
    }

    fn marks(&self) -> Vec<(i64, Option<Sequence>)> {
        let inner = self.inner.lock().expect("no panic");
        inner.facts.iter().map(|(id, place)| (*id, *place)).collect()
    }
}

impl FactStore for TestStore {
    type Error = Away;

    async fn facts_not_in_journal(&self, _: &InstanceId, limit: u32) -> Result<Vec<StoredFact>, Away> {
        self.hears().await;
        let inner = self.inner.lock().expect("no panic");
        let unmarked = inner.facts.iter().filter(|(_, place)| place.is_none());
        let stored = |id: &i64| {
            let mut stored = fact(*id);
            if inner.large.contains(id) {
                stored.event.json.resize(MAX_EVENT_BYTES + 1, b' ');
            }
            stored
        };
        Ok(unmarked.take(limit as usize).map(|(id, _)| stored(id)).collect())
    }

    async fn mark_in_journal(&self, marks: &[(FactId, Sequence)]) -> Result<(), Away> {
        self.hears().await;
        let mut inner = self.inner.lock().expect("no panic");
        if inner.failing_marks > 0 {
            inner.failing_marks -= 1;
            return Err(Away);
        }
        for (id, place) in marks {
            inner.facts.insert(id.0, Some(*place));
        }
        let marked = inner.facts.values().flatten().count();
        self.marked.send_replace(marked);
        Ok(())
    }

    async fn last_fact_sequence(&self, _: &InstanceId) -> Result<Option<Sequence>, Away> {
        self.hears().await;
        Ok(self
            .inner
            .lock()
            .expect("no panic")
            .facts
            .values()
            .flatten()
            .max()
            .copied())
    }
}

fn fact(id: i64) -> StoredFact {
    StoredFact {
        id: FactId(id),
        event: Unsealed {
            event_type: EventType::CartAdd,
            event_id: EventId::at(Timestamp::from_unix_millis_saturating(id), [1; 10]),
            timestamp: Timestamp::from_unix_millis_saturating(id),
            session_id: Some(SessionId([2; 16])),
            json: format!(r#"{{"fact":{id}}}"#).into_bytes(),
        },
        trace_parent: None,
    }
}

fn options() -> Options {
    Options {
        flush_interval: Duration::from_millis(1),
        ..Options::default()
    }
}

/// A running outbox.
struct Running {
    kick: Kick,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(store: &TestStore, journal: &Journal) -> Self {
        let outbox = Outbox::new(store.clone(), journal.clone()).answered_within(Duration::from_millis(100));
        let (kick, stop) = (outbox.kick(), CancellationToken::new());
        let task = tokio::spawn(outbox.run(stop.clone()));
        Self { kick, stop, task }
    }

    async fn stops(self) {
        self.stop.cancel();
        self.task.await.expect("the outbox ends");
    }
}

/// The facts in the journal, with their places, in order.
fn in_journal(folder: &Path) -> Vec<(i64, Sequence)> {
    let journal = Journal::open(folder, options()).expect("the journal opens");
    let mut reader = journal.reader(Sequence::FIRST);
    let mut facts = Vec::new();
    while let Some(item) = reader.read().expect("the journal is sound") {
        if let Item::Entry(entry) = item
            && let Some(fact) = entry.fact
        {
            facts.push((fact.0, entry.sequence));
        }
    }
    facts
}

/// Each fact is in the journal once, and its mark says where.
fn assert_exactly_once(store: &TestStore, folder: &Path) {
    let mut facts = in_journal(folder);
    facts.sort_unstable();
    let marks: Vec<_> = store
        .marks()
        .into_iter()
        .map(|(id, place)| (id, place.expect("every fact is marked")))
        .collect();
    assert_eq!(facts, marks);
}

#[tokio::test]
async fn facts_go_to_the_journal_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records(1..=700);
    let journal = Journal::open(folder.path(), options()).unwrap();
    let running = Running::start(&store, &journal);
    store.sees_marked(700).await;
    running.stops().await;
    drop(journal);
    assert_exactly_once(&store, folder.path());
    assert!(in_journal(folder.path()).is_sorted());
}

#[tokio::test]
async fn a_fact_that_commits_after_one_with_a_higher_id_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records([1, 3]);
    let journal = Journal::open(folder.path(), options()).unwrap();
    let running = Running::start(&store, &journal);
    store.sees_marked(2).await;
    store.records([2]);
    running.kick.kick();
    store.sees_marked(3).await;
    running.stops().await;
    drop(journal);
    assert_exactly_once(&store, folder.path());
}

#[tokio::test]
async fn facts_whose_mark_was_lost_in_a_crash_are_marked_and_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records(1..=5);
    {
        let journal = Journal::open(folder.path(), options()).unwrap();
        for id in 1..=3 {
            let fact = fact(id);
            let entry = Entry {
                event: &fact.event,
                fact: Some(fact.id),
                trace_parent: None,
            };
            journal.append(&[entry]).unwrap();
        }
    }
    let journal = Journal::open(folder.path(), options()).unwrap();
    let running = Running::start(&store, &journal);
    store.sees_marked(5).await;
    running.stops().await;
    drop(journal);
    assert_exactly_once(&store, folder.path());
}

#[tokio::test]
async fn a_database_that_is_away_when_facts_are_marked_makes_no_fact_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records(1..=10);
    store.fails_to_mark(3);
    let journal = Journal::open(folder.path(), options()).unwrap();
    let running = Running::start(&store, &journal);
    store.sees_marked(10).await;
    running.stops().await;
    drop(journal);
    assert_exactly_once(&store, folder.path());
}

#[tokio::test]
async fn facts_wait_for_room_in_a_full_journal() {
    let folder = tempfile::tempdir().unwrap();
    let small = Options {
        max_bytes: 16 * 1024,
        segment_bytes: 1024,
        ..options()
    };
    let journal = Journal::open(folder.path(), small).unwrap();
    // Facts may use it all, so only facts can fill it to the brim.
    let filling = fact(0);
    let entry = Entry {
        fact: Some(FactId(0)),
        ..Entry::observation(&filling.event, None)
    };
    while journal.append(&[entry]).is_ok() {}
    let last = Sequence(journal.next_sequence().0 - 1);
    journal.durable(last).await.unwrap();

    let store = TestStore::new();
    store.records(1..=10);
    let running = Running::start(&store, &journal);
    // The facts with id 0 are found at the start; then the rest waits until the relay has made room.
    store.sees_marked(1).await;
    assert!(store.marks().iter().any(|(_, place)| place.is_none()));
    journal.release(journal::Holder::Relay, last);
    store.sees_marked(11).await;
    running.stops().await;
}

#[tokio::test]
async fn a_database_that_never_answers_is_asked_again_and_makes_no_fact_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records(1..=10);
    // What is marked, what waits, what is marked again: each question of a round is lost once.
    for lost in 1..=4 {
        store.hears_nothing_of(lost);
        let journal = Journal::open(folder.path(), options()).unwrap();
        let running = Running::start(&store, &journal);
        store.records([10 + i64::from(lost)]);
        running.kick.kick();
        store.sees_marked(10 + lost as usize).await;
        running.stops().await;
    }
    assert_exactly_once(&store, folder.path());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_database_that_never_answers() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.hears_nothing_of(u32::MAX);
    let journal = Journal::open(folder.path(), options()).unwrap();
    let outbox = Outbox::new(store, journal).answered_within(Duration::from_hours(1));
    let stop = CancellationToken::new();
    let task = tokio::spawn(outbox.run(stop.clone()));
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(20), task).await;
    ended.expect("the outbox ends").expect("without a panic");
}

#[tokio::test]
async fn a_fact_that_no_journal_takes_holds_up_nobody_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::new();
    store.records(1..=10);
    store.inner.lock().unwrap().large = vec![1, 4];
    let journal = Journal::open(folder.path(), options()).unwrap();
    let outbox = Outbox::new(store.clone(), journal.clone());
    let (kick, view, stop) = (outbox.kick(), outbox.view(), CancellationToken::new());
    let task = tokio::spawn(outbox.run(stop.clone()));
    store.sees_marked(8).await;
    store.records([11]);
    kick.kick();
    store.sees_marked(9).await;
    let trouble = view.trouble().expect("it is told");
    assert!(trouble.what.contains("fact 1 has 262145 bytes"), "{}", trouble.what);
    stop.cancel();
    task.await.expect("the outbox ends");
    let waiting = store.marks().into_iter().filter(|(_, place)| place.is_none());
    assert_eq!(waiting.map(|(id, _)| id).collect::<Vec<_>>(), [1, 4]);
}
