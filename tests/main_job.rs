//! From a shopper's click to the topic, the daily file and the row.

use crate::world::{Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shopper_does_is_on_its_topic_in_its_file_and_in_the_table_once() {
    let Some(mut world) = World::start("the main job") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.opens("/").await.expect("the home page");
    shopper
        .opens("/products/?category=1&sort=price_asc")
        .await
        .expect("a listing");
    shopper.searches("teapot").await.expect("a search");
    shopper.looks_at(101).await.expect("a product");
    shopper.clicks().await.expect("a click");
    shopper.adds(102, 2).await.expect("something in the cart");
    shopper.removes(102).await.expect("nothing in the cart");
    shopper.buys(101).await.expect("an order");
    shopper
        .signs_up("haneul@example.com", "a long enough secret")
        .await
        .expect("an account");
    world.sees_once_everywhere(&shopper.answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_starts_and_serves_without_a_broker_and_catches_up_by_itself() {
    let Some(mut world) = World::without_broker("catching up") else {
        return;
    };
    world.restart(Program::Shop);
    let mut shopper = world.visitor();
    for step in 0..20 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    world.restart(Program::Broker);
    world.restart(Program::Sink);
    world.sees_once_everywhere(&shopper.answered).await;
}
