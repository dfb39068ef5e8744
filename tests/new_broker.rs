//! Kafka comes back with a new data folder: an alarm and a stop, never a silent reset, and a documented way out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::world::evidence::{Everywhere, Evidence, Found};
use crate::world::visitor::{Answered, Visitor};
use crate::world::{Program, World};

const ALARM: &str = "of the Kafka cluster";

async fn strolls(shopper: &mut Visitor, steps: std::ops::Range<u32>) -> Vec<Answered> {
    let before = shopper.answered.len();
    for step in steps {
        shopper
            .strolls(step)
            .await
            .expect("the shop serves, whatever Kafka does");
    }
    shopper.answered[before..].to_vec()
}

/// What is sold is left out: the ledger can't tell whether its compacted topic was emptied or compacted.
fn sequences(evidence: &Evidence) -> BTreeSet<u64> {
    let sequence = |json: Value| json["source"]["sequence"].as_u64().expect("a sequence");
    evidence
        .by_id
        .values()
        .flatten()
        .filter(|found| found.event_type != "product")
        .map(|found| sequence(found.json()))
        .collect()
}

/// Each line and row that is owed for the requests is there once; a page that its visitor did not write down may have left more.
fn is_kept_once(everywhere: &Everywhere, requests: &[Answered]) {
    let mut lines: BTreeMap<(&str, &str, &str), Vec<&Found>> = BTreeMap::new();
    for line in everywhere.files.by_id.values().flatten() {
        let what = (line.request_id.as_str(), line.event_type.as_str(), line.phase.as_str());
        lines.entry(what).or_default().push(line);
    }
    for request in requests {
        let both = [("request", "started"), ("request", "finished")];
        for (kind, phase) in both
            .into_iter()
            .chain(request.activities.iter().map(|kind| (kind.name(), "")))
        {
            let found = lines
                .get(&(request.request_id.as_str(), kind, phase))
                .map_or(&[][..], Vec::as_slice);
            let [line] = found else {
                panic!("{} lines of {kind} {phase} of {}", found.len(), request.request_id)
            };
            let rows = everywhere.rows.get(&line.event_id).copied().unwrap_or(0);
            assert_eq!(
                rows,
                usize::from(kind != "request"),
                "rows of {kind} of {}",
                request.request_id
            );
        }
    }
    assert_eq!(everywhere.files.doubled(), Vec::<&str>::new());
}

/// How many lines and rows the requests have left.
fn kept(everywhere: &Everywhere, requests: &[Answered]) -> (usize, usize) {
    let ids: BTreeSet<&str> = requests.iter().map(|request| request.request_id.as_str()).collect();
    let lines = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .filter(|line| ids.contains(line.request_id.as_str()));
    let lines: Vec<_> = lines.collect();
    let rows = lines
        .iter()
        .filter_map(|line| everywhere.rows.get(&line.event_id))
        .sum();
    (lines.len(), rows)
}

/// What the ledger says of a hop: found, lost, doubled, and every lost sequence.
fn hop(verdict: &Value, name: &str) -> (u64, u64, BTreeSet<u64>) {
    let hops = verdict["instances"][0]["hops"].as_array().expect("hops");
    let hop = hops
        .iter()
        .find(|hop| hop["hop"] == name)
        .expect("the hop was looked at");
    let number = |name: &str| hop[name].as_u64().expect("a figure");
    let ranges = hop["lost_ranges"].as_array().expect("ranges").iter();
    let lost = ranges.flat_map(|range| range["first"].as_u64().expect("first")..=range["last"].as_u64().expect("last"));
    (number("lost"), number("doubled"), lost.collect())
}

/// The alarm stands, nothing is read; then the documented way out, and everything is as it should be.
async fn the_way_out(
    world: &mut World,
    consumed: &[Answered],
    only_on_the_lost_topics: &[Answered],
    after: &[Answered],
    gone: &BTreeSet<u64>,
) {
    let readiness = world.says(Program::Sink, ALARM).await;
    assert!(readiness.contains("partitions"), "{readiness}");
    let seen = world.look().await;
    is_kept_once(&seen, consumed);
    assert_eq!(kept(&seen, after), (0, 0), "nothing is read past the alarm");

    world.stops(Program::Sink);
    world.tells_sink(&["positions", "forget", "--all"]);
    world.restart(Program::Sink);
    world.sees_once_everywhere(after).await;
    let seen = world.settles().await;
    is_kept_once(&seen, consumed);
    assert_eq!(kept(&seen, only_on_the_lost_topics), (0, 0), "nobody has it any more");

    // Honest: the topics have lost what stood on the old ones, and nothing else is lost or doubled anywhere.
    let said = world.audit().arg("--json").output().expect("the audit runs");
    assert_eq!(said.status.code(), Some(1), "{}", String::from_utf8_lossy(&said.stderr));
    let verdict: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let (_, doubled, lost) = hop(&verdict, "topics");
    assert_eq!(doubled, 0, "{verdict:#}");
    assert!(
        gone.is_subset(&lost),
        "{:?} are gone and not said: {verdict:#}",
        gone.difference(&lost)
    );
    assert!(lost.is_disjoint(&sequences(&seen.topics)), "{verdict:#}");
    for name in ["files", "table"] {
        assert_eq!(hop(&verdict, name), (0, 0, BTreeSet::new()), "{verdict:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_finds_another_kafka_reads_nothing_until_it_is_told_to() {
    let Some(mut world) = World::start("another Kafka") else {
        return;
    };
    let mut shopper = world.visitor();
    let consumed = strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&consumed).await;
    world.stops(Program::Sink);
    let lost = strolls(&mut shopper, 20..30).await;
    world.has_sent_all(Program::Shop).await;
    let gone = sequences(&world.look().await.topics);

    world.kill(Program::Broker);
    world.broker.loses_its_data();
    world.restart(Program::Broker);
    // More than before, so that the old positions lie within the new topics.
    let after = strolls(&mut shopper, 30..100).await;
    world.has_sent_all(Program::Shop).await;
    world.restart(Program::Sink);
    the_way_out(&mut world, &consumed, &lost, &after, &gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kafka_that_is_set_up_anew_under_a_running_sink_stops_its_partitions() {
    let Some(mut world) = World::start("a Kafka set up anew") else {
        return;
    };
    let mut shopper = world.visitor();
    let consumed = strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&consumed).await;
    world.has_sent_all(Program::Shop).await;
    let seen = world.settles().await;
    let gone = sequences(&seen.topics);

    world.kill(Program::Broker);
    world.broker.loses_its_data();
    let meanwhile = strolls(&mut shopper, 20..100).await;
    world.restart(Program::Broker);
    let after = strolls(&mut shopper, 100..120).await;
    let after = [meanwhile, after].concat();
    world.has_sent_all(Program::Shop).await;
    the_way_out(&mut world, &consumed, &[], &after, &gone).await;
}
