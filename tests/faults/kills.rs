//! kill -9 of every part at random moments.

use super::all_is_well;
use super::plan::{Kind, Plan};
use crate::world::{Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_moments_lose_and_double_nothing() {
    let test = "kills at random moments";
    let Some(mut world) = World::start(test) else { return };
    let mut kinds: Vec<_> = [Program::Shop, Program::Sink, Program::Broker].map(Kind::Kill).into();
    if world.database.is_running() {
        kinds.push(Kind::Kill(Program::Database));
    }
    let plan = Plan::of(test, &kinds, 12);
    let mut crowd = world.people_keep_shopping(3);
    for fault in &plan.faults {
        world.suffers(fault).await;
    }
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
