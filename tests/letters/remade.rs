//! A topic is deleted and made again while the sink is away, and grows past its position: nothing is skipped without a word, and a letter
//! at a place where another message stood before is a letter of its own.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use schemas::Topic;
use serde_json::Value;

use super::{MEND, answer, broken_world, dead_letters, listed, sees_once, sends, view};
use crate::world::process::PATIENCE;
use crate::world::{Program, World};

/// What the topic had, and what it has afterwards; every third is broken.
const BEFORE: u64 = 30;
const AFTERWARDS: u64 = 45;
const ALARM: &str = "was deleted and made again";

fn admin(world: &World) -> AdminClient<DefaultClientContext> {
    let mut config = ClientConfig::new();
    let admin = config.set("bootstrap.servers", world.broker.address()).create();
    admin.expect("an admin client")
}

pub async fn is_gone(world: &World, topic: Topic) {
    let options = AdminOptions::new();
    let gone = admin(world).delete_topics(&[topic.name()], &options).await;
    let gone = gone.expect("an answer");
    assert!(gone.iter().all(Result::is_ok), "{gone:?}");
}

async fn is_made_again(world: &World, topic: Topic) {
    is_gone(world, topic).await;
    let (admin, options) = (admin(world), AdminOptions::new());
    let since = Instant::now();
    loop {
        let fresh = NewTopic::new(topic.name(), 3, TopicReplication::Fixed(1));
        let made = admin.create_topics([&fresh], &options).await.expect("an answer");
        // Apache Kafka deletes when it finds the time.
        if made.iter().all(Result::is_ok) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{made:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Where the letters' messages stood, as often as there are letters.
fn places(letters: &[Value]) -> Vec<i64> {
    letters
        .iter()
        .map(|letter| letter["offset"].as_i64().expect("an offset"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_made_again_and_has_grown_past_the_position_is_not_read_until_somebody_says_so() {
    let Some((mut world, mut ids)) = broken_world("a topic made again", BEFORE).await else {
        return;
    };
    let old: Vec<Value> = ids
        .iter()
        .enumerate()
        .filter(|(place, _)| place % 3 != 2)
        .map(|(_, id)| id.clone())
        .collect();
    sees_once(&mut world, &old).await;
    world.stops(Program::Sink);
    is_made_again(&world, Topic::View).await;
    let events: Vec<_> = (1..=AFTERWARDS)
        .map(|sequence| view(BEFORE + sequence, sequence % 3 == 0))
        .collect();
    let waiting = usize::try_from(BEFORE / 3).expect("few");
    sends(&world, &events, waiting).await;
    world.restart(Program::Sink);

    let said = world.says(Program::Sink, ALARM).await;
    assert!(said.contains("shop.view/1") && said.contains("partitions"), "{said}");
    assert_eq!(listed(&world, &[]).len(), waiting, "nothing is read past the alarm");
    sees_once(&mut world, &old).await;
    // What is not read is behind, and said to be so.
    let since = Instant::now();
    while world.metric(Program::Sink, "sink_lag_messages").await < 1.0 {
        assert!(since.elapsed() < PATIENCE, "the lag of what is not read is told as 0");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    world.stops(Program::Sink);
    world.tells_sink(&["positions", "forget", "--topic", "shop.view", "--partition", "1"]);
    world.restart(Program::Sink);
    sends(&world, &[], usize::try_from((BEFORE + AFTERWARDS) / 3).expect("few")).await;
    let letters = listed(&world, &[]);
    let all = places(&letters);
    let apart: BTreeSet<_> = all.iter().collect();
    assert_eq!(
        all.len() - apart.len(),
        waiting,
        "two messages stood at each of the first places"
    );

    let (code, said) = answer(&mut dead_letters(
        &world,
        &["redrive", "--reason", "invalid", "--edit", MEND],
    ));
    assert_eq!(code, Some(0), "{said}");
    ids.extend(events.iter().map(|event| event["event_id"].clone()));
    sees_once(&mut world, &ids).await;
}
