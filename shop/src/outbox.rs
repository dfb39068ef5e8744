//! The outbox: from the event store to the journal, each fact exactly once.
//!
//! A fact is recorded in the event store first, in the transaction that changes the shop. From there it goes to the journal, and
//! once it survives a power cut there, it is marked in the event store. After a crash between these two steps the end of the
//! journal tells which facts only lack the mark; they are marked before anything else is drained.
//!
//! Transactions commit in another order than their ids, so the mark of each fact decides, never a highest id.
//!
//! Not for: observations, which go straight to the journal; facts that another instance recorded.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use schemas::{InstanceId, Sequence, Unsealed};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::fail_point::{self, FailPoint};
use crate::journal::{Entry, FactId, Holder, Item, Journal, JournalError};

/// So many facts go to the journal in one write.
const BATCH: u32 = 256;
/// A fact whose `kick` was lost waits this long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
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

    /// The first `limit` facts, by id, that `instance` recorded and that are not marked as being in its journal.
    fn facts_not_in_journal(
        &self,
        instance: &InstanceId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredFact>, Self::Error>> + Send;

    /// Marks facts with their places in the journal, all of them or none; marking one again changes nothing.
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
}

#[derive(Debug, thiserror::Error)]
enum OutboxError<E: Error + 'static> {
    #[error("the event store does not answer")]
    Store(#[source] E),
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
        }
    }

    /// What the rest of the shop holds on to.
    #[must_use]
    pub fn kick(&self) -> Kick {
        self.kick.clone()
    }

    /// Runs until `stop`, and drains what is recorded by then, if the store and the journal allow it at once.
    pub async fn run(self, stop: CancellationToken) {
        if self
            .until_done(&stop, async || self.mark_what_is_in_the_journal().await)
            .await
            .is_none()
        {
            return;
        }
        loop {
            let stopping = stop.is_cancelled();
            if self.until_done(&stop, async || self.drain(&stop).await).await.is_none() || stopping {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.kick.0.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Tries again after each failure; none when stopped before it succeeded.
    async fn until_done<F>(&self, stop: &CancellationToken, attempt: F) -> Option<()>
    where
        F: AsyncFn() -> Result<(), OutboxError<S::Error>>,
    {
        let mut pause = FIRST_PAUSE;
        while let Err(failure) = attempt().await {
            if pause == FIRST_PAUSE {
                let causes = format!("{:#}", anyhow::Error::from(failure));
                error!(
                    error = causes,
                    "Facts can't go to the journal; they wait in the event store"
                );
            }
            if stop.is_cancelled() {
                return None;
            }
            wait(stop, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Some(())
    }

    /// After a crash: facts behind the last mark that made it into the journal.
    async fn mark_what_is_in_the_journal(&self) -> Result<(), OutboxError<S::Error>> {
        let instance = self.journal.instance();
        let last = self
            .store
            .last_fact_sequence(instance)
            .await
            .map_err(OutboxError::Store)?;
        let from = last.map_or(Sequence::FIRST, Sequence::next);
        let journal = self.journal.clone();
        let marks = tokio::task::spawn_blocking(move || facts_from(&journal, from)).await??;
        for part in marks.chunks(BATCH as usize) {
            self.store.mark_in_journal(part).await.map_err(OutboxError::Store)?;
        }
        if !marks.is_empty() {
            info!(
                facts = marks.len(),
                "Facts were in the journal already; they are marked now"
            );
        }
        self.journal.release(Holder::Outbox, Sequence(u64::MAX));
        Ok(())
    }

    async fn drain(&self, stop: &CancellationToken) -> Result<(), OutboxError<S::Error>> {
        loop {
            let facts = self.store.facts_not_in_journal(self.journal.instance(), BATCH).await;
            let facts = facts.map_err(OutboxError::Store)?;
            if facts.is_empty() {
                return Ok(());
            }
            // From here on the entries must stay until they are marked.
            self.journal
                .release(Holder::Outbox, Sequence(self.journal.next_sequence().0 - 1));
            let Some(last) = self.append(&facts, stop).await else {
                return Ok(());
            };
            self.journal.durable(last).await?;
            fail_point::hit(FailPoint::BeforeMark);
            self.mark(&facts, last, stop).await?;
            self.journal.release(Holder::Outbox, Sequence(u64::MAX));
        }
    }

    /// The sequence of the last fact, once the journal has taken them all; none when stopped before.
    async fn append(&self, facts: &[StoredFact], stop: &CancellationToken) -> Option<Sequence> {
        let entries: Vec<Entry<'_>> = facts.iter().map(entry).collect();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.journal.append(&entries) {
                Ok(last) => return Some(last),
                Err(refusal) if pause == FIRST_PAUSE => {
                    warn!(%refusal, facts = facts.len(), "Facts wait in the event store until the journal has room");
                }
                Err(_) => {}
            }
            if stop.is_cancelled() {
                return None;
            }
            wait(stop, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What is in the journal must be marked before the store is asked again, or it would go there twice.
    async fn mark(
        &self,
        facts: &[StoredFact],
        last: Sequence,
        stop: &CancellationToken,
    ) -> Result<(), OutboxError<S::Error>> {
        let first = last.0 + 1 - facts.len() as u64;
        let marks: Vec<_> = facts.iter().map(|fact| fact.id).zip((first..).map(Sequence)).collect();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.store.mark_in_journal(&marks).await {
                Ok(()) => return Ok(()),
                // The next start finds them in the journal.
                Err(failure) if stop.is_cancelled() => return Err(OutboxError::Store(failure)),
                Err(failure) if pause == FIRST_PAUSE => {
                    warn!(
                        error = format!("{:#}", anyhow::Error::from(failure)),
                        "Facts in the journal can't be marked; trying again"
                    );
                }
                Err(_) => {}
            }
            wait(stop, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
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

async fn wait(stop: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
