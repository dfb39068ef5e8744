//! From a shopper's click to the topic, the daily file and the row.

use schemas::EventType;

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

/// The question of the sink's README that begins with this comment.
fn question(begins: &str) -> String {
    let readme = include_str!("../sink/README.md");
    let from = readme.find(&format!("-- {begins}")).expect("the README asks it");
    let (question, _) = readme[from..].split_once(';').expect("it ends");
    question.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_is_paged_and_sorted_is_one_search_to_the_readmes_own_question() {
    let Some(mut world) = World::start("the README's question about searches") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.searches("s").await.expect("results");
    for more in ["&sort=price_asc", "&page=2", "&in_stock=1"] {
        let path = format!("/search?q=s{more}");
        shopper.get(&path, &[EventType::Search]).await.expect("results");
    }
    shopper.searches("teapot").await.expect("results");
    world.sees_once_everywhere(&shopper.answered).await;
    let asked = question("What do people search for");
    let count =
        |query: &str| format!("SELECT CAST(searches AS BIGINT) FROM ({asked}) AS asked WHERE query = '{query}'");
    assert_eq!(world.number(&count("s")).await, 1);
    assert_eq!(world.number(&count("teapot")).await, 1);
    assert_eq!(
        world
            .number("SELECT count(*) FROM user_activity_log WHERE activity_type = 'search'")
            .await,
        5
    );
}
