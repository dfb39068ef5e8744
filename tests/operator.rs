//! What an operator sees: numbers that are true, what is wrong since when, and commands that work beside running programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use schemas::{EventType, Timestamp};
use serde_json::Value;
use sqlx::Row;

use crate::world::process::{PATIENCE, Process, free_port, program};
use crate::world::visitor::Visitor;
use crate::world::{Program, World};

/// A scrape, read as Prometheus reads it: samples by name and labels.
struct Scrape {
    samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

impl Scrape {
    /// Panics where the text is not in Prometheus' format.
    fn of(text: &str) -> Self {
        let (mut samples, mut types, mut helps) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, said) = help.split_once(' ').expect("a help has words");
                assert!(!said.is_empty() && helps.insert(name), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type is named");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line} twice");
            } else {
                let (sample, value) = line.rsplit_once(' ').expect("a sample has a value");
                let value: f64 = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
                let name = sample.split('{').next().unwrap_or_default();
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                    "{line}"
                );
                assert!(sample.ends_with('}') == sample.contains('{'), "{line}");
                assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} twice");
            }
        }
        for name in samples
            .keys()
            .map(|sample| sample.split('{').next().unwrap_or_default())
        {
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|part| name.strip_suffix(part).filter(|family| types.contains_key(*family)))
                .unwrap_or(name);
            assert!(
                types.contains_key(family) && helps.contains(family),
                "{name} is not described"
            );
        }
        Self { samples, types }
    }

    fn names(&self) -> BTreeSet<&str> {
        let families = self.types.keys().map(String::as_str);
        families
            .filter(|family| self.samples.keys().any(|sample| sample.starts_with(family)))
            .collect()
    }

    fn value(&self, sample: &str) -> f64 {
        self.samples
            .get(sample)
            .copied()
            .unwrap_or_else(|| panic!("{sample} is not there"))
    }

    /// Over all labels.
    fn sum(&self, name: &str) -> f64 {
        let of_it = |sample: &str| sample.split('{').next() == Some(name);
        self.samples
            .iter()
            .filter(|(sample, _)| of_it(sample))
            .map(|(_, value)| value)
            .sum()
    }
}

async fn get(address: &str) -> (u16, String) {
    let answer = reqwest::get(address)
        .await
        .unwrap_or_else(|error| panic!("{address}: {error}"));
    (
        answer.status().as_u16(),
        answer.text().await.expect("an answer is text"),
    )
}

async fn readyz(address: &str) -> (u16, Value) {
    let (status, text) = get(&format!("{address}/readyz")).await;
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")),
    )
}

