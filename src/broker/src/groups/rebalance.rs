//! Joining, syncing and leaving: how a group comes to a new generation.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use super::group::{Answer, Caller, Group, JoinRefused, Joined, State, Synced};
use super::member::{Member, Protocol, Ticket, Waits};

/// The longest session a member may ask for, as Apache Kafka's default.
const LONGEST_SESSION: Duration = Duration::from_mins(30);
/// The most members of a group, and the most bytes that one tells the leader: bounds for memory that no consumer meets.
const MOST_MEMBERS: usize = 1000;
const MOST_METADATA: usize = 1024 * 1024;

/// A request to become, or stay, a member.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    pub(crate) ticket: Ticket,
    /// Empty for a newcomer.
    pub(crate) member: StrBytes,
    pub(crate) instance: Option<StrBytes>,
    pub(crate) client_id: StrBytes,
    pub(crate) client_host: StrBytes,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocol_type: StrBytes,
    pub(crate) protocols: Vec<Protocol>,
    /// From version 4 on a newcomer is first given its id and joins again with it.
    pub(crate) id_first: bool,
    /// From version 9 on a leader can be told to leave the assignment as it is.
    pub(crate) can_skip_assignment: bool,
    /// The id to give to a newcomer.
    pub(crate) fresh_id: StrBytes,
}

/// A member's request for its share; the leader brings everyone's.
#[derive(Debug, Clone)]
pub(crate) struct Sync {
    pub(crate) ticket: Ticket,
    pub(crate) caller: Caller,
    pub(crate) protocol_type: Option<StrBytes>,
    pub(crate) protocol: Option<StrBytes>,
    pub(crate) assignments: Vec<(StrBytes, Bytes)>,
}

impl Group {
    /// Answered when the group is complete, or at once if nothing changes.
    pub(crate) fn join(&mut self, join: Join, now: Instant) {
        let (ticket, member) = (join.ticket, join.member.clone());
        if let Err(error) = self.admit(join, now) {
            self.answers
                .push(Answer::Join(ticket, Err(JoinRefused { error, member })));
        }
    }

