//! Whole replays, from files to files.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Parser;

use super::rewrite::Change;
use super::stream::sources;
use super::*;
use crate::simulate;

mod downloads;
mod loops_and_outages;
mod reported;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

fn settings(arguments: &[&str]) -> Settings {
    Line::parse_from(std::iter::once("replay").chain(arguments.iter().copied())).settings
}

fn simulated(folder: &Path) {
    let settings = simulate::Settings {
        seed: 3,
        from: simulate::day("2026-11-02").unwrap(),
        days: 2,
        visits_per_day: 60,
        scenario: None,
        out: Some(folder.to_owned()),
        kafka: None,
    };
    assert!(simulate::run(&settings).unwrap() > 1000);
}

fn logs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut logs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    logs.sort();
    logs
}

fn play_all(arguments: &[&str]) -> Report {
    run(&settings(arguments), &CancellationToken::new(), &Clock::system()).unwrap()
}

#[test]
fn a_replay_into_files_gives_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    simulated(&from);
    let report = play_all(&[from.to_str().unwrap(), "--speed", "max", "--out", to.to_str().unwrap()]);
    assert_eq!(logs(&from), logs(&to));
    assert_eq!(report.unreadable, 0);
}

#[test]
fn packed_files_are_read_as_plain_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (from, packed, to) = (
        folder.path().join("from"),
        folder.path().join("packed"),
        folder.path().join("to"),
    );
    simulated(&from);
    fs::create_dir(&packed).unwrap();
    for (place, (name, bytes)) in logs(&from).into_iter().enumerate() {
        if place % 2 == 0 {
            let file = fs::File::create(packed.join(format!("{name}.gz"))).unwrap();
            let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            out.write_all(&bytes).unwrap();
            out.finish().unwrap();
        } else {
            fs::write(
                packed.join(format!("{name}.zst")),
                zstd::encode_all(&*bytes, 1).unwrap(),
            )
            .unwrap();
        }
    }
    play_all(&[
        packed.to_str().unwrap(),
        "--speed",
        "max",
        "--out",
        to.to_str().unwrap(),
    ]);
    assert_eq!(logs(&from), logs(&to));
}

#[test]
fn an_interrupted_replay_goes_on_without_gap_and_double() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let faults = [
        "--repeat",
        "0.05",
        "--late",
        "0.05",
        "--drop",
        "0.02",
        "--as-instance",
        "again",
    ];
    let (from, whole, parts, resume) = (path("from"), path("whole"), path("parts"), path("resume"));
    let max = ["--speed", "max"];
    play_all(&[&[from.as_str(), "--out", &whole], &max[..], &faults].concat());
    // Stopped in the middle: by a resume point after 500 messages, as Ctrl-C leaves it.
    let again = [
        &[from.as_str(), "--out", &parts, "--resume", &resume],
        &max[..],
        &faults,
    ]
    .concat();
    let stopped = settings(&again);
    let mut replay = Replay::open(
        &stopped,
        fingerprint(&stopped).unwrap(),
        None,
        &CancellationToken::new(),
    )
    .unwrap();
    let mut target = open_target(&stopped).unwrap();
    for _ in 0..500 {
        let message = replay.next(&Clock::system()).unwrap().unwrap();
        target.put(&message).unwrap();
    }
    target.flush().unwrap();
    let mut report = Report {
        sent: 500,
        interrupted: true,
        ..Report::default()
    };
    finish(&stopped, &mut replay, 0, &mut report).unwrap();
    play_all(&again);
    assert_eq!(logs(&folder.path().join("whole")), logs(&folder.path().join("parts")));
    assert!(
        !Path::new(&resume).exists(),
        "the point is gone once the end is reached"
    );
}

#[test]
fn a_resume_point_of_another_replay_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let resume = folder.path().join("resume");
    let point = ResumePoint {
        settings: "other".into(),
        change: Change::default(),
        sent: 5,
    };
    point.write(&resume).unwrap();
    let settings = settings(&["-", "--resume", resume.to_str().unwrap()]);
    let refused = run(&settings, &CancellationToken::new(), &Clock::system()).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
}

