//! Several machines: 3 shops and 3 sinks on one Kafka and one PostgreSQL, 12 partitions, sinks that come and go.

use super::all_is_well;
use crate::world::{Program, World};

const SHOPS: [Program; 3] = [Program::Shop, Program::AnotherShop(1), Program::AnotherShop(2)];
const SINKS: [Program; 3] = [Program::Sink, Program::AnotherSink(1), Program::AnotherSink(2)];

#[tokio::test(flavor = "multi_thread")]
async fn sinks_join_and_leave_under_load_and_nothing_is_lost_or_doubled() {
    let Some(mut world) = World::for_several_sinks("sinks that come and go") else {
        return;
    };
    world.makes_partitions(12);
    world.sink_settings.push(("SINK_SESSION_TIMEOUT", "6s".into()));
    world.starts(&[Program::Broker]);
    world.starts(&SHOPS);
    world.starts(&SINKS[..1]);
    let mut crowd = world.people_keep_shopping(2);
    world.recovers(&mut crowd).await;
    world.starts(&SINKS[1..]);
    world.all_work(&SINKS).await;
    crowd.is_answered(100).await;

    // One is told to go: the others take over once its session has ended.
    world.stops(Program::AnotherSink(1));
    world.is_succeeded(Program::AnotherSink(1)).await;
    crowd.is_answered(100).await;
    world.starts(&[Program::AnotherSink(1)]);
    world.all_work(&SINKS).await;

    // One dies, and comes back before anybody has noticed.
    world.kill(Program::AnotherSink(2));
    crowd.is_answered(50).await;
    world.starts(&[Program::AnotherSink(2)]);
    world.recovers(&mut crowd).await;

    // One dies for longer than its session, while another leaves.
    world.kill(Program::Sink);
    world.stops(Program::AnotherSink(2));
    world.is_succeeded(Program::Sink).await;
    world.is_succeeded(Program::AnotherSink(2)).await;
    crowd.is_answered(100).await;
    world.starts(&[Program::Sink, Program::AnotherSink(2)]);
    world.all_work(&SINKS).await;
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
