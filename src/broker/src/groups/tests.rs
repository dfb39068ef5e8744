//! The group state machine, with the time passed in.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use super::group::{Answer, Caller, Group, JoinRefused, Joined, State, Synced};
use super::member::{Protocol, Ticket};
use super::rebalance::{Join, Sync};

const SESSION: Duration = Duration::from_secs(10);
const REBALANCE: Duration = Duration::from_mins(1);

/// A group, a clock that only tests move, and the last answers.
struct World {
    group: Group,
    now: Instant,
    tickets: u64,
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

impl World {
    fn new() -> Self {
        Self {
            group: Group::default(),
            now: Instant::now(),
            tickets: 0,
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    fn request(&mut self, member: &str, fresh: &str) -> Join {
        Join {
            ticket: self.ticket(),
            member: text(member),
            instance: None,
            client_id: text("client"),
            client_host: text("/127.0.0.1"),
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            protocol_type: text("consumer"),
            protocols: vec![Protocol {
                name: text("range"),
                metadata: Bytes::from_static(b"topics"),
            }],
            id_first: false,
            can_skip_assignment: true,
            fresh_id: text(fresh),
        }
    }

    fn join(&mut self, join: Join) -> Vec<Answer> {
        self.group.join(join, self.now);
        self.group.take_answers()
    }

    fn caller(&self, member: &str) -> Caller {
        Caller {
            member: text(member),
            instance: None,
            generation: self.group.generation,
        }
    }

    fn sync(&mut self, member: &str, shares: &[(&str, &'static [u8])]) -> Vec<Answer> {
        let assignments = shares
            .iter()
            .map(|(id, share)| (text(id), Bytes::from_static(share)))
            .collect();
        let sync = Sync {
            ticket: self.ticket(),
            caller: self.caller(member),
            protocol_type: None,
            protocol: None,
            assignments,
        };
        self.group.sync(&sync, self.now);
        self.group.take_answers()
    }

    fn heartbeat(&mut self, member: &str) -> Result<(), ResponseError> {
        let caller = self.caller(member);
        self.group.heartbeat(&caller, self.now)
    }

    fn passes(&mut self, time: Duration) -> Vec<Answer> {
        self.now += time;
        self.group.tick(self.now);
        self.group.take_answers()
    }

    /// `a` leads, `b` follows, both have their share.
    fn of_two() -> Self {
        let mut world = Self::new();
        let join = world.request("", "a");
        world.join(join);
        world.sync("a", &[("a", b"all")]);
        let join = world.request("", "b");
        world.join(join);
        let join = world.request("a", "");
        world.join(join);
        world.sync("b", &[]);
        world.sync("a", &[("a", b"left"), ("b", b"right")]);
        world
    }
}

fn joined(answers: &[Answer]) -> Vec<&Joined> {
    answers
        .iter()
        .filter_map(|answer| {
            if let Answer::Join(_, Ok(joined)) = answer {
                Some(joined)
            } else {
                None
            }
        })
        .collect()
}

fn refusals(answers: &[Answer]) -> Vec<ResponseError> {
    let refusal = |answer: &Answer| match answer {
        Answer::Join(_, Err(JoinRefused { error, .. })) | Answer::Sync(_, Err(error)) => Some(*error),
        _ => None,
    };
    answers.iter().filter_map(refusal).collect()
}

fn shares(answers: &[Answer]) -> Vec<Bytes> {
    let share = |answer: &Answer| match answer {
        Answer::Sync(_, Ok(Synced { assignment, .. })) => Some(assignment.clone()),
        _ => None,
    };
    answers.iter().filter_map(share).collect()
}

#[test]
fn the_first_member_leads_and_gets_what_it_shares_out() {
    let mut world = World::new();
    let join = world.request("", "a");
    let answers = world.join(join);
    let first = joined(&answers)[0];
    assert_eq!((first.generation, &*first.leader, first.members.len()), (1, "a", 1));
    assert_eq!(shares(&world.sync("a", &[("a", b"all")])), [Bytes::from_static(b"all")]);
    assert_eq!(world.group.state(), State::Stable);
    assert_eq!(world.heartbeat("a"), Ok(()));
}

#[test]
fn a_newcomer_is_first_given_its_id_where_the_client_knows_of_that() {
    let mut world = World::new();
    let mut join = world.request("", "a");
    join.id_first = true;
    let answers = world.join(join);
    assert!(
        matches!(&answers[..], [Answer::Join(_, Err(JoinRefused { error: ResponseError::MemberIdRequired, member }))] if **member == *"a")
    );
    let mut join = world.request("a", "");
    join.id_first = true;
    assert_eq!(joined(&world.join(join)).len(), 1);
}

#[test]
fn a_second_member_waits_until_the_first_has_joined_again() {
    let mut world = World::new();
    let join = world.request("", "a");
    world.join(join);
    world.sync("a", &[("a", b"all")]);
    let join = world.request("", "b");
    assert_eq!(world.join(join), []);
    assert_eq!(world.heartbeat("a"), Err(ResponseError::RebalanceInProgress));
    let join = world.request("a", "");
    let answers = world.join(join);
    assert_eq!(
        joined(&answers)
            .iter()
            .map(|joined| joined.generation)
            .collect::<Vec<_>>(),
        [2, 2]
    );
    assert_eq!(world.sync("b", &[]), []);
    assert_eq!(shares(&world.sync("a", &[("a", b"left"), ("b", b"right")])).len(), 2);
}

#[test]
fn a_member_that_falls_silent_goes_and_the_others_are_told() {
    let mut world = World::of_two();
    world.now += SESSION / 2;
    assert_eq!(world.heartbeat("a"), Ok(()));
    world.passes(SESSION / 2);
    assert_eq!(world.group.members().len(), 1);
    assert_eq!(world.heartbeat("a"), Err(ResponseError::RebalanceInProgress));
    let join = world.request("a", "");
    assert_eq!(joined(&world.join(join))[0].members.len(), 1);
}

#[test]
fn a_member_that_leaves_is_gone_at_once() {
    let mut world = World::of_two();
    assert_eq!(world.group.leave(&text("b"), None, world.now), Ok(()));
    assert_eq!(world.heartbeat("b"), Err(ResponseError::UnknownMemberId));
    assert_eq!(world.heartbeat("a"), Err(ResponseError::RebalanceInProgress));
    assert_eq!(world.group.leave(&text("a"), None, world.now), Ok(()));
    assert_eq!(world.group.state(), State::Empty);
}

#[test]
fn a_rebalance_goes_on_without_who_does_not_come_back() {
    let mut world = World::of_two();
    let join = world.request("", "c");
    world.join(join);
    let join = world.request("a", "");
    assert_eq!(world.join(join), []);
    for _ in 0..6 {
        world.now += SESSION * 9 / 10;
        assert_eq!(world.heartbeat("b"), Err(ResponseError::RebalanceInProgress));
        world.group.tick(world.now);
    }
    let answers = world.passes(REBALANCE);
    let told: Vec<_> = joined(&answers)
        .iter()
        .map(|joined| joined.member.to_string())
        .collect();
    assert_eq!(told, ["a", "c"]);
}

#[test]
fn a_leader_that_never_shares_out_is_dropped() {
    let mut world = World::new();
    let join = world.request("", "a");
    world.join(join);
    let answers = world.passes(REBALANCE);
    assert_eq!(refusals(&answers), []);
    assert!(
        !world.group.is_forgotten(world.now),
        "tools can still see and delete it"
    );
    assert!(world.group.is_forgotten(world.now + Duration::from_mins(11)));
}

#[test]
fn offsets_are_taken_from_members_of_this_generation_only() {
    let mut world = World::of_two();
    let caller = |generation| Caller {
        member: text("a"),
        instance: None,
        generation,
    };
    assert_eq!(world.group.may_commit(&caller(2), world.now), Ok(()));
    assert_eq!(
        world.group.may_commit(&caller(1), world.now),
        Err(ResponseError::IllegalGeneration)
    );
    let outsider = Caller {
        member: text(""),
        instance: None,
        generation: -1,
    };
    assert_eq!(
        world.group.may_commit(&outsider, world.now),
        Err(ResponseError::UnknownMemberId)
    );
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_its_old_self_is_fenced() {
    let mut world = World::new();
    let mut join = world.request("", "shop-1");
    join.instance = Some(text("shop"));
    world.join(join);
    let caller = |member: &str| Caller {
        member: text(member),
        instance: Some(text("shop")),
        generation: 1,
    };
    let assignments = vec![(text("shop-1"), Bytes::from_static(b"all"))];
    let sync = Sync {
        ticket: world.ticket(),
        caller: caller("shop-1"),
        protocol_type: None,
        protocol: None,
        assignments,
    };
    world.group.sync(&sync, world.now);
    world.group.take_answers();

    let mut join = world.request("", "shop-2");
    join.instance = Some(text("shop"));
    let answers = world.join(join);
    let back = joined(&answers)[0];
    assert_eq!(
        (back.generation, back.skip_assignment, &*back.member),
        (1, true, "shop-2")
    );
    assert_eq!(
        world.group.heartbeat(&caller("shop-1"), world.now),
        Err(ResponseError::FencedInstanceId)
    );
    assert_eq!(world.group.heartbeat(&caller("shop-2"), world.now), Ok(()));
}

#[test]
fn a_member_without_a_common_protocol_is_refused() {
    let mut world = World::of_two();
    let mut join = world.request("", "c");
    join.protocols = vec![Protocol {
        name: text("sticky"),
        metadata: Bytes::new(),
    }];
    assert_eq!(refusals(&world.join(join)), [ResponseError::InconsistentGroupProtocol]);
}

#[test]
fn the_protocol_that_all_know_is_chosen() {
    let mut world = World::new();
    let both = |first: &str, second: &str| {
        [first, second]
            .map(|name| Protocol {
                name: text(name),
                metadata: Bytes::new(),
            })
            .to_vec()
    };
    let mut join = world.request("", "a");
    join.protocols = both("range", "sticky");
    world.join(join);
    world.sync("a", &[]);
    let mut join = world.request("", "b");
    join.protocols = both("sticky", "roundrobin");
    world.join(join);
    let mut join = world.request("a", "");
    join.protocols = both("range", "sticky");
    let answers = world.join(join);
    assert!(joined(&answers).iter().all(|joined| *joined.protocol == *"sticky"));
    assert_eq!(joined(&answers).len(), 2);
}

#[test]
fn a_member_whose_connection_goes_while_it_joins_keeps_nobody_waiting() {
    let mut world = World::of_two();
    let join = world.request("", "c");
    let ticket = join.ticket;
    world.join(join);
    for member in ["a", "b"] {
        let join = world.request(member, "");
        world.join(join);
    }
    assert_eq!(world.group.state(), State::CompletingRebalance);
    let join = world.request("", "d");
    let gone = join.ticket;
    world.join(join);
    assert_eq!(world.group.members().len(), 4);
    world.group.hang_up(gone, world.now);
    let names: Vec<_> = world
        .group
        .members()
        .iter()
        .map(|member| member.id.to_string())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    // An answer that was given already is nothing to hang up on.
    world.group.hang_up(ticket, world.now);
    assert_eq!(world.group.members().len(), 3);
}