    fn admit(&mut self, join: Join, now: Instant) -> Result<(), ResponseError> {
        if join.session_timeout.is_zero() || join.session_timeout > LONGEST_SESSION {
            return Err(ResponseError::InvalidSessionTimeout);
        }
        if !self.suits(&join) {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        let metadata: usize = join.protocols.iter().map(|protocol| protocol.metadata.len()).sum();
        if metadata > MOST_METADATA {
            return Err(ResponseError::InvalidRequest);
        }
        if join.member.is_empty() && self.members.len() + self.promised.len() >= MOST_MEMBERS {
            return Err(ResponseError::GroupMaxSizeReached);
        }
        if join.member.is_empty() {
            self.newcomer(join, now);
            return Ok(());
        }
        if let Some(promised) = self.promised.iter().position(|(id, _)| *id == join.member) {
            self.promised.remove(promised);
            let id = join.member.clone();
            self.add(join, id, now);
            return Ok(());
        }
        let index = self.find(&join.member, join.instance.as_ref())?;
        self.rejoin(index, join, now);
        Ok(())
    }

    /// Everyone must know at least one protocol that all others know.
    fn suits(&self, join: &Join) -> bool {
        if join.protocol_type.is_empty() || join.protocols.is_empty() {
            return false;
        }
        let others: Vec<_> = self.members.iter().filter(|other| other.id != join.member).collect();
        let shared = |protocol: &Protocol| others.iter().all(|other| other.knows(&protocol.name));
        others.is_empty() || (join.protocol_type == self.protocol_type && join.protocols.iter().any(shared))
    }

    fn newcomer(&mut self, join: Join, now: Instant) {
        let id = join.fresh_id.clone();
        if let Some(instance) = &join.instance {
            match self.position_of_instance(instance) {
                Some(index) => self.replace(index, join, now),
                None => self.add(join, id, now),
            }
        } else if join.id_first {
            self.promised.push((id.clone(), now + join.session_timeout));
            let refused = JoinRefused {
                error: ResponseError::MemberIdRequired,
                member: id,
            };
            self.answers.push(Answer::Join(join.ticket, Err(refused)));
        } else {
            self.add(join, id, now);
        }
    }

    fn add(&mut self, join: Join, id: StrBytes, now: Instant) {
        if self.members.is_empty() {
            self.protocol_type = join.protocol_type;
        }
        self.leader.get_or_insert_with(|| id.clone());
        self.members.push(Member {
            id,
            instance: join.instance,
            client_id: join.client_id,
            client_host: join.client_host,
            protocols: join.protocols,
            assignment: Bytes::new(),
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            waits: Waits::Join(join.ticket),
            session_ends: now + join.session_timeout,
        });
        self.prepare_rebalance(now);
    }

    fn rejoin(&mut self, index: usize, join: Join, now: Instant) {
        let member = &self.members[index];
        let is_leader = self.leader.as_ref() == Some(&member.id);
        let is_same = member.protocols == join.protocols;
        let settled = match self.state {
            State::CompletingRebalance => is_same,
            State::Stable => is_same && !is_leader,
            State::Empty | State::PreparingRebalance => false,
        };
        if settled {
            self.members[index].heard(now);
            let joined = self.joined(index);
            self.answers.push(Answer::Join(join.ticket, Ok(joined)));
            return;
        }
        self.wait_for_join(index, join, now);
        self.prepare_rebalance(now);
    }

    fn wait_for_join(&mut self, index: usize, join: Join, now: Instant) {
        let mut before = self.members[index].clone();
        self.refuse_waiting(&mut before, ResponseError::RebalanceInProgress);
        let member = &mut self.members[index];
        member.protocols = join.protocols;
        member.session_timeout = join.session_timeout;
        member.rebalance_timeout = join.rebalance_timeout;
        member.waits = Waits::Join(join.ticket);
        member.heard(now);
    }

    /// A static member came back under a new id: it takes over its own place, and the old id is fenced.
    fn replace(&mut self, index: usize, join: Join, now: Instant) {
        let mut before = self.members[index].clone();
        self.refuse_waiting(&mut before, ResponseError::FencedInstanceId);
        let was_leader = self.leader.as_ref() == Some(&before.id);
        let is_same = before.protocols == join.protocols;
        let member = &mut self.members[index];
        member.id = join.fresh_id.clone();
        member.waits = Waits::Nothing;
        if was_leader {
            self.leader = Some(join.fresh_id.clone());
        }
        if self.state != State::Stable || !is_same {
            self.wait_for_join(index, join, now);
            self.prepare_rebalance(now);
            return;
        }
        self.members[index].client_id = join.client_id.clone();
        self.members[index].client_host = join.client_host.clone();
        self.members[index].heard(now);
        let mut joined = self.joined(index);
        if was_leader && join.can_skip_assignment {
            joined.skip_assignment = true;
        } else if was_leader {
            // An older client would share out anew if it were told that it leads; the old id makes it a follower.
            joined.leader = before.id;
            joined.members.clear();
        }
        self.answers.push(Answer::Join(join.ticket, Ok(joined)));
    }

    pub(super) fn prepare_rebalance(&mut self, now: Instant) {
        if self.state == State::CompletingRebalance {
            for member in &mut self.members {
                if let Some(ticket) = member.take_sync() {
                    member.heard(now);
                    self.answers
                        .push(Answer::Sync(ticket, Err(ResponseError::RebalanceInProgress)));
                }
            }
        }
        if self.state != State::PreparingRebalance {
            self.state = State::PreparingRebalance;
            self.deadline = Some(now + self.longest_rebalance());
        }
        self.complete_if_all_joined(now);
    }

    pub(super) fn complete_if_all_joined(&mut self, now: Instant) {
        if self.promised.is_empty() && self.members.iter().all(Member::waits_for_join) {
            self.complete_join(now);
        }
    }

    fn longest_rebalance(&self) -> Duration {
        self.members
            .iter()
            .map(|member| member.rebalance_timeout)
            .max()
            .unwrap_or_default()
    }

    /// Begins the next generation with those who are here.
    pub(super) fn complete_join(&mut self, now: Instant) {
        self.members
            .retain(|member| member.waits_for_join() || member.instance.is_some());
        if !self.members.is_empty() && !self.members.iter().any(Member::waits_for_join) {
            // Only static members are left, none of them back yet: they are waited for until their sessions end.
            self.deadline = Some(now + self.longest_rebalance());
            return;
        }
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        self.deadline = None;
        if self.members.is_empty() {
            self.state = State::Empty;
            self.emptied = Some(now);
            self.leader = None;
            self.protocol = StrBytes::default();
            return;
        }
        let leads = |member: &&Member| member.waits_for_join() && self.leader.as_ref() == Some(&member.id);
        let leader = self
            .members
            .iter()
            .find(leads)
            .or_else(|| self.members.iter().find(|member| member.waits_for_join()));
        self.leader = leader.map(|member| member.id.clone());
        self.protocol = self.elect();
        self.state = State::CompletingRebalance;
        self.deadline = Some(now + self.longest_rebalance());
        for index in 0..self.members.len() {
            if let Some(ticket) = self.members[index].take_join() {
                self.members[index].heard(now);
                let joined = self.joined(index);
                self.answers.push(Answer::Join(ticket, Ok(joined)));
            }
        }
    }

    /// The protocol that all know and most like best.
    fn elect(&self) -> StrBytes {
        let shared = |name: &StrBytes| self.members.iter().all(|member| member.knows(name));
        let favourite = |member: &Member| {
            member
                .protocols
                .iter()
                .map(|protocol| &protocol.name)
                .find(|name| shared(name))
                .cloned()
        };
        let votes: Vec<StrBytes> = self.members.iter().filter_map(favourite).collect();
        let count = |name: &StrBytes| votes.iter().filter(|vote| *vote == name).count();
        // The earliest vote wins a tie.
        votes
            .iter()
            .rev()
            .max_by_key(|name| count(name))
            .cloned()
            .unwrap_or_default()
    }

    fn joined(&self, index: usize) -> Joined {
        let member = &self.members[index];
        let leader = self.leader.clone().unwrap_or_default();
        let told = |other: &Member| (other.id.clone(), other.instance.clone(), other.metadata(&self.protocol));
        let members = if leader == member.id {
            self.members.iter().map(told).collect()
        } else {
            Vec::new()
        };
        Joined {
            member: member.id.clone(),
            leader,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            members,
            skip_assignment: false,
        }
    }

    /// Answered when the leader has shared out.
    pub(crate) fn sync(&mut self, sync: &Sync, now: Instant) {
        let ticket = sync.ticket;
        if let Err(error) = self.try_sync(sync, now) {
            self.answers.push(Answer::Sync(ticket, Err(error)));
        }
    }

    fn try_sync(&mut self, sync: &Sync, now: Instant) -> Result<(), ResponseError> {
        let index = self.recognise(&sync.caller)?;
        let differs = |told: &Option<StrBytes>, known: &StrBytes| told.as_ref().is_some_and(|told| told != known);
        if differs(&sync.protocol_type, &self.protocol_type) || differs(&sync.protocol, &self.protocol) {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        self.members[index].heard(now);
        match self.state {
            State::Empty => return Err(ResponseError::UnknownMemberId),
            State::PreparingRebalance => return Err(ResponseError::RebalanceInProgress),
            State::Stable => {
                let synced = self.synced(index);
                self.answers.push(Answer::Sync(sync.ticket, Ok(synced)));
            }
            State::CompletingRebalance => {
                let mut before = self.members[index].clone();
                self.refuse_waiting(&mut before, ResponseError::RebalanceInProgress);
                self.members[index].waits = Waits::Sync(sync.ticket);
                if self.leader.as_ref() == Some(&sync.caller.member) {
                    self.share_out(&sync.assignments, now);
                }
            }
        }
        Ok(())
    }

    fn share_out(&mut self, assignments: &[(StrBytes, Bytes)], now: Instant) {
        self.state = State::Stable;
        self.deadline = None;
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            let share = assignments.iter().find(|(id, _)| *id == member.id);
            member.assignment = share.map(|(_, share)| share.clone()).unwrap_or_default();
            if let Some(ticket) = member.take_sync() {
                member.heard(now);
                let synced = self.synced(index);
                self.answers.push(Answer::Sync(ticket, Ok(synced)));
            }
        }
    }

    fn synced(&self, index: usize) -> Synced {
        Synced {
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: self.members[index].assignment.clone(),
        }
    }

    /// A member says goodbye, by its id or (a tool in its name) by its instance alone.
    pub(crate) fn leave(
        &mut self,
        member: &StrBytes,
        instance: Option<&StrBytes>,
        now: Instant,
    ) -> Result<(), ResponseError> {
        if let Some(promised) = self.promised.iter().position(|(id, _)| id == member) {
            self.promised.remove(promised);
            if self.state == State::PreparingRebalance {
                self.complete_if_all_joined(now);
            }
            return Ok(());
        }
        let index = match instance {
            Some(instance) if member.is_empty() => self
                .position_of_instance(instance)
                .ok_or(ResponseError::UnknownMemberId)?,
            _ => self.find(member, instance)?,
        };
        self.remove(index, now);
        Ok(())
    }
}
