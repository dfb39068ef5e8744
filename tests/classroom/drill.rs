//! The drill, with a program as a student writes it: `exercise 3` in the consumer's own memory.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::process::{Process, program};

/// Begins a program that counts the adds of each product and puts out a row whenever one changes; with or without a look at the event's
/// id. It ends by the flag, and nobody waits for it: its client takes its time to leave a broker that is gone.
fn begin_pipeline(kafka: &str, topic: &str, looks_at_ids: bool) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let (kafka, topic, stopping) = (kafka.to_owned(), topic.to_owned(), Arc::clone(&stop));
    std::thread::spawn(move || count(&kafka, &topic, looks_at_ids, &stopping));
    stop
}

fn count(kafka: &str, topic: &str, looks_at_ids: bool, stop: &AtomicBool) {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", kafka)
        .set("reconnect.backoff.max.ms", "500");
    let producer: ThreadedProducer<DefaultProducerContext> = config
        .clone()
        .set("enable.idempotence", "true")
        .create()
        .expect("a producer");
    config.set("group.id", "drill").set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    consumer.subscribe(&[topic]).expect("a topic's name");
    let (mut seen, mut counts) = (BTreeSet::new(), BTreeMap::<i64, (i64, i64)>::new());
    while !stop.load(Ordering::Relaxed) {
        // A broker that is away comes back; the client goes on by itself.
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) else {
            continue;
        };
        let event: Value = serde_json::from_slice(message.payload().unwrap_or_default()).expect("an event");
        let is_new = seen.insert(event["event_id"].as_str().unwrap_or_default().to_owned());
        let product = event["details"]["product_id"].as_i64();
        let Some(product) = product.filter(|_| event["event_type"] == "cart_add" && (is_new || !looks_at_ids)) else {
            continue;
        };
        let count = counts.entry(product).or_default();
        *count = (
            count.0 + 1,
            count.1 + event["details"]["quantity"].as_i64().unwrap_or(0),
        );
        let row = json!({"product_id": product, "adds": count.0, "quantity": count.1}).to_string();
        let key = product.to_string();
        producer
            .send(BaseRecord::to("answer").key(&key).payload(&row))
            .map_err(|(error, _)| error)
            .expect("room in the queue");
    }
}

/// Runs the drill with the program: its exit code, and what it said of the troubles.
fn drilled(looks_at_ids: bool) -> (Option<i32>, String) {
    let folder = TempDir::with_prefix("de-shop-drill-").expect("a temporary folder");
    let mut command = Command::new(program("de-shop"));
    command.args([
        "exercise",
        "drill",
        "3",
        "--listen",
        "127.0.0.1:0",
        "--seconds",
        "20",
        "--seed",
        "5",
    ]);
    let mut drill = Process::start("drill", folder.path(), &mut command);
    let ready = drill.ready();
    let stop = begin_pipeline(&ready["kafka"], &ready["topics"], looks_at_ids);
    let code = drill.wait().code();
    stop.store(true, Ordering::Relaxed);
    (code, drill.said())
}

#[test]
fn a_program_that_counts_each_event_once_passes_the_drill_and_one_that_does_not_fails() {
    let (code, said) = drilled(true);
    assert_eq!(code, Some(0), "{said}");
    for trouble in ["drops all connections", "is away for", "another member is in the group"] {
        assert!(said.contains(trouble), "{said}");
    }
    let (code, said) = drilled(false);
    assert_eq!(code, Some(1), "{said}");
}
