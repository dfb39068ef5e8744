//! kill -9 at each step at which a shop or a sink has done one thing and not yet the next.

use journal::fail_point::FailPoint;

use super::all_is_well;
use super::plan::{Fault, Kind, Plan};
use crate::world::{Program, World};

/// The sink's, as `SINK_FAIL_POINT` names them.
pub const IN_THE_SINK: [&str; 4] = [
    "after_file_sync",
    "after_commit",
    "after_dead_letters",
    "during_retention",
];

/// All of both programs.
pub fn all() -> Vec<Kind> {
    let shop = FailPoint::ALL.map(|point| Kind::DiesAt(Program::Shop, point.name()));
    let sink = IN_THE_SINK.map(|point| Kind::DiesAt(Program::Sink, point));
    shop.into_iter().chain(sink).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_any_two_steps_loses_and_doubles_nothing() {
    let test = "a death between any two steps";
    let Some(mut world) = World::without_broker(test) else {
        return;
    };
    // Small segments, so that the journal rolls within the test.
    world.shop_settings.push(("SHOP_JOURNAL_MAX_SIZE", "1MiB".into()));
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let plan = Plan::of(test, &all(), all().len());
    let mut crowd = world.people_keep_shopping(3);
    for Fault {
        kind,
        after,
        lasts,
        nth,
    } in plan.faults
    {
        // Time goes into the steps, not into the pauses between them.
        let (after, lasts) = (after / 4, lasts / 4);
        world
            .suffers(&Fault {
                kind,
                after,
                lasts,
                nth,
            })
            .await;
    }
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
