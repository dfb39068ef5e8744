//! The outbox: from the event store to the journal, each fact exactly once.
//!
//! A fact is recorded in the event store first, in the transaction that changes the shop. From there it goes to the journal, and
//! once it survives a power cut there, it is marked in the event store. After a crash between these two steps the end of the
//! journal tells which facts only lack the mark; they are marked before anything else is drained.
//!
//! Transactions commit in another order than their ids, so the mark of each fact decides, never a highest id.
//!
//! A store that does not answer (a connection that was lost without a word: a database that failed over, a firewall that forgot it) is
//! asked again after 20 seconds; a stop waits for it for 2.
//!
//! A fact that is too large for the journal (this shop records none; an older one may have) holds up nobody and is told.
//!
//! Not for: observations, which go straight to the journal; facts that another instance recorded, unless this one has adopted it.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemas::{InstanceId, Sequence, Unsealed};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::metric::Metric;
use journal::fail_point::{self, FailPoint};
use journal::{Entry, FactId, Holder, Item, Journal, JournalError, MAX_EVENT_BYTES, Trouble};

/// So many facts go to the journal in one write.
const BATCH: u32 = 256;
/// A fact whose `kick` was lost waits this long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long the store may take for an answer, before it is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long after a stop the disk, or the store, may still take.
const LAST_PATIENCE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A fact as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFact {
    pub id: FactId,
    pub event: Unsealed,
    pub trace_parent: Option<String>,
}

/// What the outbox asks of the event store.
pub trait FactStore: Send + Sync + 'static {
    type Error: Error + Send + Sync + 'static;

    /// The first `limit` facts, by id, that `instance` recorded or has adopted and that are not marked as being in its journal.
    fn facts_not_in_journal(
        &self,
        instance: &InstanceId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredFact>, Self::Error>> + Send;

    /// Marks facts with their places in the journal, all of them or none; marking one again with the same place changes nothing.
    fn mark_in_journal(&self, marks: &[(FactId, Sequence)]) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The last place in the journal of `instance` that any of its facts is marked with.
    fn last_fact_sequence(
        &self,
        instance: &InstanceId,
    ) -> impl Future<Output = Result<Option<Sequence>, Self::Error>> + Send;
}

/// Asks the outbox to look for new facts; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Kick(Arc<Notify>);

impl Kick {
    /// Call it after each recorded fact; it costs next to nothing.
    pub fn kick(&self) {
        self.0.notify_one();
    }
}

/// Drains the event store into the journal.
#[derive(Debug)]
pub struct Outbox<S> {
    store: S,
    journal: Journal,
    kick: Kick,
    /// The journal may hold facts that are not marked: at the start, and after a failure between append and mark.
    marks_may_lack: AtomicBool,
    answer_within: Duration,
    view: OutboxView,
}

/// Tells how the outbox does, while it runs.
#[derive(Debug, Clone, Default)]
pub struct OutboxView(Arc<Mutex<Option<Trouble>>>);

impl OutboxView {
    /// What is wrong, since when.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has just begun.
    fn begins(&self, what: String) -> bool {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = trouble.as_ref().map(|trouble| trouble.since);
        *trouble = Some(Trouble {
            since: since.unwrap_or_else(Instant::now),
            what,
        });
        since.is_none()
    }

