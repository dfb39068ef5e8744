//! The classic consumer group protocol as a state machine: Apache Kafka's `GroupCoordinator` rules, without clock or I/O.
//!
//! Requests come in with the time; what is to be answered, now or to those who waited, is collected in
//! [`Group::take_answers`]. [`Group::tick`] lets time pass. Nothing here is kept on the disk: after a restart members
//! are unknown and join again, as after the move of a coordinator.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use super::member::{Member, Ticket, Waits};

/// How long a group without members and offsets is still known, so that tools see it and can delete it: Apache Kafka's
/// `offsets.retention.check.interval.ms`.
const EMPTY_KNOWN_FOR: Duration = Duration::from_mins(10);

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
}

impl State {
    /// Kafka's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// Who speaks: checked against the group before anything is done.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) member: StrBytes,
    pub(crate) instance: Option<StrBytes>,
    pub(crate) generation: i32,
}

/// The answer to a join that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) member: StrBytes,
    pub(crate) leader: StrBytes,
    pub(crate) generation: i32,
    pub(crate) protocol_type: StrBytes,
    pub(crate) protocol: StrBytes,
    /// The leader alone is told of all members: id, instance, metadata.
    pub(crate) members: Vec<(StrBytes, Option<StrBytes>, Bytes)>,
    pub(crate) skip_assignment: bool,
}

/// A join that was refused; with `MemberIdRequired` comes the id to join with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinRefused {
    pub(crate) error: ResponseError,
    pub(crate) member: StrBytes,
}

/// The answer to a sync that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) protocol_type: StrBytes,
    pub(crate) protocol: StrBytes,
    pub(crate) assignment: Bytes,
}

/// An answer to a request that may have waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Join(Ticket, Result<Joined, JoinRefused>),
    Sync(Ticket, Result<Synced, ResponseError>),
}

/// One consumer group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) state: State,
    pub(super) generation: i32,
    pub(super) protocol_type: StrBytes,
    pub(super) protocol: StrBytes,
    pub(super) leader: Option<StrBytes>,
    /// In the order of joining; groups are small.
    pub(super) members: Vec<Member>,
    /// Ids that were handed out and not used yet, and when they lapse.
    pub(super) promised: Vec<(StrBytes, Instant)>,
    /// When a rebalance goes on without those who are missing.
    pub(super) deadline: Option<Instant>,
    /// When the last member left; none for a group that never had one.
    pub(super) emptied: Option<Instant>,
    pub(super) answers: Vec<Answer>,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            state: State::Empty,
            generation: 0,
            protocol_type: StrBytes::default(),
            protocol: StrBytes::default(),
            leader: None,
            members: Vec::new(),
            promised: Vec::new(),
            deadline: None,
            emptied: None,
            answers: Vec::new(),
        }
    }
}

impl Group {
    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn protocol_type(&self) -> &StrBytes {
        &self.protocol_type
    }

    pub(crate) fn protocol(&self) -> &StrBytes {
        &self.protocol
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Neither members nor anyone about to become one, and the last one left some time ago.
    pub(crate) fn is_forgotten(&self, now: Instant) -> bool {
        let is_kept = self.emptied.is_some_and(|left| now < left + EMPTY_KNOWN_FOR);
        self.members.is_empty() && self.promised.is_empty() && !is_kept
    }

    /// The connection of a request that waited has gone. A member that was joining goes with it; one that had joined, or has a
    /// name of its own to come back by, has the length of its session to do so.
    pub(crate) fn hang_up(&mut self, ticket: Ticket, now: Instant) {
        let waits_by = |member: &Member| match member.waits {
            Waits::Join(known) | Waits::Sync(known) => known == ticket,
            Waits::Nothing => false,
        };
        let Some(index) = self.members.iter().position(waits_by) else {
            return;
        };
        let was_joining = self.members[index].waits_for_join();
        self.members[index].waits = Waits::Nothing;
        self.members[index].heard(now);
        if was_joining && self.members[index].instance.is_none() {
            self.remove(index, now);
        }
    }

    pub(crate) fn take_answers(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answers)
    }

    /// A sign of life.
    pub(crate) fn heartbeat(&mut self, caller: &Caller, now: Instant) -> Result<(), ResponseError> {
        let index = self.recognise(caller)?;
        self.members[index].heard(now);
        if self.state == State::PreparingRebalance {
            Err(ResponseError::RebalanceInProgress)
        } else {
            Ok(())
        }
    }

