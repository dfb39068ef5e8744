//! A sink that stood still until another took over, and then goes on: it writes nothing more of what is no longer its own.

use super::all_is_well;
use super::plan::{Fault, Kind};
use crate::world::{Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_wakes_up_after_it_was_taken_over_writes_nothing_of_it() {
    a_zombie_writes_nothing("a zombie", Kind::Zombie).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_wakes_up_between_its_files_and_its_commit_writes_nothing_of_it() {
    a_zombie_writes_nothing("a zombie in its commit", Kind::ZombieInCommit).await;
}

async fn a_zombie_writes_nothing(test: &str, kind: Kind) {
    let Some(mut world) = World::for_several_sinks(test) else {
        return;
    };
    // As short as Apache Kafka allows.
    world.sink_settings.push(("SINK_SESSION_TIMEOUT", "6s".into()));
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut crowd = world.people_keep_shopping(3);
    world.recovers(&mut crowd).await;
    world.starts(&[Program::AnotherSink(1)]);
    world.recovers(&mut crowd).await;
    let fault = Fault {
        kind,
        after: std::time::Duration::ZERO,
        lasts: std::time::Duration::ZERO,
        nth: 2,
    };
    world.suffers(&fault).await;
    // Awake, it finds out that it was given up, and joins again.
    world.recovers(&mut crowd).await;
    crowd.is_answered(100).await;
    all_is_well(world, crowd).await;
}
