//! Whatever stands on a topic, the sink gets past it: the messages behind it arrive, and the bad one is a letter that can be read.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use rdkafka::config::ClientConfig;
use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;

use super::{answer, broken_world, dead_letters, listed, sees_once, sends, view};
use crate::world::World;
use crate::world::process::PATIENCE;
use crate::world::require::{Part, has};

/// Sends a message that is no JSON, with one header, by kcat.
fn sends_by_kcat(world: &World, topic: &str, header: &[u8]) {
    let mut kcat = Command::new("kcat")
        .args(["-P", "-b", &world.broker.address(), "-t", topic, "-p", "0", "-H"])
        .arg(OsStr::from_bytes(header))
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat runs");
    let mut input = kcat.stdin.take().expect("its standard input");
    input.write_all(b"not json").expect("kcat reads");
    drop(input);
    assert!(kcat.wait().expect("kcat ends").success());
}

fn producer(world: &World, settings: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", world.broker.address());
    for (name, value) in settings {
        config.set(*name, *value);
    }
    config.create().expect("a producer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_whose_name_is_no_text_stops_neither_the_sink_nor_the_commands() {
    if !has("headers whose names are no text", &[Part::Kcat]) {
        return;
    }
    let Some((mut world, _)) = broken_world("headers whose names are no text", 0).await else {
        return;
    };
    sends_by_kcat(&world, "shop.view", b"x\xff=1");
    let good: Vec<_> = (1..=3).map(|sequence| view(sequence, false)).collect();
    sends(&world, &good, 1).await;
    let ids: Vec<Value> = good.iter().map(|event| event["event_id"].clone()).collect();
    sees_once(&mut world, &ids).await;
    assert_eq!(listed(&world, &[])[0]["value"], "not json");
    // The same on the dead letters' own topic is somebody's own message, and no letter.
    sends_by_kcat(&world, "shop.dead-letter", b"x\xff=1");
    assert_eq!(listed(&world, &[]).len(), 1);
    assert_eq!(listed(&world, &[])[0]["unreadable_headers"], 1);
    // Mended, it comes back with the header that nobody can read, byte for byte.
    let mended = view(4, false);
    let edit = format!("printf %s '{mended}'");
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--all", "--edit", &edit]));
    assert_eq!(code, Some(0), "{said}");
    let all: Vec<Value> = ids.into_iter().chain([mended["event_id"].clone()]).collect();
    sees_once(&mut world, &all).await;
    let id = mended["event_id"].as_str().expect("an id");
    assert!(headers_by_kcat(&world, id).contains(&b"x\xff=1"[..].to_vec()));
}

/// The headers of the message with this id on the views' first partition, as kcat reads them.
fn headers_by_kcat(world: &World, id: &str) -> Vec<Vec<u8>> {
    let read = Command::new("kcat")
        .args([
            "-C",
            "-e",
            "-q",
            "-b",
            &world.broker.address(),
            "-t",
            "shop.view",
            "-p",
            "0",
            "-f",
            "%h\\t%s\\n",
        ])
        .output()
        .expect("kcat runs");
    assert!(read.status.success());
    let line = read
        .stdout
        .split(|byte| *byte == b'\n')
        .find(|line| memchr::memmem::find(line, id.as_bytes()).is_some());
    let headers = line
        .and_then(|line| line.split(|byte| *byte == b'\t').next())
        .expect("the message came back");
    headers.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_headers_fill_it_is_a_letter_without_them() {
    let Some((mut world, _)) = broken_world("headers that fill a message", 0).await else {
        return;
    };
    let producer = producer(&world, &[]);
    let headers = OwnedHeaders::new().insert(KafkaHeader {
        key: "h",
        value: Some(&"x".repeat(999_000)),
    });
    let record = BaseRecord::to("shop.view")
        .key("k")
        .payload("not json")
        .headers(headers);
    producer.send(record).map_err(|(error, _)| error).expect("it is queued");
    producer.flush(PATIENCE).expect("it is sent");
    let good: Vec<_> = (1..=3).map(|sequence| view(sequence, false)).collect();
    sends(&world, &good, 1).await;
    let ids: Vec<Value> = good.iter().map(|event| event["event_id"].clone()).collect();
    sees_once(&mut world, &ids).await;
    assert_eq!(listed(&world, &["--reason", "invalid"]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_every_compression_arrive() {
    let Some((mut world, _)) = broken_world("every compression", 0).await else {
        return;
    };
    let mut ids = Vec::new();
    for (sequence, compression) in (1..).zip(["none", "gzip", "snappy", "lz4", "zstd"]) {
        let event = view(sequence, false);
        let producer = producer(&world, &[("compression.type", compression)]);
        // Many in one batch, so that it is worth compressing: the first is kept, the others are its repetitions.
        for _ in 0..20 {
            let text = event.to_string();
            let record = BaseRecord::to("shop.view").key("k").payload(&text);
            producer.send(record).map_err(|(error, _)| error).expect("it is queued");
        }
        producer.flush(PATIENCE).expect("they are sent");
        ids.push(event["event_id"].clone());
    }
    sees_once(&mut world, &ids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_does_not_exist_is_refused_with_those_that_do() {
    let Some((world, _)) = broken_world("a misspelt reason", 0).await else {
        return;
    };
    let (code, said) = answer(&mut dead_letters(&world, &["redrive", "--reason", "invlid"]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--reason") && said.contains("sequence_reused"), "{said}");
}
