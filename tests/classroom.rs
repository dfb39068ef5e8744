//! The classroom's tools on real processes: what is simulated and played goes the way of a real shop's events.

mod drill;
mod played_back;
mod starters;
mod told;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use schemas::Clock;
use tempfile::TempDir;
use time::UtcOffset;

use crate::world::process::{PATIENCE, Process, program};

fn de_shop(arguments: &[&str]) -> Output {
    let output = Command::new(program("de-shop")).args(arguments).output();
    output.expect("the program runs")
}

/// The whole shop in one process, with its data in the folder.
fn opens_a_shop(folder: &TempDir) -> Process {
    let mut command = Command::new(program("de-shop"));
    command.args(["--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--data"]);
    command.arg(folder.path().join("data"));
    Process::start("de-shop", folder.path(), &mut command)
}

/// A broker by itself, with its data in the folder.
fn opens_a_broker(folder: &TempDir) -> Process {
    let mut command = Command::new(program("de-shop"));
    command.args(["broker", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(folder.path().join("kafka"));
    Process::start("broker", folder.path(), &mut command)
}

/// All lines of the folder's daily files that hold `text`, sorted.
fn lines(folder: &Path, text: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    let paths = files.map(|entry| entry.expect("a folder can be read").path());
    let logs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let mut lines: Vec<String> = logs
        .flat_map(|path| {
            let said = std::fs::read_to_string(path).unwrap_or_default();
            // A line that is still being written has no end yet.
            let whole = said.rfind('\n').map_or("", |end| &said[..end]);
            whole
                .lines()
                .filter(|line| line.contains(text))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn simulate(seed: &str, day: &str, visits: &str, out: &str) {
    let what = ["simulate", "--seed", seed, "--from", day, "--days", "1"];
    let made = de_shop(&[&what[..], &["--visits-per-day", visits, "--out", out]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn play(folder: &str, kafka: &str) {
    let played = de_shop(&["replay", folder, "--kafka", kafka, "--speed", "max"]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
}

/// Until the folder holds exactly the `expected` lines of those with `text`.
fn wait_for(shop: &mut Process, folder: &Path, text: &str, expected: &[String]) {
    let since = Instant::now();
    loop {
        let found = lines(folder, text);
        if found == expected {
            return;
        }
        shop.assert_alive();
        let (found, expected) = (found.len(), expected.len());
        assert!(since.elapsed() < PATIENCE, "{found} of {expected} lines");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_sink_takes_a_simulated_day_as_it_takes_a_shops_byte_by_byte() {
    let folder = TempDir::with_prefix("de-shop-classroom-").expect("a temporary folder");
    let (data, simulated) = (folder.path().join("data"), folder.path().join("simulated"));
    let mut command = Command::new(program("de-shop"));
    command
        .args(["--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--data"])
        .arg(&data);
    let mut shop = Process::start("de-shop", folder.path(), &mut command);
    let kafka = shop.ready()["kafka"].clone();

    let day = Clock::system()
        .now()
        .plus_micros(-2 * 86_400_000_000)
        .day(UtcOffset::UTC)
        .to_string();
    let out = simulated.to_str().expect("a plain path");
    simulate("5", &day, "60", out);
    play(out, &kafka);
    let logs = data.join("logs");
    let expected = lines(&simulated, "\"simulated-5\"");
    assert!(expected.len() > 1000, "{}", expected.len());
    wait_for(&mut shop, &logs, "\"simulated-5\"", &expected);

    // Played once more it is the same stream: the sink takes no repetition. Another shop's events stand behind it in the
    // same partitions: once they are there, the repetition has been read.
    play(out, &kafka);
    let behind = folder.path().join("behind");
    let out = behind.to_str().expect("a plain path");
    simulate("6", &day, "30", out);
    play(out, &kafka);
    wait_for(&mut shop, &logs, "\"simulated-6\"", &lines(&behind, "\"simulated-6\""));
    assert_eq!(lines(&logs, "\"simulated-5\"").len(), expected.len());
    assert!(shop.stop().success());
}

/// Everything in the broker's topics that the `expected` lines are of, sorted; topics' names begin with `prefix`.
fn messages(kafka: &str, prefix: &str, expected: &[String]) -> Vec<String> {
    let is_there = |event_type: &schemas::EventType| {
        let text = format!("\"event_type\":\"{}\"", event_type.name());
        expected.iter().any(|line| line.contains(&text))
    };
    let types = schemas::EventType::ALL.into_iter().filter(is_there);
    let topics: BTreeSet<schemas::Topic> = types.map(schemas::EventType::topic).collect();
    let names: Vec<String> = topics.iter().map(|topic| format!("{prefix}{}", topic.name())).collect();
    let mut arguments = vec!["replay", "--from-kafka", kafka, "--speed", "max"];
    arguments.extend(names.iter().flat_map(|name| ["--topic", name.as_str()]));
    let read = de_shop(&arguments);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let mut lines: Vec<String> = String::from_utf8_lossy(&read.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_replay_that_is_interrupted_goes_on_in_the_topics_without_gap_and_double() {
    let folder = TempDir::with_prefix("de-shop-classroom-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let mut command = Command::new(program("de-shop"));
    command.args(["broker", "--listen", "127.0.0.1:0", "--data", &path("kafka")]);
    command.args([
        "--retention-check-interval",
        "500ms",
        "--compaction-check-interval",
        "1h",
    ]);
    let mut broker = Process::start("broker", folder.path(), &mut command);
    let kafka = broker.ready()["kafka"].clone();

    let (out, point) = (path("simulated"), path("point.json"));
    // Long past any retention that a topic has by default.
    let day = ["--from", "2020-01-06", "--days", "1"];
    let simulate = [&["simulate", "--visits-per-day", "60"][..], &day].concat();
    assert!(de_shop(&[&simulate[..], &["--out", &out]].concat()).status.success());
    let expected = lines(Path::new(&out), "");
    let straight = de_shop(&[&simulate[..], &["--kafka", &kafka]].concat());
    assert!(
        straight.status.success(),
        "{}",
        String::from_utf8_lossy(&straight.stderr)
    );
    // The broker looks several times for what is too old.
    std::thread::sleep(Duration::from_secs(2));
    assert!(
        messages(&kafka, "", &expected) == expected,
        "straight into topics it is the same, however old it is"
    );

    let replay = [
        "replay",
        &out,
        "--kafka",
        &kafka,
        "--topic-prefix",
        "again.",
        "--resume",
        &point,
    ];
    let mut command = Command::new(program("de-shop"));
    command.args(replay).args(["--rate", "100/s"]);
    let mut playing = Process::start("replay", folder.path(), &mut command);
    std::thread::sleep(Duration::from_secs(4));
    playing.assert_alive();
    assert!(playing.stop().success(), "it ends well when it is told to stop");
    assert!(Path::new(&point).exists(), "it says where to go on");
    assert!(de_shop(&[&replay[..], &["--speed", "max"]].concat()).status.success());
    assert!(
        messages(&kafka, "again.", &expected) == expected,
        "no gap and no double"
    );
    assert!(broker.stop().success());
}

#[test]
fn the_end_of_a_replay_is_told_to_each_partition_on_demand() {
    let folder = TempDir::with_prefix("de-shop-classroom-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let mut broker = opens_a_broker(&folder);
    let kafka = broker.ready()["kafka"].clone();
    let (out, manifest) = (path("simulated"), path("manifest"));
    simulate("7", "2026-11-02", "30", &out);
    let into = ["replay", &out, "--kafka", &kafka, "--speed", "max"];
    let played = de_shop(&[&into[..], &["--end-tick=60", "--manifest", &manifest]].concat());
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));

    let read = de_shop(&[
        "replay",
        "--from-kafka",
        &kafka,
        "--topic",
        "shop.view",
        "--speed",
        "max",
    ]);
    let said = String::from_utf8_lossy(&read.stdout);
    let events: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    let time = |event: &serde_json::Value| event["timestamp"].as_str().unwrap_or_default().to_owned();
    let is_tick = |event: &&serde_json::Value| event["event_type"] == "end_of_stream";
    let last_view = events.iter().filter(|event| !is_tick(event)).map(time).max();
    let ticks: Vec<&serde_json::Value> = events.iter().filter(is_tick).collect();
    let partitions: BTreeSet<Option<i64>> = ticks.iter().map(|tick| tick["partition"].as_i64()).collect();
    assert_eq!(partitions, BTreeSet::from([0, 1, 2].map(Some)));
    assert_eq!(ticks.len(), 3, "one for each partition");
    assert!(
        ticks.iter().all(|tick| Some(time(tick)) > last_view),
        "watermarks pass all events"
    );
    let told = std::fs::read_to_string(&manifest).expect("the manifest");
    let in_view = |line: &&str| line.contains("end_of_stream") && line.contains("\"shop.view\"");
    assert_eq!(told.lines().filter(in_view).count(), 3, "the manifest tells of each");
    assert!(broker.stop().success());
}

#[test]
fn bad_calls_of_the_classroom_end_with_2_and_say_what_is_wrong() {
    let calls: [(&[&str], &str); 5] = [
        (&["simulate"], "--out"),
        (&["simulate", "--from", "yesterday", "--out", "x"], "2026-11-01"),
        (&["replay", "/nowhere/at/all.log"], "/nowhere/at/all.log"),
        (&["grade", "11", "answer.csv"], "1..=10"),
        (&["grade", "3", "/nowhere/answer.csv"], "/nowhere/answer.csv"),
    ];
    for (call, said) in calls {
        let output = de_shop(call);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{call:?}: {stderr}");
        assert!(stderr.contains(said), "{call:?}: {stderr}");
    }
}
