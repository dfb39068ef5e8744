//! Dead letters are redriven or discarded once, whenever the command is killed, and a mended event ends everywhere once.

mod malformed;
mod once;
mod poison;
mod readme;
mod remade;

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use schemas::{Clock, EventId, Topic};
use serde_json::{Value, json};

use crate::world::process::{PATIENCE, program};
use crate::world::{Program, World, assert_holds};

const EXAMPLE: &str = include_str!("../schemas/examples/view/product.json");
/// Mends what [`view`] breaks.
const MEND: &str = r#"sed 's/"page":7/"page":"products.detail"/'"#;

/// `sink dead-letters` on the world's broker and database.
fn dead_letters(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("sink"));
    command.args(["dead-letters", "--kafka"]).arg(world.broker.address());
    command.arg("--database").arg(world.database.sink_url());
    command.arg("--logs").arg(world.logs());
    command
        .arg("--diagnostics")
        .arg(world.folder().join("command-diagnostics"));
    command.args(arguments);
    command
}

fn answer(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("the sink's command runs");
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// What `list --json` says.
fn listed(world: &World, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["list", "--json"], arguments].concat();
    let output = dead_letters(world, &arguments).output().expect("the list");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// A view of another shop, number `sequence`; a broken one has a number for its page's name.
fn view(sequence: u64, is_broken: bool) -> Value {
    let now = Clock::system().now();
    let mut event: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    event["timestamp"] = now.to_string().into();
    let mut random = [7; 10];
    random[2..].copy_from_slice(&sequence.to_be_bytes());
    event["event_id"] = EventId::at(now, random).to_string().into();
    event["source"] = json!({ "instance": "another-shop", "sequence": sequence });
    if is_broken {
        event["details"]["page"] = 7.into();
    }
    event
}

/// A world in which another shop sends `count` views, every third broken; answers with all their ids.
async fn broken_world(test: &str, count: u64) -> Option<(World, Vec<Value>)> {
    let mut world = World::without_broker(test)?;
    world.restart(Program::Broker);
    world.restart(Program::Sink);
    world.look().await;
    let events: Vec<_> = (1..=count).map(|sequence| view(sequence, sequence % 3 == 0)).collect();
    let broken = usize::try_from(count / 3).expect("few messages");
    sends(&world, &events, broken).await;
    let ids = events.iter().map(|event| event["event_id"].clone()).collect();
    Some((world, ids))
}

/// Another shop sends these; waits until so many letters wait.
async fn sends(world: &World, events: &[Value], waiting: usize) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.broker.address())
        .create()
        .expect("a producer");
    for event in events {
        let headers = OwnedHeaders::new().insert(KafkaHeader {
            key: "traceparent",
            value: Some("00-ab-cd-01"),
        });
        let value = event.to_string();
        let record = BaseRecord::<str, str>::to(Topic::View.name())
            .key("k")
            .payload(&value)
            .partition(1)
            .headers(headers);
        producer.send(record).expect("the queue has room");
    }
    producer.flush(PATIENCE).expect("the broker takes them");
    let since = Instant::now();
    while listed(world, &[]).len() < waiting {
        assert!(since.elapsed() < PATIENCE, "the letters never come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until these events are in the files, and finds each there, in the table and in every topic's story once.
async fn sees_once(world: &mut World, ids: &[Value]) {
    let ids_in_files = ids.iter().collect::<Vec<_>>();
    let since = Instant::now();
    let everywhere = loop {
        let everywhere = world.sees_events(&ids_in_files).await;
        // A line is on the disk before its row is committed.
        if everywhere.rows.len() >= ids.len() || since.elapsed() > PATIENCE {
            break everywhere;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let rows: BTreeMap<_, _> = everywhere.rows.iter().filter(|(_, count)| **count != 1).collect();
    assert_eq!((everywhere.files.doubled(), rows), (vec![], BTreeMap::new()));
    assert_eq!(
        (everywhere.files.by_id.len(), everywhere.rows.len()),
        (ids.len(), ids.len())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mended_letters_are_everywhere_once_however_often_the_command_is_killed() {
    let Some((mut world, ids)) = broken_world("a killed redrive", 900).await else {
        return;
    };
    let redrive = ["redrive", "--reason", "invalid", "--edit", MEND];
    for (place, waiting) in [
        ("during_redrive", 300),
        ("after_redrive", 300),
        ("during_resolution", 250),
        ("after_resolution", 200),
    ] {
        let (code, said) = answer(dead_letters(&world, &redrive).env("SINK_FAIL_POINT", place));
        assert_eq!(code, None, "{place}: {said}");
        assert_eq!(listed(&world, &[]).len(), waiting, "{place}");
    }
    let (code, said) = answer(&mut dead_letters(&world, &redrive));
    assert_eq!(code, Some(0), "{said}");
    sees_once(&mut world, &ids).await;
    assert_eq!(
        (listed(&world, &[]).len(), listed(&world, &["--resolved"]).len()),
        (0, 300)
    );
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--all"]));
    assert_eq!((code, said.trim()), (Some(0), "0 sent, 300 known already, 0 left"));
    sees_once(&mut world, &ids).await;
    let mut audit = Command::new(program("de-shop"));
    audit.args(["audit", "--kafka"]).arg(world.broker.address());
    audit
        .arg("--logs")
        .arg(world.logs())
        .arg("--database")
        .arg(world.database.sink_url());
    assert_holds(&mut audit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_keeps_its_headers_on_the_way_back_and_says_where_it_was() {
    let Some((mut world, ids)) = broken_world("the way back", 3).await else {
        return;
    };
    let letter = &listed(&world, &[])[0];
    assert_eq!(
        (&letter["reason"], &letter["field"]),
        (&json!("invalid"), &json!("details.page"))
    );
    assert_eq!(
        (&letter["topic"], &letter["partition"], &letter["offset"]),
        (&json!("shop.view"), &json!(1), &json!(2))
    );
    assert_eq!(
        letter["headers"],
        json!([{ "name": "traceparent", "value": "00-ab-cd-01" }])
    );

    let mut mended = letter.clone();
    let value = letter["value"]
        .as_str()
        .expect("text")
        .replace("\"page\":7", "\"page\":\"mended\"");
    mended["value"] = serde_json::from_str(&value).expect("JSON");
    let file = world.folder().join("mended.jsonl");
    std::fs::write(&file, mended.to_string()).expect("the file is ours");
    let (code, said) = answer(dead_letters(&world, &["redrive", "--mended"]).arg(&file));
    assert_eq!((code, said.trim()), (Some(0), "1 sent, 0 known already, 0 left"));
    sees_once(&mut world, &ids).await;

    let (address, id) = (world.broker.address(), letter["id"].as_str().expect("text").to_owned());
    let headers = tokio::task::spawn_blocking(move || headers_of_the_last_view(&address));
    let headers = headers.await.expect("reading does not panic");
    for (name, value) in [
        ("traceparent", "00-ab-cd-01"),
        ("dead_letter_topic", "shop.view"),
        ("dead_letter_partition", "1"),
        ("dead_letter_offset", "2"),
        ("dead_letter_id", &id),
    ] {
        assert_eq!(headers.get(name).map(String::as_str), Some(value), "{name}");
    }
}

fn headers_of_the_last_view(kafka: &str) -> BTreeMap<String, String> {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::message::{Headers, Message};
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "the-test-itself")
        .create()
        .expect("a consumer");
    let mut last = rdkafka::TopicPartitionList::new();
    last.add_partition_offset(Topic::View.name(), 1, rdkafka::Offset::OffsetTail(1))
        .expect("an offset");
    consumer.assign(&last).expect("a partition");
    let message = consumer.poll(PATIENCE).expect("a message").expect("a message");
    let headers = message.headers().expect("headers").iter();
    headers
        .map(|header| {
            (
                header.key.to_owned(),
                String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_discarded_once_with_a_reason_and_are_not_sent_afterwards() {
    let Some((world, _)) = broken_world("discarding", 900).await else {
        return;
    };
    let (code, said) = answer(&mut dead_letters(&world, &["discard", "--all"]));
    assert!(code == Some(2) && said.contains("--because"), "{code:?} {said}");
    let discard = ["discard", "--all", "--because", "a load test of ours"];
    for (place, waiting) in [("during_resolution", 250), ("after_resolution", 200)] {
        let (code, said) = answer(dead_letters(&world, &discard).env("SINK_FAIL_POINT", place));
        assert_eq!(code, None, "{place}: {said}");
        assert_eq!(listed(&world, &[]).len(), waiting, "{place}");
    }
    let (code, said) = answer(&mut dead_letters(&world, &discard));
    assert!(
        code == Some(0) && said.contains("200 discarded, 100 known already, 0 left"),
        "{code:?} {said}"
    );
    let resolved = listed(&world, &["--resolved"]);
    assert_eq!(resolved.len(), 300);
    assert!(
        resolved
            .iter()
            .all(|letter| letter["outcome"] == "discarded" && letter["because"] == "a load test of ours")
    );
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--all", "--edit", MEND]));
    assert_eq!((code, said.trim()), (Some(0), "0 sent, 300 known already, 0 left"));
    let (_, said) = answer(&mut dead_letters(&world, &["list", "--resolved"]));
    assert!(
        said.contains("300 x invalid details.page") && said.contains("0 waiting, 0 redriven, 300 discarded"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_and_the_rest_goes_on() {
    let Some((mut world, ids)) = broken_world("three letters", 9).await else {
        return;
    };
    let letters = listed(&world, &["--topic", "shop.view"]);
    assert_eq!((letters.len(), listed(&world, &["--topic", "shop.cart"]).len()), (3, 0));
    let id = |at: usize| letters[at]["id"].as_str().expect("text");
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--id", "0/99"]));
    assert!(
        code == Some(2) && said.contains("0/99 is no dead letter"),
        "{code:?} {said}"
    );
    let (code, said) = answer(&mut dead_letters(&world, &["redrive"]));
    assert_eq!(code, Some(2), "{said}");

    // The command fails for one of them.
    let fails = format!("grep -v '\"sequence\":6' | {MEND} | grep .");
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--all", "--edit", &fails]));
    assert!(
        code == Some(1) && said.contains("2 sent, 0 known already, 1 left"),
        "{code:?} {said}"
    );
    assert!(said.contains(&format!("{} left: --edit: ", id(1))), "{said}");
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--id", id(0), "--edit", MEND]));
    assert!(
        code == Some(1) && said.contains(&format!("{} left: was redriven, at ", id(0))),
        "{code:?} {said}"
    );
    let (code, said) = answer(&mut dead_letters(&world, &["show", id(1)]));
    assert!(
        code == Some(0) && said.contains("\"page\":7") && said.contains("traceparent: 00-ab-cd-01"),
        "{code:?} {said}"
    );
    // Sent as it is, it would only come back.
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--id", id(1)]));
    assert!(code == Some(1) && said.contains("details.page"), "{code:?} {said}");
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--id", id(1), "--edit", MEND]));
    assert_eq!((code, said.trim()), (Some(0), "1 sent, 0 known already, 0 left"));
    sees_once(&mut world, &ids).await;
}