#[test]
fn a_stop_ends_a_waiting_replay_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    simulated(&from);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let told = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        stopping.cancel();
    });
    let began = Instant::now();
    // As fast as it happened: two days would take two days.
    let arguments = [from.to_str().unwrap(), "--speed", "1", "--out", to.to_str().unwrap()];
    let report = run(&settings(&arguments), &stop, &Clock::system()).unwrap();
    let took = began.elapsed();
    told.join().unwrap();
    assert!(report.interrupted && report.sent > 0, "{report:?}");
    assert!(
        took >= Duration::from_millis(200) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[test]
fn a_file_that_has_changed_is_another_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let (from, to, resume) = (path("from"), path("to"), path("resume"));
    let settings = settings(&[&from, "--out", &to, "--resume", &resume, "--speed", "max"]);
    let point = ResumePoint {
        settings: fingerprint(&settings).unwrap(),
        change: Change::default(),
        sent: 5,
    };
    point.write(Path::new(&resume)).unwrap();
    let grown = folder.path().join("from").join(&logs(Path::new(&from))[0].0);
    let mut file = fs::File::options().append(true).open(grown).unwrap();
    file.write_all(b"one more\n").unwrap();
    let refused = run(&settings, &CancellationToken::new(), &Clock::system()).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
}

#[test]
fn topics_have_no_resume_point() {
    let topics = ["replay", "--from-kafka", "127.0.0.1:9092", "--topic", "shop.view"];
    assert!(Line::try_parse_from(topics).is_ok());
    let refused = Line::try_parse_from(topics.iter().chain(&["--resume", "point.json"])).unwrap_err();
    assert_eq!(refused.kind(), clap::error::ErrorKind::ArgumentConflict);
}

#[test]
fn values_of_several_parts_come_in_the_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mapping = path("mapping.toml");
    fs::write(
        &mapping,
        "format = \"json-lines\"\ntopic = \"t\"\ntime = \"ts\"\ntime_format = \"seconds\"\n",
    )
    .unwrap();
    // The correction stands in the part that is read first.
    fs::write(path("0.jsonl"), "{\"ts\":20}\n{\"ts\":40}\n").unwrap();
    fs::write(path("1.jsonl"), "{\"ts\":10}\n{\"ts\":30}\n").unwrap();
    let settings = settings(&[&path("0.jsonl"), &path("1.jsonl"), "--mapping", &mapping]);
    let messages = messages(sources(&settings, &CancellationToken::new()).unwrap()).unwrap();
    let seconds = messages
        .iter()
        .map(|(_, value)| serde_json::from_slice::<serde_json::Value>(value).unwrap()["ts"].as_i64());
    assert_eq!(seconds.collect::<Vec<_>>(), [10, 20, 30, 40].map(Some));
}

#[test]
fn a_file_whose_first_line_can_not_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.csv"), b"event_time,\xff\xfe\n2019-10-01 00:00:00 UTC,view\n").unwrap();
    let settings = settings(&[&path("a.csv"), "--mapping", "rees46", "--out", &path("to")]);
    let refused = run(&settings, &CancellationToken::new(), &Clock::system()).unwrap_err();
    assert!(
        refused.exit_code() == 2 && refused.to_string().contains("a.csv:1"),
        "{refused}"
    );
}

#[test]
fn lines_that_are_no_messages_are_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.log"), b"no json\n{\"timestamp\":1}\n\xff\xfe\n\n").unwrap();
    let report = play_all(&[&path("a.log"), "--out", &path("to"), "--unreadable", &path("aside")]);
    assert_eq!((report.sent, report.unreadable), (0, 3));
    assert_eq!(fs::read_to_string(path("aside")).unwrap().lines().count(), 3);
}

#[test]
fn a_replay_keeps_to_its_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    simulated(&from);
    let from = from.to_str().unwrap();
    let began = Instant::now();
    let window = [
        "--from",
        "2026-11-02T12:00:00.000000Z",
        "--to",
        "2026-11-02T12:30:00.000000Z",
    ];
    let report = play_all(&[&[from, "--speed", "1800", "--out", to.to_str().unwrap()], &window[..]].concat());
    assert!(report.sent > 20, "{}", report.sent);
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(300),
        "half an hour at 1800 times is a second: {took:?}"
    );
}

#[test]
fn sessions_that_hold_a_list_are_played_in_the_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sessions = [
        r#"{"session":1,"events":[{"ts":1661724000000},{"ts":1661724009000}]}"#,
        r#"{"session":2,"events":[{"ts":1661724001000},{"ts":1661724003000}]}"#,
        r#"{"session":3,"events":[{"ts":1661724002000}]}"#,
    ];
    fs::write(path("otto.jsonl"), sessions.join("\n")).unwrap();
    let report = play_all(&[
        &path("otto.jsonl"),
        "--mapping",
        "otto",
        "--speed",
        "max",
        "--out",
        &path("to"),
    ]);
    assert_eq!(report.sent, 5);
    let times: Vec<String> = String::from_utf8(logs(&folder.path().join("to")).remove(0).1)
        .unwrap()
        .lines()
        .map(|line| line.get(14..41).unwrap().to_owned())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}
