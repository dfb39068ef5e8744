//! Topics that were made a moment ago: their leaders may not be ready, and refuse the first messages.

use super::all_is_well;
use crate::world::{Program, World};

/// Apache Kafka refuses what comes too early and takes what follows; librdkafka then called the first delivered, while more than
/// one request was under way. Many partitions, many people and a full journal, so that many messages are under way at once.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_messages_of_new_partitions_arrive() {
    let Some(mut world) = World::without_broker("new topics") else {
        return;
    };
    world.makes_partitions(30);
    world.starts(&[Program::Shop]);
    let mut crowd = world.people_keep_shopping(12);
    // A journal that is all sent in the moment in which the topics are made.
    crowd.is_answered(1000).await;
    world.starts(&[Program::Broker, Program::Sink]);
    world.recovers(&mut crowd).await;
    all_is_well(world, crowd).await;
}
