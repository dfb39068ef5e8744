//! All groups, and the requests that wait for them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::group::{Answer, Group, JoinRefused, Joined, Synced};
use super::member::Ticket;
use super::rebalance::{Join, Sync};

/// How exactly sessions and rebalances end.
const TICK: Duration = Duration::from_millis(100);

/// What became of a group that was to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// It was there, and is not any more.
    Gone,
    Unknown,
    /// It has members, and stays.
    HasMembers,
}

#[derive(Debug)]
enum Waiting {
    Join(oneshot::Sender<Result<Joined, JoinRefused>>),
    Sync(oneshot::Sender<Result<Synced, ResponseError>>),
}

impl Waiting {
    fn is_closed(&self) -> bool {
        match self {
            Self::Join(answer) => answer.is_closed(),
            Self::Sync(answer) => answer.is_closed(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) by_id: BTreeMap<StrBytes, Group>,
    waiting: HashMap<Ticket, Waiting>,
}

/// The coordinator of every group.
#[derive(Debug, Default)]
pub(crate) struct Coordinator {
    groups: Mutex<Groups>,
    tickets: AtomicU64,
}

impl Coordinator {
    /// A name for one request that may have to wait.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// Joins at once; the answer may take as long as the rebalance.
    pub(crate) fn join(&self, group: &StrBytes, join: Join) -> oneshot::Receiver<Result<Joined, JoinRefused>> {
        let (answer, waits) = oneshot::channel();
        let mut groups = self.lock();
        groups.waiting.insert(join.ticket, Waiting::Join(answer));
        groups
            .by_id
            .entry(group.clone())
            .or_default()
            .join(join, Instant::now());
        groups.answer(group);
        waits
    }

    /// Syncs at once; the answer may have to wait for the leader.
    pub(crate) fn sync(&self, group: &StrBytes, sync: &Sync) -> oneshot::Receiver<Result<Synced, ResponseError>> {
        let (answer, waits) = oneshot::channel();
        let mut groups = self.lock();
        let ticket = sync.ticket;
        groups.waiting.insert(ticket, Waiting::Sync(answer));
        if let Some(known) = groups.by_id.get_mut(group) {
            known.sync(sync, Instant::now());
            groups.answer(group);
        } else {
            groups.hand_over(Answer::Sync(ticket, Err(ResponseError::UnknownMemberId)));
        }
        waits
    }

    /// Does something to one group, if it is known, and answers whoever waited for that.
    pub(crate) fn with<T>(&self, group: &StrBytes, act: impl FnOnce(&mut Group, Instant) -> T) -> Option<T> {
        let mut groups = self.lock();
        let done = act(groups.by_id.get_mut(group)?, Instant::now());
        groups.answer(group);
        Some(done)
    }

    /// All groups, to look at.
    pub(crate) fn view<T>(&self, look: impl FnOnce(&BTreeMap<StrBytes, Group>) -> T) -> T {
        look(&self.lock().by_id)
    }

    /// The groups that have members now.
    pub(crate) fn with_members(&self) -> HashSet<String> {
        let groups = self.lock();
        let busy = groups.by_id.iter().filter(|(_, group)| !group.members().is_empty());
        busy.map(|(id, _)| id.to_string()).collect()
    }

    /// Forgets a group that has no members; ids that were promised to newcomers are no members yet.
    pub(crate) fn forget(&self, group: &StrBytes) -> Forgotten {
        let mut groups = self.lock();
        match groups.by_id.get(group) {
            None => Forgotten::Unknown,
            Some(known) if !known.members().is_empty() => Forgotten::HasMembers,
            Some(_) => {
                groups.by_id.remove(group);
                Forgotten::Gone
            }
        }
    }

    /// Lets time pass for all groups until `stop`.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.lock().tick(Instant::now()),
                () = stop.cancelled() => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Groups {
    fn tick(&mut self, now: Instant) {
        self.hang_up(now);
        for group in self.by_id.values_mut() {
            group.tick(now);
        }
        let answers: Vec<Answer> = self.by_id.values_mut().flat_map(Group::take_answers).collect();
        for answer in answers {
            self.hand_over(answer);
        }
        self.by_id.retain(|_, group| !group.is_forgotten(now));
    }

    /// Requests that wait, but whose connection has gone: nobody is there to answer.
    fn hang_up(&mut self, now: Instant) {
        let mut gone = Vec::new();
        self.waiting.retain(|ticket, waiting| {
            let is_gone = waiting.is_closed();
            if is_gone {
                gone.push(*ticket);
            }
            !is_gone
        });
        for ticket in gone {
            for group in self.by_id.values_mut() {
                group.hang_up(ticket, now);
            }
        }
    }

    fn answer(&mut self, group: &StrBytes) {
        let answers = self.by_id.get_mut(group).map(Group::take_answers).unwrap_or_default();
        for answer in answers {
            self.hand_over(answer);
        }
    }

    /// A receiver that is gone belonged to a connection that is closed.
    fn hand_over(&mut self, answer: Answer) {
        let ticket = match &answer {
            Answer::Join(ticket, _) | Answer::Sync(ticket, _) => *ticket,
        };
        match (self.waiting.remove(&ticket), answer) {
            (Some(Waiting::Join(waiting)), Answer::Join(_, joined)) => drop(waiting.send(joined)),
            (Some(Waiting::Sync(waiting)), Answer::Sync(_, synced)) => drop(waiting.send(synced)),
            (unmatched, answer) => {
                tracing::error!(
                    ?unmatched,
                    ?answer,
                    "an answer that nobody waits for, which is a mistake in the program: report this line"
                );
            }
        }
    }
}