    /// Whether `caller` may commit offsets now. A consumer that is no member of anything may, while the group is empty.
    pub(crate) fn may_commit(&mut self, caller: &Caller, now: Instant) -> Result<(), ResponseError> {
        if caller.generation < 0 && caller.member.is_empty() && self.state == State::Empty {
            return Ok(());
        }
        let index = self.recognise(caller)?;
        if self.state == State::CompletingRebalance {
            return Err(ResponseError::RebalanceInProgress);
        }
        self.members[index].heard(now);
        Ok(())
    }

    /// Finds the member that speaks, unless it was fenced or is of another generation.
    pub(super) fn recognise(&self, caller: &Caller) -> Result<usize, ResponseError> {
        let index = self.find(&caller.member, caller.instance.as_ref())?;
        if caller.generation == self.generation {
            Ok(index)
        } else {
            Err(ResponseError::IllegalGeneration)
        }
    }

    /// Finds a member by its id; an instance that goes by another id by now fences the caller.
    pub(super) fn find(&self, member: &StrBytes, instance: Option<&StrBytes>) -> Result<usize, ResponseError> {
        if let Some(instance) = instance {
            let holder = self
                .position_of_instance(instance)
                .ok_or(ResponseError::UnknownMemberId)?;
            return if self.members[holder].id == *member {
                Ok(holder)
            } else {
                Err(ResponseError::FencedInstanceId)
            };
        }
        self.position_of(member).ok_or(ResponseError::UnknownMemberId)
    }

    pub(super) fn position_of(&self, member: &StrBytes) -> Option<usize> {
        self.members.iter().position(|known| known.id == *member)
    }

    pub(super) fn position_of_instance(&self, instance: &StrBytes) -> Option<usize> {
        self.members
            .iter()
            .position(|known| known.instance.as_ref() == Some(instance))
    }

    /// Takes a member out; whoever waited in its name is told.
    pub(super) fn remove(&mut self, index: usize, now: Instant) {
        let mut gone = self.members.remove(index);
        self.refuse_waiting(&mut gone, ResponseError::UnknownMemberId);
        if self.leader.as_ref() == Some(&gone.id) {
            self.leader = self.members.first().map(|member| member.id.clone());
        }
        match self.state {
            State::Stable | State::CompletingRebalance => self.prepare_rebalance(now),
            State::PreparingRebalance => self.complete_if_all_joined(now),
            State::Empty => {}
        }
    }

    pub(super) fn refuse_waiting(&mut self, member: &mut Member, error: ResponseError) {
        if let Some(ticket) = member.take_join() {
            self.answers.push(Answer::Join(
                ticket,
                Err(JoinRefused {
                    error,
                    member: member.id.clone(),
                }),
            ));
        }
        if let Some(ticket) = member.take_sync() {
            self.answers.push(Answer::Sync(ticket, Err(error)));
        }
    }

    /// Lets time pass: members that fell silent go, rebalances that took too long go on without who is missing.
    pub(crate) fn tick(&mut self, now: Instant) {
        let promised = self.promised.len();
        self.promised.retain(|(_, lapses)| *lapses > now);
        if self.promised.len() < promised && self.state == State::PreparingRebalance {
            self.complete_if_all_joined(now);
        }
        while let Some(silent) = self
            .members
            .iter()
            .position(|member| member.waits == Waits::Nothing && member.session_ends <= now)
        {
            self.remove(silent, now);
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            match self.state {
                State::PreparingRebalance => self.complete_join(now),
                State::CompletingRebalance => self.drop_unsynced(now),
                State::Empty | State::Stable => self.deadline = None,
            }
        }
    }

    /// Those who joined but never synced hold everyone up: they go.
    fn drop_unsynced(&mut self, now: Instant) {
        self.deadline = None;
        while let Some(late) = self.members.iter().position(|member| member.waits == Waits::Nothing) {
            self.members.remove(late);
        }
        if self
            .leader
            .as_ref()
            .is_none_or(|leader| self.position_of(leader).is_none())
        {
            self.leader = self.members.first().map(|member| member.id.clone());
        }
        self.prepare_rebalance(now);
    }
}
