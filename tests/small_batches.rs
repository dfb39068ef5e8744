//! A topic that takes less at once than the relay would send: everything arrives all the same, and who looks is told what is wrong.

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use schemas::Topic;

use crate::operator::{readyz, until};
use crate::world::{Program, World};

async fn takes_at_most(world: &World, topic: Topic, bytes: &str) {
    let admin: AdminClient<_> = ClientConfig::new()
        .set("bootstrap.servers", world.broker.address())
        .create()
        .expect("an admin client");
    let topic = AlterConfig::new(ResourceSpecifier::Topic(topic.name())).set("max.message.bytes", bytes);
    let altered = admin.alter_configs([&topic], &AdminOptions::new()).await;
    for topic in altered.expect("the broker answers") {
        topic.expect("the setting is taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_takes_small_batches_only_gets_small_ones() {
    let Some(mut world) = World::start("small batches") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.strolls(0).await.expect("the shop serves");
    world.sees_once_everywhere(&shopper.answered).await;
    // Each of its messages is smaller, and several of them are not.
    takes_at_most(&world, Topic::Request, "3000").await;
    world.freezes(Program::Broker);
    for step in 1..30 {
        shopper
            .strolls(step)
            .await
            .expect("the shop serves, whatever Kafka does");
    }
    world.thaws(Program::Broker);
    world.sees_once_everywhere(&shopper.answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_its_topic_refuses_is_named_and_goes_on_once_it_is_taken() {
    let Some(mut world) = World::start("a refused message") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.strolls(0).await.expect("the shop serves");
    world.sees_once_everywhere(&shopper.answered).await;
    takes_at_most(&world, Topic::Request, "100").await;
    shopper.strolls(1).await.expect("the shop serves, whatever Kafka does");
    let shop = world.shop_address();
    until(
        "what Kafka refuses",
        async || readyz(&shop).await.1["kafka"]["what"].to_string(),
        |what| what.contains("for shop.request") && what.contains("raise max.message.bytes"),
    )
    .await;
    takes_at_most(&world, Topic::Request, "1048588").await;
    world.sees_once_everywhere(&shopper.answered).await;
    until(
        "Kafka is well",
        async || readyz(&shop).await.1["kafka"]["ok"] == true,
        |ok| *ok,
    )
    .await;
}
