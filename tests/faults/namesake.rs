//! Another member of the group with the sink's own name: once, as the sink's own past may seem to Kafka, or for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use schemas::Topic;

use super::all_is_well;
use crate::world::process::PATIENCE;
use crate::world::{Program, World};

/// Joins the sinks' group under the name of a sink, and is given what was that sink's.
fn takes_the_place(kafka: &str, name: &str) -> BaseConsumer {
    let namesake: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "de-shop-sink")
        .set("group.instance.id", name)
        .set("partition.assignment.strategy", "range")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer is made");
    let topics: Vec<_> = Topic::consumed().map(Topic::name).collect();
    namesake.subscribe(&topics).expect("topics can be subscribed to");
    let since = Instant::now();
    while namesake.assignment().expect("it knows what it was given").count() == 0 {
        // Messages and errors alike are not its business.
        drop(namesake.poll(Duration::from_millis(50)));
        assert!(since.elapsed() < PATIENCE, "the group gives nothing");
    }
    namesake
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_shut_out_of_its_group_once_goes_on_and_when_it_is_for_good_says_so_and_stops() {
    let Some(mut world) = World::start("a namesake") else {
        return;
    };
    let mut crowd = world.people_keep_shopping(1);
    world.recovers(&mut crowd).await;
    let name = world.instance_of(Program::Sink);
    let kafka = world.broker.address();

    let namesake = {
        let (kafka, name) = (kafka.clone(), name.clone());
        tokio::task::spawn_blocking(move || takes_the_place(&kafka, &name))
    };
    let namesake = namesake.await.expect("it joins");
    world.recovers(&mut crowd).await;
    drop(namesake);
    world.recovers(&mut crowd).await;

    // From now on somebody takes its place again and again.
    let gone = Arc::new(AtomicBool::new(false));
    let rival = tokio::task::spawn_blocking({
        let gone = Arc::clone(&gone);
        move || {
            while !gone.load(Ordering::Relaxed) {
                drop(takes_the_place(&kafka, &name).poll(Duration::from_secs(1)));
            }
        }
    });
    world.gives_up(Program::Sink);
    gone.store(true, Ordering::Relaxed);
    rival.await.expect("the rival joins");
    world.restart(Program::Sink);
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
