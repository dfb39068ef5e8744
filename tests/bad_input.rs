//! Bad input gets a clear answer and loses nothing.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Message, Offset, TopicPartitionList};
use reqwest::StatusCode;
use schemas::{EventType, Header, Topic};
use serde_json::{Value, json};

use crate::world::process::PATIENCE;
use crate::world::visitor::{Answered, Page};
use crate::world::{Program, World};

fn as_json(page: &Page) -> Value {
    serde_json::from_str(&page.text).expect("the answer is JSON")
}

fn click(text: &str, x_percent: f64) -> Value {
    let now = schemas::Clock::system().now().to_string();
    json!({
        "page": "/", "element": "a.tile", "text": text, "x_percent": x_percent, "y_percent": 44.4,
        "page_x_percent": 12.5, "page_y_percent": 18.0, "tab": { "id": "testtab1", "sequence": 1 }, "at": now, "sent_at": now,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_client_event_is_named_and_the_good_ones_of_its_batch_are_kept() {
    let Some(mut world) = World::start("a bad client event") else {
        return;
    };
    let visitor = world.visitor();
    let batch = json!([click("good one", 10.0), click("bad", 300.0), click("good two", 20.0)]);
    // As sendBeacon sends it.
    let page = visitor
        .sends("/api/log/click-event", "text/plain;charset=UTF-8", batch.to_string())
        .await
        .expect("an answer");
    let answer = as_json(&page);
    assert_eq!(answer["accepted"], 2, "{answer}");
    let results = answer["results"].as_array().expect("an answer per event");
    assert_eq!(results.len(), 3);
    assert_eq!(results[1]["status"], "rejected", "{answer}");
    assert_eq!(results[1]["field"], "x_percent", "{answer}");
    assert!(results[1]["reason"].is_string(), "{answer}");
    let everywhere = world
        .sees_events(&[&results[0]["event_id"], &results[2]["event_id"]])
        .await;
    let texts: Vec<Value> = everywhere
        .topics
        .by_id
        .values()
        .flatten()
        .filter(|found| found.event_type == EventType::Click.name())
        .map(|found| found.json()["details"]["text"].clone())
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_at_once_is_refused_with_413() {
    let Some(world) = World::start("too much at once") else {
        return;
    };
    let visitor = world.visitor();
    let many: Vec<Value> = (0..101).map(|_| click("x", 1.0)).collect();
    let long = json!([click(&"x".repeat(200_000), 1.0)]);
    // Often, because who still writes when the connection is closed would only sometimes miss the answer.
    for body in std::iter::once(&json!(many)).chain(std::iter::repeat_n(&long, 20)) {
        let page = visitor
            .sends("/api/log/click-event", "application/json", body.to_string())
            .await
            .expect("an answer");
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", page.text);
    }
    let page = visitor
        .sends("/api/log/dwell-time", "application/json", "[{".into())
        .await
        .expect("an answer");
    assert!(page.status.is_client_error(), "{}: {}", page.status, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_wrong_comes_back_with_what_was_typed_but_never_a_password() {
    let Some(world) = World::start("a wrong form") else {
        return;
    };
    let visitor = world.visitor();
    let form = "email=not-an-address&name=Haneul&password=planted-secret";
    let page = visitor
        .sends("/signup", "application/x-www-form-urlencoded", form.into())
        .await
        .expect("an answer");
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("not-an-address"), "what was typed is kept");
    assert!(
        page.text.contains("aria-describedby"),
        "the message stands beside its field"
    );
    assert!(!page.text.contains("planted-secret"), "a password is never shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_product_is_a_friendly_page_and_a_logged_request() {
    let Some(mut world) = World::start("an unknown product") else {
        return;
    };
    let visitor = world.visitor();
    let response = reqwest::get(format!("{}/products/999999", world.shop_address()))
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let request_id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let text = response.text().await.expect("a page");
    assert!(text.contains("<main") && text.contains(&request_id), "{text}");
    let answered = [Answered {
        request_id: request_id.clone(),
        activities: vec![],
    }];
    let everywhere = world.sees_once_everywhere(&answered).await;
    let lines = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .filter(|found| found.request_id == request_id);
    let finished = lines
        .map(crate::world::evidence::Found::json)
        .find(|line| line["phase"] == "finished");
    assert_eq!(finished.expect("a finished request")["http"]["status"], 404);
    drop(visitor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_goes_to_the_dead_letters_with_its_reason_and_nothing_else_is_held_up() {
    let Some(mut world) = World::start("a bad message") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.looks_at(101).await.expect("a page");
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.broker.address())
        .create()
        .expect("a producer");
    let bad: [&[u8]; 3] = [b"not JSON at all", br#"{"event_type":"view"}"#, b""];
    for value in bad {
        let record = BaseRecord::<str, [u8]>::to(Topic::View.name())
            .key("somebody")
            .payload(value)
            .partition(0);
        producer.send(record).expect("the queue has room");
    }
    producer.flush(Duration::from_secs(20)).expect("the broker takes them");
    shopper.looks_at(102).await.expect("a page");
    world.kill(Program::Sink);
    world.restart(Program::Sink);
    shopper.looks_at(103).await.expect("a page");

    let letters = wait_for_dead_letters(&world.broker.address(), bad.len()).await;
    for value in bad {
        let found: Vec<_> = letters
            .iter()
            .filter(|letter| letter.payload().unwrap_or_default() == value)
            .collect();
        let [letter] = found.as_slice() else {
            panic!("{} dead letters of {value:?}", found.len())
        };
        let header = |header: Header| text_of(letter, header.name());
        assert_eq!(letter.key(), Some(&b"somebody"[..]));
        assert_eq!(header(Header::DeadLetterTopic).as_deref(), Some("shop.view"));
        assert_eq!(header(Header::DeadLetterPartition).as_deref(), Some("0"));
        assert!(header(Header::DeadLetterOffset).is_some_and(|offset| offset.parse::<u64>().is_ok()));
        assert!(header(Header::DeadLetterReason).is_some_and(|reason| !reason.is_empty()));
    }
    for request in shopper.answered {
        world.sees_request_in_files(&request.request_id).await;
    }
}

fn text_of(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let header = headers.iter().find(|header| header.key == name)?;
    String::from_utf8(header.value?.to_vec()).ok()
}

async fn wait_for_dead_letters(kafka: &str, count: usize) -> Vec<OwnedMessage> {
    let since = Instant::now();
    loop {
        let address = kafka.to_owned();
        let letters = tokio::task::spawn_blocking(move || dead_letters(&address))
            .await
            .expect("reading does not panic");
        if letters.len() >= count {
            return letters;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "{} dead letters instead of {count}",
            letters.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) fn dead_letters(kafka: &str) -> Vec<OwnedMessage> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .set("group.id", "the-test-itself")
        .create()
        .expect("a consumer is made");
    let topic = Topic::DeadLetter.name();
    let metadata = consumer
        .fetch_metadata(Some(topic), Duration::from_secs(20))
        .expect("the broker answers");
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    let mut assignment = TopicPartitionList::new();
    let mut expected = 0;
    for partition in 0..i32::try_from(partitions).expect("few partitions") {
        let (low, high) = consumer
            .fetch_watermarks(topic, partition, Duration::from_secs(20))
            .expect("the broker answers");
        assignment
            .add_partition_offset(topic, partition, Offset::Beginning)
            .expect("an offset");
        expected += high - low;
    }
    consumer.assign(&assignment).expect("partitions are assigned");
    let mut found = Vec::new();
    while i64::try_from(found.len()).expect("few messages") < expected {
        match consumer.poll(Duration::from_secs(10)) {
            Some(message) => found.push(message.expect("a message").detach()),
            None => panic!("{} of {expected} dead letters", found.len()),
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_disturbs_no_page_and_loses_no_fact() {
    let Some(mut world) = World::without_broker("a full journal") else {
        return;
    };
    world.shop_settings.push(("SHOP_JOURNAL_MAX_SIZE", "256KiB".into()));
    world.restart(Program::Shop);
    let mut shopper = world.visitor();
    for step in 0..400 {
        shopper.looks_at(101 + step % 20).await.expect("the shop serves");
    }
    let ready = shopper.get("/healthz", &[]).await.expect("the shop is alive");
    assert_eq!(ready.status, StatusCode::OK);
    let readiness = reqwest::get(format!("{}/readyz", world.shop_address()))
        .await
        .expect("an answer");
    let readiness = readiness.text().await.expect("text");
    assert!(
        readiness.contains("full"),
        "/readyz says that the journal is full: {readiness}"
    );
    let before = shopper.answered.len();
    shopper.adds(101, 1).await.expect("the cart works");
    let fact = shopper.answered.split_off(before).remove(0);
    world.restart(Program::Broker);
    world.restart(Program::Sink);
    world.sees_activity(&fact.request_id, EventType::CartAdd).await;
}
