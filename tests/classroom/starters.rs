//! The starters' other way to the stream: out of the topics, with confluent-kafka, from the embedded broker.

use std::process::Command;

use tempfile::TempDir;

use super::{de_shop, opens_a_broker};
use crate::world::require::{self, Part, servers};

/// Runs the starter; its answer's lines, sorted: what comes from several partitions has no order.
fn answer(folder: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(servers().join("clients/python/bin/python"));
    let ran = command.arg(format!("{folder}/starter.py")).args(arguments).output();
    let ran = ran.expect("Python runs");
    assert!(
        ran.status.success(),
        "{folder}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let path = format!("{folder}/answer.csv");
    let text = std::fs::read_to_string(&path).expect("the starter writes an answer");
    std::fs::remove_file(&path).expect("the answer can be removed");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn each_starter_reads_the_same_answer_out_of_the_topics_as_out_of_the_file() {
    let test = "each_starter_reads_the_same_answer_out_of_the_topics_as_out_of_the_file";
    if !require::has(test, &[Part::PythonClients]) {
        return;
    }
    let folder = TempDir::with_prefix("de-shop-starters-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let mut broker = opens_a_broker(&folder);
    let kafka = broker.ready()["kafka"].clone();
    for number in 1..=10 {
        let (number, given) = (number.to_string(), path(&number.to_string()));
        let started = de_shop(&["exercise", "start", &number, "--out", &given, "--kafka", &kafka]);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let (file, topics) = (answer(&given, &[]), answer(&given, &["--kafka", &kafka]));
        assert!(file.len() > 2, "exercise {number}: {file:?}");
        // Exercise 4 is about the order of arrival, which partitions don't keep; what its starter counts as yet doesn't ask for it.
        assert_eq!(file, topics, "exercise {number}");
    }
    let (given, mut again) = (path("3"), vec!["exercise", "start", "3", "--kafka", &kafka, "--out"]);
    again.push(&given);
    let refused = de_shop(&again);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(2) && said.contains("--anew"),
        "played twice, it would count double: {said}"
    );
    again.push("--anew");
    assert!(de_shop(&again).status.success());
    assert_eq!(answer(&given, &[]), answer(&given, &["--kafka", &kafka]), "played anew");
    assert!(broker.stop().success());
}
