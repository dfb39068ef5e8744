//! What an operator sees: numbers that are true, what is wrong since when, and commands that work beside running programs.
#![expect(clippy::float_cmp, reason = "what is counted is whole, and exact in a float")]

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use schemas::{EventType, Timestamp};
use serde_json::Value;

use crate::world::process::{PATIENCE, Process, free_port, program};
use crate::world::scrape::Scrape;
use crate::world::visitor::Visitor;
use crate::world::{Program, World};

async fn get(address: &str) -> (u16, String) {
    let answer = reqwest::get(address)
        .await
        .unwrap_or_else(|error| panic!("{address}: {error}"));
    (
        answer.status().as_u16(),
        answer.text().await.expect("an answer is text"),
    )
}

pub async fn readyz(address: &str) -> (u16, Value) {
    let (status, text) = get(&format!("{address}/readyz")).await;
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")),
    )
}

/// Asks until it `holds`.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let since = Instant::now();
    loop {
        let answer = ask().await;
        if holds(&answer) {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{what} never holds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is_a_moment(since: &Value) -> bool {
    since.as_str().is_some_and(|since| Timestamp::parse(since).is_ok())
}

#[expect(clippy::cast_precision_loss, reason = "a test counts to hundreds")]
fn float(count: usize) -> f64 {
    count as f64
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_told_and_is_what_people_did() {
    let Some(mut world) = World::start("every number is told") else {
        return;
    };
    let mut shopper = world.visitor();
    for step in 0..30 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    world.sees_once_everywhere(&shopper.answered).await;

    let (shop, sink) = (world.shop_address(), world.sink_address());
    let wanted = float(shopper.answered.len());
    let of_shop = until(
        "what the shop tells",
        async || Scrape::of(&get(&format!("{shop}/metrics")).await.1),
        |scrape| {
            scrape.sum("shop_requests_total") >= wanted
                && scrape.value("shop_relay_lag_entries") == 0.0
                && scrape.value("shop_outbox_waiting_facts") == 0.0
        },
    )
    .await;
    let names = of_shop.names();
    let of_journal = journal::metric::Metric::ALL.iter().map(|metric| metric.name());
    for name in shop::metric::Metric::ALL
        .iter()
        .map(|metric| metric.name())
        .chain(of_journal)
    {
        assert!(names.contains(name), "{name} is not told");
    }
    assert_eq!(of_shop.sum("shop_requests_total"), wanted);
    // A search is a view as well, so what is compared with is what the files hold; what people did is the least of it.
    let seen = world.settles().await;
    let lines: Vec<_> = seen.files.by_id.values().flatten().collect();
    let activities: Vec<_> = shopper
        .answered
        .iter()
        .flat_map(|request| &request.activities)
        .collect();
    for event_type in EventType::ALL.into_iter().filter(|kind| *kind != EventType::App) {
        let kept = lines.iter().filter(|line| line.event_type == event_type.name()).count();
        let did = activities.iter().filter(|activity| ***activity == event_type).count();
        let told = of_shop.value(&format!("shop_events_total{{event_type=\"{}\"}}", event_type.name()));
        assert!(
            told == float(kept) && kept >= did,
            "{event_type:?}: {told} told, {kept} kept, {did} done"
        );
    }
    assert_eq!(of_shop.value("shop_events_total{event_type=\"request\"}"), 2.0 * wanted);
    assert_eq!(
        of_shop.sum("shop_events_total"),
        of_shop.value("shop_journal_entries_total")
    );
    assert_eq!(
        of_shop.value("shop_relay_acknowledged_total"),
        of_shop.value("shop_journal_entries_total")
    );
    assert_eq!(of_shop.value("shop_outbox_waiting_facts"), 0.0);
    assert_eq!(of_shop.value("shop_journal_oldest_unsent_seconds"), 0.0);
    assert_eq!(of_shop.sum("shop_trouble"), 0.0);

    // The lag comes from librdkafka, every 5 seconds.
    let of_sink = until(
        "what the sink tells",
        async || Scrape::of(&get(&format!("{sink}/metrics")).await.1),
        |scrape| {
            let mut all = sink::metric::Metric::ALL.iter();
            all.all(|metric| scrape.names().contains(metric.name())) && scrape.sum("sink_lag_messages") == 0.0
        },
    )
    .await;
    let lines = float(seen.files.by_id.len());
    let rows = float(seen.rows.values().sum());
    assert!(of_sink.value("sink_lines_total") >= lines && of_sink.value("sink_messages_total") >= lines);
    assert_eq!(of_sink.value("sink_rows_total"), rows);
    assert_eq!(of_sink.sum("sink_dead_letters_total"), 0.0);
    assert_eq!(of_sink.value("sink_duplicates_total"), 0.0);
    assert!(of_sink.value("sink_rebalances_total") >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_tells_all_numbers_at_both_addresses_and_how_each_part_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sink = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(program("de-shop"));
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--kafka-listen",
        "127.0.0.1:0",
        "--sink-listen",
        &sink,
    ]);
    let mut process = Process::start(
        "de-shop",
        folder.path(),
        command.arg("--data").arg(folder.path().join("data")),
    );
    let shop = process.ready()["shop"].clone();
    let mut shopper = Visitor::of(&shop);
    for step in 0..7 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    let own = shop::metric::Metric::ALL.iter().map(|metric| metric.name());
    let of_journal = journal::metric::Metric::ALL.iter().map(|metric| metric.name());
    let of_sink = sink::metric::Metric::ALL.iter().map(|metric| metric.name());
    let of_broker = broker::Metric::ALL.iter().map(|metric| metric.name());
    let all: BTreeSet<_> = own.chain(of_journal).chain(of_sink).chain(of_broker).collect();
    for address in [shop.clone(), format!("http://{sink}")] {
        let scrape = until(
            "everything is told",
            async || Scrape::of(&get(&format!("{address}/metrics")).await.1),
            |scrape| all.is_subset(&scrape.names()),
        )
        .await;
        assert_eq!(scrape.names(), all, "and nothing else");
        assert!(scrape.value("broker_connections") > 0.0 && scrape.value("broker_log_bytes") > 0.0);
        assert!(scrape.value("broker_received_bytes_total") > 0.0 && scrape.value("broker_sent_bytes_total") > 0.0);
    }
    let parts = ["http", "database", "journal", "outbox", "kafka", "broker", "sink"];
    let (status, _) = until(
        "every part is well",
        async || readyz(&shop).await,
        |(_, said)| parts.iter().all(|part| said[part]["ok"] == true),
    )
    .await;
    assert_eq!(status, 200);
    assert!(process.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_nobody_says_that_all_is_well_and_each_says_since_when() {
    let Some(mut world) = World::without_broker("without Kafka") else {
        return;
    };
    world.restart(Program::Shop);
    let shop = world.shop_address();
    let (status, said) = readyz(&shop).await;
    assert_eq!(status, 200, "a shop serves without Kafka");
    assert!(
        said["kafka"]["ok"] == false && is_a_moment(&said["kafka"]["since"]),
        "{said}"
    );
    let began = said["kafka"]["since"].as_str().map(str::to_owned);

    world.restart(Program::Sink);
    let sink = world.sink_address();
    let (status, said) = readyz(&sink).await;
    assert_eq!(status, 503);
    assert!(
        said["kafka"]["ok"] == false && is_a_moment(&said["kafka"]["since"]),
        "{said}"
    );
    assert_eq!(said["logs"]["ok"], true, "{said}");

    let mut shopper = world.visitor();
    shopper.looks_at(101).await.expect("the shop serves");
    let waits = until(
        "the oldest unsent event grows old",
        async || Scrape::of(&get(&format!("{shop}/metrics")).await.1),
        |scrape| scrape.value("shop_journal_oldest_unsent_seconds") > 0.0,
    )
    .await;
    assert!(waits.value("shop_relay_lag_entries") >= 3.0);
    assert_eq!(waits.value("shop_trouble{part=\"kafka\"}"), 1.0);
    assert!(waits.value("shop_last_error_timestamp_seconds{kind=\"kafka\"}") > 0.0);
    let (_, said) = readyz(&shop).await;
    // By another look at the clock: the same moment but for some microseconds.
    let still = said["kafka"]["since"].as_str().map(str::to_owned);
    assert_eq!(
        began.map(|at| at[..17].to_owned()),
        still.map(|at| at[..17].to_owned()),
        "since the same moment"
    );

    world.restart(Program::Broker);
    until(
        "the shop is well",
        async || readyz(&shop).await.1,
        |said| said["kafka"]["ok"] == true,
    )
    .await;
    until(
        "the sink is well",
        async || readyz(&sink).await.0,
        |status| *status == 200,
    )
    .await;
    world.sees_once_everywhere(&shopper.answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_positions_and_files_works_beside_the_sink() {
    let Some(mut world) = World::start("looking beside the sink") else {
        return;
    };
    let mut shopper = world.visitor();
    shopper.looks_at(101).await.expect("the shop serves");
    world.sees_once_everywhere(&shopper.answered).await;
    let look = |what: [&str; 2]| {
        let mut command = Command::new(program("sink"));
        command
            .args(what)
            .arg("--logs")
            .arg(world.logs())
            .arg("--database")
            .arg(world.database.sink_url());
        let Output { status, stdout, stderr } = command
            .arg("--diagnostics")
            .arg(world.folder().join("looking"))
            .output()
            .expect("the sink runs");
        assert!(status.success(), "{what:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text")
    };
    let positions = look(["positions", "list"]);
    assert!(positions.contains("shop.view/"), "{positions}");
    let files = look(["files", "list"]);
    for family in ["app-", "user_activity-"] {
        let line = files
            .lines()
            .find(|line| line.starts_with(family))
            .unwrap_or_else(|| panic!("{files}"));
        let (name, bytes) = line
            .trim_end_matches(" bytes")
            .split_once(' ')
            .expect("a name and its bytes");
        let length = std::fs::metadata(world.logs().join(name))
            .expect("the file is there")
            .len();
        assert!(
            bytes.parse::<u64>().is_ok_and(|bytes| bytes > 0 && bytes <= length),
            "{line}"
        );
    }
    world.assert_alive();
}
