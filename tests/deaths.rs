//! kill -9 in the middle of traffic, round after round: what a topic holds already is not sent to it again.
//!
//! `DE_SHOP_TEST_DEATHS` says how many rounds there are of each kind, 10 when it is not set. On Apache Kafka what was on the wire at the
//! moment of a death may stand twice (readers know it by its sequence); how many do is printed.

use crate::one_machine::{OneMachine, dies_in_the_middle_of_traffic};
use crate::world::evidence::Evidence;
use crate::world::visitor::Visitor;
use crate::world::{Program, World};

/// Most of what a death may leave twice on Apache Kafka: what one request of the relay holds.
const MOST_ON_THE_WIRE: usize = 1000;

fn rounds() -> u32 {
    std::env::var("DE_SHOP_TEST_DEATHS").map_or(10, |rounds| rounds.parse().expect("a number of rounds"))
}

fn tells(who: &str, rounds: u32, answered: usize, topics: &Evidence) -> usize {
    let (events, repeated) = (topics.by_id.len(), topics.doubled().len());
    eprintln!("{rounds} deaths of {who}: {answered} answers, {events} events on the topics, {repeated} of them twice");
    repeated
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_of_the_shop_leave_no_repetition_on_the_topics() {
    let Some(mut world) = World::start("deaths of the shop") else {
        return;
    };
    let (rounds, mut crowd) = (rounds(), world.people_keep_shopping(2));
    for round in 0..rounds {
        // At different points of the traffic.
        crowd.is_answered(10 + round as usize * 7 % 23).await;
        world.kill(Program::Shop);
        world.restart(Program::Shop);
    }
    world.recovers(&mut crowd).await;
    let answered = crowd.goes_home().await.answered;
    world.sees_once_everywhere(&answered).await;
    let repeated = tells("the shop", rounds, answered.len(), &world.settles().await.topics);
    if world.broker.is_embedded() {
        assert_eq!(repeated, 0);
    } else {
        assert!(repeated <= rounds as usize * MOST_ON_THE_WIRE);
    }
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_of_everything_leave_no_repetition_on_the_topics() {
    let machine = OneMachine::new();
    let mut people = [Visitor::of(&machine.shop()), Visitor::of(&machine.shop())];
    for round in 0..rounds() {
        dies_in_the_middle_of_traffic(machine.starts(), &mut people, round).await;
    }
    let mut process = machine.starts();
    let answered: Vec<_> = people.into_iter().flat_map(|visitor| visitor.answered).collect();
    let everywhere = machine.sees_once_everywhere(&mut process, &answered).await;
    assert_eq!(tells("everything", rounds(), answered.len(), &everywhere.topics), 0);
    assert!(process.stop().success(), "SIGTERM ends it with success");
}
