//! What the portal's search gives to be downloaded, played back into another Kafka, is the same stream.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use reqwest::Client;
use schemas::Topic;
use serde_json::Value;
use tempfile::TempDir;

use super::{de_shop, opens_a_broker, opens_a_shop};
use crate::world::process::PATIENCE;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Topic, partition and offset.
type Place = (String, i32, i64);

/// All that a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Whole {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    millis: Option<i64>,
}

/// Every message of the contract's topics.
fn everything(kafka: &str) -> BTreeMap<Place, Whole> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "played-back")
        .create()
        .expect("a consumer");
    let metadata = consumer.fetch_metadata(None, PATIENCE).expect("the broker answers");
    let (mut assigned, mut left) = (TopicPartitionList::new(), 0);
    for topic in metadata
        .topics()
        .iter()
        .filter(|topic| Topic::from_name(topic.name()).is_some())
    {
        for partition in topic.partitions() {
            let (name, number) = (topic.name(), partition.id());
            let (low, high) = consumer.fetch_watermarks(name, number, PATIENCE).expect("its offsets");
            left += high - low;
            assigned
                .add_partition_offset(name, number, Offset::Beginning)
                .expect("a partition");
        }
    }
    consumer.assign(&assigned).expect("partitions");
    let (mut all, since) = (BTreeMap::new(), Instant::now());
    while left > 0 {
        assert!(since.elapsed() < PATIENCE, "{left} messages are missing");
        let Some(message) = consumer.poll(Duration::from_millis(200)) else {
            continue;
        };
        let message = message.expect("a message");
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        let whole = Whole {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                .collect(),
            millis: message.timestamp().to_millis(),
        };
        all.insert(
            (message.topic().to_owned(), message.partition(), message.offset()),
            whole,
        );
        left -= 1;
    }
    all
}

/// Looks around until the search finds so many messages of this shop; gives the download.
async fn downloaded(shop: &str) -> String {
    let http = Client::builder().cookie_store(true).build().expect("a client");
    let get = async |path: &str| {
        let request = http.get(format!("{shop}{path}")).header("traceparent", TRACE);
        let request = request.header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Playback");
        let answer = request.send().await.expect("the shop answers");
        answer.text().await.expect("a text")
    };
    let since = Instant::now();
    loop {
        for path in ["/", "/search?q=tea", "/products/", "/cart"] {
            get(path).await;
        }
        let views = get("/data/search.jsonl?topic=shop.view").await;
        let first: Option<Value> = views.lines().next().and_then(|line| serde_json::from_str(line).ok());
        let value: Option<Value> = first.and_then(|line| serde_json::from_str(line["value"].as_str()?).ok());
        let instance = value.and_then(|value| Some(value["source"]["instance"].as_str()?.to_owned()));
        if let Some(instance) = instance {
            let found = get(&format!("/data/search.jsonl?field=source.instance&value={instance}")).await;
            if found.lines().count() > 50 {
                return found;
            }
        }
        assert!(since.elapsed() < PATIENCE, "the search finds too little: {views}");
    }
}

#[tokio::test]
async fn a_downloaded_search_result_played_back_is_the_same_stream() {
    let folder = TempDir::with_prefix("de-shop-played-back-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let mut shop = opens_a_shop(&folder);
    let ready = shop.ready();
    let text = downloaded(&ready["shop"]).await;
    std::fs::write(path("search.jsonl"), &text).expect("the download can be kept");

    let mut other = opens_a_broker(&folder);
    let kafka = other.ready()["kafka"].clone();
    let played = de_shop(&["replay", &path("search.jsonl"), "--kafka", &kafka, "--speed", "max"]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));

    // By topic and partition, in the order of the offsets: what was downloaded, as it stands in the shop's own broker.
    let theirs = everything(&ready["kafka"]);
    let mut expected: BTreeMap<(String, i32), Vec<Whole>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let topic = line["topic"].as_str().expect("a topic").to_owned();
        let number = |name: &str| line[name].as_i64().expect("a number");
        let partition = i32::try_from(number("partition")).expect("a partition");
        let whole = theirs[&(topic.clone(), partition, number("offset"))].clone();
        expected.entry((topic, partition)).or_default().push(whole);
    }
    let mut found: BTreeMap<(String, i32), Vec<Whole>> = BTreeMap::new();
    for ((topic, partition, _), whole) in everything(&kafka) {
        found.entry((topic, partition)).or_default().push(whole);
    }
    assert!(
        expected.len() > 3,
        "several topics and partitions: {:?}",
        expected.keys()
    );
    let traced =
        |(name, value): &(String, Option<Vec<u8>>)| name == "traceparent" && value.as_deref() == Some(TRACE.as_bytes());
    let headers = expected.values().flatten().flat_map(|whole| &whole.headers);
    assert!(headers.into_iter().any(traced), "a header that is not in the value");
    assert_eq!(found, expected);
    assert!(other.stop().success() && shop.stop().success());
}