    fn ends(&self) {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(trouble) = ended {
            let seconds = trouble.since.elapsed().as_secs();
            info!(seconds, "Facts go to the journal again");
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drained {
    All,
    Stopped,
}

#[derive(Debug, thiserror::Error)]
enum OutboxError<E: Error + 'static> {
    #[error("the event store does not answer")]
    Store(#[source] E),
    #[error("the event store gives no answer")]
    Silent,
    #[error(
        "fact {fact} has {bytes} bytes, more than the journal takes ({} KiB): it stays in the event store and never comes to Kafka",
        MAX_EVENT_BYTES / 1024
    )]
    TooLarge { fact: FactId, bytes: usize },
    #[error("the journal can't be read")]
    Journal(#[from] JournalError),
    #[error("the thread that reads the journal has ended")]
    Thread(#[from] tokio::task::JoinError),
}

impl<S: FactStore> Outbox<S> {
    #[must_use]
    pub fn new(store: S, journal: Journal) -> Self {
        Self {
            store,
            journal,
            kick: Kick::default(),
            marks_may_lack: AtomicBool::new(true),
            answer_within: ANSWER_WITHIN,
            view: OutboxView::default(),
        }
    }

    /// How long the store may take for an answer, before it is asked again; 20 seconds otherwise.
    #[must_use]
    pub const fn answered_within(mut self, time: Duration) -> Self {
        self.answer_within = time;
        self
    }

    /// For `/readyz`.
    #[must_use]
    pub fn view(&self) -> OutboxView {
        self.view.clone()
    }

    /// What the rest of the shop holds on to.
    #[must_use]
    pub fn kick(&self) -> Kick {
        self.kick.clone()
    }

    /// Runs until `stop`, and drains what is recorded by then, if the store and the journal allow it at once.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let stopping = stop.is_cancelled();
            let done = self.drain_until_done(&stop).await;
            if stopping || done == Drained::Stopped {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.kick.0.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Tries again after each failure.
    async fn drain_until_done(&self, stop: &CancellationToken) -> Drained {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.drain(stop).await {
                Ok(drained) => {
                    self.view.ends();
                    return drained;
                }
                Err(_) if stop.is_cancelled() => return Drained::Stopped,
                Err(failure) => {
                    let causes = format!("{:#}", anyhow::Error::from(failure));
                    if self.view.begins(causes.clone()) {
                        error!(
                            error = causes,
                            "Facts can't go to the journal; they wait in the event store, and are tried again. Look after the database \
                             (--database) or the disk of --journal, as the cause says"
                        );
                    }
                }
            }
            wait(stop, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn drain(&self, stop: &CancellationToken) -> Result<Drained, OutboxError<S::Error>> {
        loop {
            if self.marks_may_lack.load(Ordering::Acquire) {
                self.mark_what_is_in_the_journal(stop).await?;
            }
            let facts = self.store.facts_not_in_journal(self.journal.instance(), BATCH);
            let facts = self.answered(stop, facts).await?;
            let (facts, too_large): (Vec<_>, Vec<_>) = facts
                .into_iter()
                .partition(|fact| fact.event.json.len() <= MAX_EVENT_BYTES);
            if facts.is_empty() {
                return too_large.first().map_or(Ok(Drained::All), |fact| {
                    let (fact, bytes) = (fact.id, fact.event.json.len());
                    Err(OutboxError::TooLarge { fact, bytes })
                });
            }
            // From here on the entries must stay until they are marked.
            let before = Sequence(self.journal.next_sequence().0 - 1);
            self.journal.release(Holder::Outbox, before);
            let Some(last) = self.append(&facts, stop).await else {
                return Ok(Drained::Stopped);
            };
            self.marks_may_lack.store(true, Ordering::Release);
            if !self.is_durable(last, stop).await? {
                return Ok(Drained::Stopped);
            }
            fail_point::hit(FailPoint::BeforeMark);
            self.mark(&facts, last, stop).await?;
            self.marks_may_lack.store(false, Ordering::Release);
            self.journal.release(Holder::Outbox, Sequence(u64::MAX));
        }
    }

    /// After a crash: facts behind the last mark that made it into the journal.
    async fn mark_what_is_in_the_journal(&self, stop: &CancellationToken) -> Result<(), OutboxError<S::Error>> {
        let last = self.store.last_fact_sequence(self.journal.instance());
        let last = self.answered(stop, last).await?;
        let from = last.map_or(Sequence::FIRST, Sequence::next);
        let journal = self.journal.clone();
        let marks = tokio::task::spawn_blocking(move || facts_from(&journal, from)).await??;
        for part in marks.chunks(BATCH as usize) {
            self.answered(stop, self.store.mark_in_journal(part)).await?;
        }
        if !marks.is_empty() {
            info!(
                facts = marks.len(),
                "Facts were in the journal already; they are marked now"
            );
        }
        self.marks_may_lack.store(false, Ordering::Release);
        self.journal.release(Holder::Outbox, Sequence(u64::MAX));
        Ok(())
    }

    /// The sequence of the last fact, once the journal has taken them all; none when stopped before.
    async fn append(&self, facts: &[StoredFact], stop: &CancellationToken) -> Option<Sequence> {
        let entries: Vec<Entry<'_>> = facts.iter().map(entry).collect();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.journal.append(&entries) {
                Ok(last) => {
                    Metric::OutboxDrained.count(facts.len() as u64);
                    return Some(last);
                }
                Err(refusal) => {
                    Metric::OutboxRefused.count(1);
                    if self.view.begins(refusal.to_string()) {
                        error!(
                            %refusal,
                            facts = facts.len(),
                            "Facts wait in the event store until the journal has room: bring Kafka back, or give the journal room (the \
                             disk, --journal-max-size)"
                        );
                    }
                }
            }
            if stop.is_cancelled() {
                return None;
            }
            wait(stop, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// False when the disk did not confirm soon after a stop; the next start finds the facts in the journal.
    async fn is_durable(&self, last: Sequence, stop: &CancellationToken) -> Result<bool, JournalError> {
        tokio::select! {
            durable = self.journal.durable(last) => durable.map(|()| true),
            () = long_stopped(stop) => Ok(false),
        }
    }

    /// The store's answer, if it comes in time.
    async fn answered<T>(
        &self,
        stop: &CancellationToken,
        answer: impl Future<Output = Result<T, S::Error>>,
    ) -> Result<T, OutboxError<S::Error>> {
        tokio::select! {
            answer = answer => answer.map_err(OutboxError::Store),
            () = tokio::time::sleep(self.answer_within) => Err(OutboxError::Silent),
            () = long_stopped(stop) => Err(OutboxError::Silent),
        }
    }

    async fn mark(
        &self,
        facts: &[StoredFact],
        last: Sequence,
        stop: &CancellationToken,
    ) -> Result<(), OutboxError<S::Error>> {
        let first = last.0 + 1 - facts.len() as u64;
        let sequences = (first..).map(Sequence);
        let marks: Vec<_> = facts.iter().map(|fact| fact.id).zip(sequences).collect();
        self.answered(stop, self.store.mark_in_journal(&marks)).await
    }
}

fn entry(fact: &StoredFact) -> Entry<'_> {
    Entry {
        event: &fact.event,
        fact: Some(fact.id),
        trace_parent: fact.trace_parent.as_deref(),
    }
}

fn facts_from(journal: &Journal, from: Sequence) -> Result<Vec<(FactId, Sequence)>, JournalError> {
    let mut reader = journal.reader(from);
    let mut marks = Vec::new();
    while let Some(item) = reader.read()? {
        if let Item::Entry(entry) = item
            && let Some(fact) = entry.fact
        {
            marks.push((fact, entry.sequence));
        }
    }
    Ok(marks)
}

async fn long_stopped(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_PATIENCE).await;
}

async fn wait(stop: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
