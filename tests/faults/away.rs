//! Kafka, or PostgreSQL, away for a whole minute.

use std::time::Duration;

use super::all_is_well;
use crate::world::{Program, World};

const AWAY: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_kafka_is_caught_up_and_no_page_notices() {
    let Some(mut world) = World::start("a minute without Kafka") else {
        return;
    };
    let mut crowd = world.people_keep_shopping(1);
    world.recovers(&mut crowd).await;
    world.kill(Program::Broker);
    tokio::time::sleep(AWAY).await;
    assert_eq!(crowd.refused(), 0, "no page needs Kafka");
    world.restart(Program::Broker);
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_postgres_is_caught_up_by_shop_and_sink() {
    let Some(mut world) = World::for_several_sinks("a minute without PostgreSQL") else {
        return;
    };
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut crowd = world.people_keep_shopping(1);
    world.recovers(&mut crowd).await;
    world.kill(Program::Database);
    tokio::time::sleep(AWAY).await;
    world.restart(Program::Database);
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
