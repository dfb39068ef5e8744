//! What the portal gave to be downloaded, played back.

use serde_json::json;

use super::*;

/// The day as a download: its messages by topic and partition, as they would stand in three partitions of each topic.
fn download(folder: &Path) -> (Vec<Vec<u8>>, String) {
    let mut lines: Vec<(String, i32, Vec<u8>)> = Vec::new();
    let settings = settings(&[folder.to_str().unwrap()]);
    let mut merge = Merge::new(sources(&settings, &CancellationToken::new()).unwrap()).unwrap();
    let mut in_order = Vec::new();
    while let Some(message) = merge.read().unwrap() {
        let key = message.key.clone().unwrap_or_default();
        lines.push((message.topic.unwrap(), i32::from(key[0] % 3), message.value.clone()));
        in_order.push(message.value);
    }
    lines.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let line = |(offset, (topic, partition, value)): (usize, &(String, i32, Vec<u8>))| {
        let value = std::str::from_utf8(value).unwrap();
        let line = json!({"topic": topic, "partition": partition, "offset": offset, "timestamp": 7, "key": "k", "headers": [], "value": value});
        format!("{line}\n")
    };
    (in_order, lines.iter().enumerate().map(line).collect())
}

#[test]
fn a_download_is_played_in_the_order_of_its_shop_whatever_its_partitions_order_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let (in_order, text) = download(&folder.path().join("from"));
    fs::write(path("search.jsonl"), text).unwrap();
    let settings = settings(&[&path("search.jsonl"), "--speed", "max"]);
    let mut replay = Replay::open(&settings, String::new(), None, &CancellationToken::new()).unwrap();
    let (mut played, mut shares) = (Vec::new(), vec![replay.share().unwrap()]);
    while let Some(message) = replay.next(&Clock::system()).unwrap() {
        shares.push(replay.share().unwrap());
        let record = message.record.unwrap();
        assert_eq!((record.millis, message.key.as_deref()), (Some(7), Some(&b"k"[..])));
        played.push(message.value);
    }
    assert!(played == in_order && played.len() > 1000, "{} messages", played.len());
    assert!(
        shares[0] < 0.1 && shares.is_sorted() && shares.last() == Some(&1.0),
        "how much is read is known"
    );
}

#[test]
fn what_is_renewed_has_headers_of_its_new_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    fs::write(path("search.jsonl"), download(&folder.path().join("from")).1).unwrap();
    let settings = settings(&[&path("search.jsonl"), "--speed", "max", "--as-instance", "another"]);
    let mut replay = Replay::open(&settings, String::new(), None, &CancellationToken::new()).unwrap();
    let message = replay.next(&Clock::system()).unwrap().unwrap();
    assert_eq!(message.record, None);
}
