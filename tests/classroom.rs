//! The classroom's tools on real processes: what is simulated and played goes the way of a real shop's events.

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
    let made = de_shop(&[
        "simulate",
        "--seed",
        "5",
        "--from",
        &day,
        "--days",
        "1",
        "--visits-per-day",
        "60",
        "--out",
        out,
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let played = de_shop(&["replay", out, "--kafka", &kafka, "--speed", "max"]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));

    let expected = lines(&simulated, "\"simulated-5\"");
    assert!(expected.len() > 1000, "{}", expected.len());
    let since = Instant::now();
    while lines(&data.join("logs"), "\"simulated-5\"") != expected {
        shop.assert_alive();
        let found = lines(&data.join("logs"), "\"simulated-5\"").len();
        assert!(since.elapsed() < PATIENCE, "{found} of {} lines", expected.len());
        std::thread::sleep(Duration::from_millis(200));
    }
    // Played once more it is the same stream: the sink takes no repetition.
    let again = de_shop(&["replay", out, "--kafka", &kafka, "--speed", "max"]);
    assert!(again.status.success());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(lines(&data.join("logs"), "\"simulated-5\"").len(), expected.len());
    assert!(shop.stop().success());
}

/// Everything in the broker's topics that hold log lines, sorted; topics' names begin with `prefix`.
fn messages(kafka: &str, prefix: &str) -> Vec<String> {
    let topics = schemas::Topic::ALL
        .into_iter()
        .filter(|topic| topic.log_file().is_some());
    // The simulator writes no lines of the application.
    let topics = topics.filter(|topic| *topic != schemas::Topic::App);
    let names: Vec<String> = topics.map(|topic| format!("{prefix}{}", topic.name())).collect();
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
    let mut broker = Process::start("broker", folder.path(), &mut command);
    let kafka = broker.ready()["kafka"].clone();

    let (out, point) = (path("simulated"), path("point.json"));
    let simulate = ["simulate", "--days", "1", "--visits-per-day", "60"];
    assert!(de_shop(&[&simulate[..], &["--out", &out]].concat()).status.success());
    let expected = lines(Path::new(&out), "");
    let straight = de_shop(&[&simulate[..], &["--kafka", &kafka]].concat());
    assert!(
        straight.status.success(),
        "{}",
        String::from_utf8_lossy(&straight.stderr)
    );
    assert!(messages(&kafka, "") == expected, "straight into topics it is the same");

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
    assert!(messages(&kafka, "again.") == expected, "no gap and no double");
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