/// Asks until it `holds`.
async fn until<T>(what: &str, ask: impl AsyncFn() -> T, holds: impl Fn(&T) -> bool) -> T {
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
    let seen = world.sees_once_everywhere(&shopper.answered).await;

    let (shop, sink) = (world.shop_address(), world.sink_address());
    let wanted = float(shopper.answered.len());
    let of_shop = until(
        "what the shop tells",
        async || Scrape::of(&get(&format!("{shop}/metrics")).await.1),
        |scrape| scrape.sum("shop_requests_total") >= wanted && scrape.value("shop_relay_lag_entries") == 0.0,
    )
    .await;
    let names = of_shop.names();
    for metric in shop::metric::Metric::ALL {
        assert!(names.contains(metric.name()), "{} is not told", metric.name());
    }
    assert_eq!(of_shop.sum("shop_requests_total"), wanted);
    let activities: Vec<_> = shopper
        .answered
        .iter()
        .flat_map(|request| &request.activities)
        .collect();
    for event_type in EventType::ALL
        .into_iter()
        .filter(|kind| !matches!(kind, EventType::App | EventType::Request))
    {
        let did = activities.iter().filter(|activity| ***activity == event_type).count();
        let told = of_shop.value(&format!("shop_events_total{{event_type=\"{}\"}}", event_type.name()));
        assert_eq!(told, float(did), "{event_type:?}");
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
    assert!(of_sink.value("sink_lines_total") >= lines && of_sink.value("sink_messages_total") >= lines);
    assert_eq!(of_sink.value("sink_rows_total"), float(activities.len()));
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
    let of_sink = sink::metric::Metric::ALL.iter().map(|metric| metric.name());
    let of_broker = de_shop::broker::Metric::ALL.iter().map(|metric| metric.name());
    let all: BTreeSet<_> = own.chain(of_sink).chain(of_broker).collect();
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
    let troubles = said["troubles"].as_array().expect("a list");
    assert!(troubles.iter().any(|trouble| trouble["part"] == "kafka"), "{said}");
    assert!(troubles.iter().all(|trouble| is_a_moment(&trouble["since"])), "{said}");

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

/// Facts that wait in the event store for a shop whose journal was thrown away.
#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_shop_whose_journal_is_gone_are_adopted_and_sent_once() {
    let Some(mut world) = World::without_broker("orphaned facts") else {
        return;
    };
    world.shop_settings = vec![("SHOP_JOURNAL_MAX_SIZE", "128KiB".to_owned())];
    world.restart(Program::Shop);
    let shop = world.shop_address();
    let mut shopper = world.visitor();
    let mut product = 0;
    let full = async || readyz(&shop).await.1["outbox"]["ok"] == false;
    while !full().await {
        product += 1;
        shopper
            .adds(100 * (1 + product % 12) + 1 + product % 20, 1)
            .await
            .expect("the shop serves");
    }
    let name = std::fs::read_to_string(world.folder().join("journal/instance")).expect("the shop has a name");
    let name = name.split(' ').next().expect("a name").to_owned();
    let adopt = |world: &World| {
        let mut command = Command::new(program("shop"));
        command
            .arg("adopt")
            .arg(&name)
            .arg("--database")
            .arg(world.database.shop_url());
        command.arg("--journal").arg(world.folder().join("journal"));
        command.arg("--diagnostics").arg(world.folder().join("adopting"));
        command.output().expect("the shop runs")
    };
    world.kill(Program::Shop);
    std::fs::remove_dir_all(world.folder().join("journal")).expect("the journal is thrown away");
    let waiting = facts(&world, "SELECT event_id FROM event WHERE journal_sequence IS NULL").await;
    assert!(!waiting.is_empty());

    world.shop_settings.clear();
    world.restart(Program::Broker);
    world.restart(Program::Shop);
    world.restart(Program::Sink);
    let refused = adopt(&world);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("seen to run"),
        "a shop that may run is not adopted: {said}"
    );
    facts(
        &world,
        &format!("UPDATE shop_instance SET last_seen = 1 WHERE name = '{name}' RETURNING name AS event_id"),
    )
    .await;
    let (_, report) = until(
        "it is said",
        async || readyz(&shop).await,
        |(_, said)| said["outbox"]["ok"] == false,
    )
    .await;
    let what = report["outbox"]["what"].as_str().unwrap_or_default();
    assert!(
        what.starts_with(&format!("{} facts of {name} wait", waiting.len())),
        "{what}"
    );

    let done = adopt(&world);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    world.kill(Program::Shop);
    world.restart(Program::Shop);
    assert!(adopt(&world).status.success(), "once more changes nothing");
    let ids: Vec<Value> = waiting.iter().map(|id| Value::String(id.clone())).collect();
    world.sees_events(&ids.iter().collect::<Vec<_>>()).await;
    let everywhere = world.settles().await;
    for id in &waiting {
        assert_eq!(
            everywhere.topics.by_id.get(id).map(Vec::len),
            Some(1),
            "{id} on its topic"
        );
        assert_eq!(everywhere.rows.get(id), Some(&1), "{id} in the table");
    }
    until(
        "nothing waits",
        async || readyz(&shop).await.1,
        |said| said["outbox"]["ok"] == true,
    )
    .await;
    world.ledger_holds();
    is_refused_when_it_comes_back(&world, &name);
}

/// The lost journal turns up after all: its shop must not send what another one sends.
fn is_refused_when_it_comes_back(world: &World, name: &str) {
    let found = world.folder().join("found");
    std::fs::create_dir_all(&found).expect("a folder is made");
    let line = format!("{name} format 1");
    let line = format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes()));
    std::fs::write(found.join("instance"), line).expect("a file is written");
    let mut command = Command::new(program("shop"));
    command.args(["--listen", "127.0.0.1:0", "--kafka", &world.broker.address()]);
    command
        .arg("--database")
        .arg(world.database.shop_url())
        .arg("--journal")
        .arg(&found);
    let refused = command
        .arg("--diagnostics")
        .arg(world.folder().join("back"))
        .output()
        .expect("the shop runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        refused.status.code() == Some(2) && said.contains("was adopted by"),
        "{said}"
    );
}

/// The column `event_id` of what the shop's database answers.
async fn facts(world: &World, sql: &str) -> Vec<String> {
    let url = world.database.shop_url();
    if url.starts_with("postgres") {
        let sql = sql
            .replace("FROM event", "FROM shop.event")
            .replace("UPDATE ", "UPDATE shop.");
        let pool = sqlx::PgPool::connect(&url).await.expect("PostgreSQL answers");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .expect("facts");
        rows.iter().map(|row| row.get("event_id")).collect()
    } else {
        assert!(Path::new(url.trim_start_matches("sqlite:")).exists());
        let pool = sqlx::SqlitePool::connect(&url).await.expect("SQLite opens");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .expect("facts");
        rows.iter().map(|row| row.get("event_id")).collect()
    }
}
