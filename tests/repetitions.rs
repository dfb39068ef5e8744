//! An event that comes again is kept once, wherever it comes: exactness doesn't rest on which partition a key leads to.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use schemas::{EventType, Topic};
use serde_json::Value;

use crate::one_machine::OneMachine;
use crate::world::assert_holds;
use crate::world::evidence::Everywhere;
use crate::world::process::{PATIENCE, Process, program};
use crate::world::visitor::Visitor;

const PARTITIONS_AFTERWARDS: [usize; 2] = [6, 12];

async fn gets_partitions(machine: &OneMachine, count: usize) {
    let mut config = ClientConfig::new();
    let admin: AdminClient<_> = config
        .set("bootstrap.servers", machine.kafka())
        .create()
        .expect("an admin client");
    let topics = [Topic::View, Topic::Request, Topic::Exposure].map(|topic| NewPartitions::new(topic.name(), count));
    let made = admin
        .create_partitions(&topics, &AdminOptions::new())
        .await
        .expect("the broker answers");
    for topic in made {
        topic.expect("partitions are added");
    }
}

/// Sends every line of the log files to its topic once more, each to another partition than it stood in: what clients do that know no
/// keys. Answers how many.
fn plays_back(machine: &OneMachine) -> usize {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", machine.kafka());
    let producer: BaseProducer = config.create().expect("a producer");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let metadata = consumer.fetch_metadata(None, PATIENCE).expect("the topics");
    let counts: BTreeMap<_, _> = metadata
        .topics()
        .iter()
        .map(|topic| (topic.name(), topic.partitions().len()))
        .collect();
    let mut sent = 0;
    for file in fs::read_dir(machine.data().join("logs")).expect("the logs") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "log") {
            continue;
        }
        for line in fs::read_to_string(path).expect("text").lines() {
            let event: Value = serde_json::from_str(line).expect("JSON");
            let kind = event["event_type"].as_str().unwrap_or("request");
            let kind = EventType::ALL
                .into_iter()
                .find(|known| known.name() == kind)
                .expect("a kind of event");
            let topic = kind.topic().name();
            let partition = i32::try_from(sent % counts[topic]).expect("few partitions");
            let record = BaseRecord::<str, str>::to(topic).payload(line).partition(partition);
            producer
                .send(record)
                .map_err(|(error, _)| error)
                .expect("the queue has room");
            producer.poll(Duration::ZERO);
            sent += 1;
        }
    }
    producer.flush(PATIENCE).expect("they are sent");
    sent
}

fn is_kept_once(everywhere: &Everywhere) {
    assert_eq!(everywhere.files.doubled(), Vec::<&str>::new());
    let wrong: Vec<_> = everywhere.rows.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Waits until the sink has read everything.
async fn has_read(machine: &OneMachine, process: &mut Process) -> Everywhere {
    let since = Instant::now();
    loop {
        process.assert_alive();
        let said = Command::new(program("de-shop"))
            .arg("audit")
            .arg("--data")
            .arg(machine.data())
            .arg("--json")
            .output();
        let verdict: Value = serde_json::from_slice(&said.expect("the audit runs").stdout).unwrap_or_default();
        let hops: Vec<&Value> = verdict["instances"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|shop| shop["hops"].as_array())
            .flatten()
            .collect();
        if !hops.is_empty() && hops.iter().all(|hop| hop["behind"] == 0) {
            let database = format!("sqlite:{}", machine.data().join("activity.db").display());
            return crate::world::look(machine.kafka(), machine.data().join("logs"), database).await;
        }
        assert!(since.elapsed() < PATIENCE, "it never reads everything: {verdict}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn added_partitions_deaths_and_a_playback_without_keys_double_nothing() {
    let machine = OneMachine::new();
    let mut shopper = Visitor::of(&machine.shop());
    let mut step = 0..;
    for partitions in PARTITIONS_AFTERWARDS {
        let process = machine.starts();
        for step in step.by_ref().take(30) {
            shopper.strolls(step).await.expect("the shop serves");
        }
        gets_partitions(&machine, partitions).await;
        for step in step.by_ref().take(10) {
            shopper.strolls(step).await.expect("the shop serves");
        }
        process.kill();
    }
    let mut process = machine.starts();
    let before = has_read(&machine, &mut process).await;
    is_kept_once(&before);
    let sent = plays_back(&machine);
    assert_eq!(sent, before.files.by_id.len());
    // One more, behind everything that was played back.
    shopper.strolls(1).await.expect("the shop serves");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = has_read(&machine, &mut process).await;
    is_kept_once(&after);
    let new = after.files.by_id.len() - before.files.by_id.len();
    assert!(new < 20, "{new} lines more for one step");
    assert_holds(
        Command::new(program("de-shop"))
            .arg("audit")
            .arg("--bytes")
            .arg("--data")
            .arg(machine.data()),
    );
    assert!(process.stop().success());
}
