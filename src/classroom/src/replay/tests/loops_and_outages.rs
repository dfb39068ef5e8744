//! A source that is played again and again, and messages that are held back together.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_loop_goes_on_in_time_with_new_ids_and_sequences_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let (from, to) = (path("from"), path("to"));
    let hour = [
        "--from",
        "2026-11-02T12:00:00.000000Z",
        "--to",
        "2026-11-02T13:00:00.000000Z",
        "--speed",
        "max",
        "--as-instance",
        "again",
    ];
    let once = play_all(&[&[from.as_str(), "--out", &path("once")], &hour[..]].concat());
    let three = play_all(&[&[from.as_str(), "--out", &to, "--loop=3"], &hour[..]].concat());
    assert!(
        once.sent > 20 && three.sent == 3 * once.sent,
        "{} {}",
        once.sent,
        three.sent
    );
    let mut events: Vec<serde_json::Value> = logs(Path::new(&to))
        .iter()
        .flat_map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    events.sort_by_key(|event| event["source"]["sequence"].as_u64());
    let sequences: Vec<u64> = events
        .iter()
        .filter_map(|event| event["source"]["sequence"].as_u64())
        .collect();
    assert!(sequences.iter().copied().eq(1..=three.sent));
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["event_id"].as_str()).collect();
    assert_eq!(ids.len() as u64, three.sent, "each round has ids of its own");
    let rounds: Vec<_> = events.chunks(usize::try_from(once.sent).unwrap()).collect();
    let minutes = |text: &serde_json::Value| schemas::Timestamp::parse(text.as_str().unwrap()).unwrap().unix_micros();
    for pair in rounds.windows(2) {
        let moved: BTreeSet<i64> = pair[0]
            .iter()
            .zip(pair[1])
            .map(|(before, after)| minutes(&after["timestamp"]) - minutes(&before["timestamp"]))
            .collect();
        assert!(
            moved.len() == 1 && moved.iter().all(|micros| micros % 60_000_000 == 0),
            "{moved:?}"
        );
        let latest = pair[0].iter().map(|event| minutes(&event["timestamp"])).max();
        assert!(pair[1].iter().all(|event| Some(minutes(&event["timestamp"])) > latest));
    }
}

#[test]
fn a_dead_partition_comes_back_with_all_that_it_owed_and_the_manifest_tells_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let (from, to, manifest) = (path("from"), path("to"), path("manifest"));
    let dead = [
        "--dead-partition",
        "1",
        "--dead-after",
        "36000",
        "--dead-for",
        "7200",
        "--manifest",
        &manifest,
    ];
    let report = play_all(&[&[from.as_str(), "--out", &to, "--speed", "max"], &dead[..]].concat());
    let told = fs::read_to_string(&manifest).unwrap();
    let told: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        told.len() > 10 && told.iter().all(|line| line["fault"] == "dead_partition"),
        "{}",
        told.len()
    );
    let all = |folder: &str| {
        let logs = logs(Path::new(folder)).into_iter().map(|(name, bytes)| {
            let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            (name, lines)
        });
        logs.collect::<Vec<_>>()
    };
    assert!(all(&from) == all(&to), "nothing is lost");
    assert_ne!(
        logs(Path::new(&from)),
        logs(Path::new(&to)),
        "and not in the order of before"
    );
    assert!(report.sent > told.len() as u64);
}

#[test]
fn what_can_not_be_played_again_or_be_dead_is_refused() {
    let refused = |arguments: &[&str]| {
        let settings = settings(arguments);
        run(&settings, &CancellationToken::new(), &Clock::system())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&["-", "--loop", "--as-instance", "again"]).contains("--loop"));
    assert!(refused(&["-", "--dead-partition", "3"]).contains("--dead-partition"));
    let without_names = Line::try_parse_from(["replay", "a.log", "--loop=2"]).unwrap_err();
    assert_eq!(without_names.kind(), clap::error::ErrorKind::MissingRequiredArgument);
    let into_files = Line::try_parse_from(["replay", "a.log", "--end-tick"]).unwrap_err();
    assert_eq!(into_files.kind(), clap::error::ErrorKind::MissingRequiredArgument);
}
