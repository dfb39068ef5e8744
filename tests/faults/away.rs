//! Kafka, or PostgreSQL, away for a whole minute; or for `AWAY_SECONDS`, as long as somebody wants to wait:
//! `AWAY_SECONDS=600 cargo test --workspace --test promises a_minute_without`.

use std::time::Duration;

use super::all_is_well;
use crate::world::{Program, World};

fn away() -> Duration {
    let seconds = std::env::var("AWAY_SECONDS").map_or(60, |seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_kafka_is_caught_up_and_no_page_notices() {
    let Some(mut world) = World::start("a minute without Kafka") else {
        return;
    };
    let mut crowd = world.people_keep_shopping(1);
    world.recovers(&mut crowd).await;
    world.kill(Program::Broker);
    tokio::time::sleep(away()).await;
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
    tokio::time::sleep(away()).await;
    world.restart(Program::Database);
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
