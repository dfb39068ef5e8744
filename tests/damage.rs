//! Flipped bits and torn files below running parts: found, said, and nothing good thrown away.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::evidence::{self, Everywhere, Evidence};
use crate::world::process::PATIENCE;
use crate::world::require::skipped;
use crate::world::servers::BrokerKind;
use crate::world::visitor::Visitor;
use crate::world::{Program, World};

async fn strolls(shopper: &mut Visitor, steps: std::ops::Range<u32>) {
    for step in steps {
        shopper.strolls(step).await.expect("the shop serves");
    }
}

/// Flips a bit of the byte in `file` at the place that `at` finds in its bytes.
fn flip(file: &Path, at: impl Fn(&[u8]) -> usize) {
    let mut bytes = fs::read(file).expect("the file");
    let at = at(&bytes);
    bytes[at] ^= 1;
    fs::write(file, bytes).expect("the damage is done");
}

/// Files of the folder with this ending, in the order of their names.
fn files_of(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn sequences(evidence: &Evidence) -> BTreeSet<u64> {
    let of = |json: Value| json["source"]["sequence"].as_u64().expect("a sequence");
    evidence
        .by_id
        .values()
        .flatten()
        .map(|found| of(found.json()))
        .collect()
}

/// What the audit says: its exit code, and per hop how many are lost and doubled.
fn audit(world: &World) -> (Option<i32>, Vec<(String, u64, u64)>) {
    let said = world.audit().arg("--json").output().expect("the audit runs");
    let verdict: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let hops = verdict["instances"][0]["hops"].as_array().expect("hops").iter();
    let hops = hops.map(|hop| {
        let number = |name: &str| hop[name].as_u64().expect("a figure");
        (
            hop["hop"].as_str().expect("a name").to_owned(),
            number("lost"),
            number("doubled"),
        )
    });
    (said.status.code(), hops.collect())
}

/// Every sequence that a verdict calls lost, in whatever hop.
fn lost_of(verdict: &Value) -> BTreeSet<u64> {
    let hops = verdict["instances"][0]["hops"].as_array().expect("hops").iter();
    let ranges = hops.flat_map(|hop| hop["lost_ranges"].as_array().expect("ranges"));
    let number = |range: &Value, name: &str| range[name].as_u64().expect("a figure");
    ranges
        .flat_map(|range| number(range, "first")..=number(range, "last"))
        .collect()
}

/// Waits until the ledger finds nothing that is still to come, and gives its verdict.
async fn nothing_is_behind(world: &mut World) -> Value {
    let since = Instant::now();
    loop {
        world.assert_alive();
        let said = world.audit().arg("--json").output().expect("the audit runs");
        // There is no verdict yet where the sink's first start is still setting its tables up.
        if let Ok(verdict) = serde_json::from_slice::<Value>(&said.stdout) {
            let hops = verdict["instances"][0]["hops"].as_array().expect("hops");
            if hops.iter().all(|hop| hop["behind"] == 0) {
                return verdict;
            }
        }
        assert!(since.elapsed() < PATIENCE, "{said:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sequences that are missing in the files between the first and the last.
fn gaps(seen: &Everywhere) -> BTreeSet<u64> {
    let found = sequences(&seen.files);
    let last = found.last().copied().unwrap_or(0);
    (1..=last).filter(|sequence| !found.contains(sequence)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_that_flips_in_the_journal_costs_one_event_which_is_named_and_set_aside() {
    let Some(mut world) = World::without_broker("a flipped bit in the journal") else {
        return;
    };
    world.restart(Program::Shop);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..30).await;
    world.kill(Program::Shop);
    let journal = world.folder_of(Program::Shop);
    let [segment] = &files_of(&journal, "journal")[..] else {
        panic!("one segment")
    };
    flip(segment, |bytes| bytes.len() / 2);
    // And a write that the kill tore.
    let torn = fs::read(segment).expect("the segment")[..50].to_vec();
    fs::write(segment, [fs::read(segment).expect("the segment"), torn].concat()).expect("a torn tail");
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    strolls(&mut shopper, 30..40).await;
    world.has_sent_all(Program::Shop).await;
    let seen = world.settles().await;
    assert_eq!(gaps(&seen).len(), 1, "one bit costs one event");
    assert_eq!(seen.files.doubled(), Vec::<&str>::new());
    assert_eq!(files_of(&journal, "corrupt").len(), 1, "its bytes are kept");
    let (code, hops) = audit(&world);
    assert_eq!(code, Some(1));
    assert_eq!(hops.iter().map(|(_, lost, _)| lost).sum::<u64>(), 1, "{hops:?}");
    assert_eq!(hops.iter().map(|(_, _, doubled)| doubled).sum::<u64>(), 0, "{hops:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_damaged_repeats_and_loses_nothing() {
    let Some(mut world) = World::start("a damaged cursor") else {
        return;
    };
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..30).await;
    world.has_sent_all(Program::Shop).await;
    world.kill(Program::Shop);
    let cursor = world.folder_of(Program::Shop).join("cursor");
    for slot in [0, 16] {
        flip(&cursor, |_| slot);
    }
    world.restart(Program::Shop);
    strolls(&mut shopper, 30..40).await;
    let seen = world.sees_once_everywhere(&shopper.answered).await;
    assert!(
        seen.topics.doubled().is_empty(),
        "the relay finds at the ends of the topics what it has sent"
    );
    world.settles().await;
    world.ledger_holds();
}

/// The youngest file of what people did.
fn activity_file(world: &World) -> PathBuf {
    let mut files = files_of(&world.logs(), "log");
    files.retain(|file| {
        file.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("user_activity-"))
    });
    files.pop().expect("a day's file")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_line_end_id_or_sequence_in_a_log_file_is_found_by_the_ledger() {
    let Some(mut world) = World::start("a flipped bit in a log file") else {
        return;
    };
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.has_sent_all(Program::Shop).await;
    world.settles().await;
    world.stops(Program::Sink);
    let file = activity_file(&world);
    let whole = fs::read(&file).expect("the file");
    let line_end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').expect("a line");
    let behind = |bytes: &[u8], text: &str| {
        let found = bytes.windows(text.len()).position(|window| window == text.as_bytes());
        found.expect("every message has it") + text.len()
    };
    // Not a tab's sequence, which a client event has besides.
    let sequence = |bytes: &[u8]| {
        let source = behind(bytes, "\"source\":{");
        source + behind(&bytes[source..], "\"sequence\":")
    };
    for (what, at) in [
        ("line end", &line_end as &dyn Fn(&[u8]) -> usize),
        ("event id", &|bytes| behind(bytes, "\"event_id\":\"")),
        ("sequence", &sequence),
    ] {
        flip(&file, at);
        let (code, hops) = audit(&world);
        assert_eq!(code, Some(1), "{what}: {hops:?}");
        fs::write(&file, &whole).expect("the file is mended");
    }
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_that_grew_is_cut_and_one_that_shrank_stops_the_sink() {
    let Some(mut world) = World::start("a log file of another length") else {
        return;
    };
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.has_sent_all(Program::Shop).await;
    world.settles().await;
    world.stops(Program::Sink);
    let file = activity_file(&world);
    // Beyond what was committed: a write that a kill tore. It is cut, and the committed lines stay as they are.
    let whole = fs::read(&file).expect("the file");
    fs::write(&file, [&whole[..], b"{\"timestamp\":\"20"].concat()).expect("a torn tail");
    world.restart(Program::Sink);
    strolls(&mut shopper, 20..30).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.ledger_holds();
    world.stops(Program::Sink);
    let whole = fs::read(&file).expect("the file");

    // Bytes below the committed length are missing: the sink writes nothing and says which file.
    fs::write(&file, &whole[..whole.len() - 10]).expect("a shorter file");
    world.restart(Program::Sink);
    world.gives_up(Program::Sink);
    assert_eq!(
        fs::read(&file).expect("the file").len(),
        whole.len() - 10,
        "nothing was written"
    );
    fs::write(&file, &whole).expect("the file is brought back");
    world.restart(Program::Sink);
    strolls(&mut shopper, 30..35).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.ledger_holds();

    // It can't be brought back: it is forgotten, and the day goes on in a new one.
    world.stops(Program::Sink);
    fs::write(&file, &whole[..100]).expect("a shorter file");
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .expect("text")
        .to_owned();
    world.tells_sink(&["files", "forget", &name]);
    assert_eq!(
        fs::read(world.logs().join(format!("{name}.corrupt"))).expect("what was left"),
        whole[..100]
    );
    world.restart(Program::Sink);
    shopper.answered.clear();
    strolls(&mut shopper, 35..40).await;
    world.sees_once_everywhere(&shopper.answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_damaged_on_the_embedded_brokers_disk_is_stepped_over_and_named() {
    let Some(mut world) = World::without_broker("a damaged batch") else {
        return;
    };
    if world.broker.kind() == BrokerKind::ApacheKafka {
        skipped("a damaged batch", "Apache Kafka's own files are its own business");
        return;
    }
    world.starts(&[Program::Broker, Program::Shop]);
    let mut shopper = world.visitor();
    for step in 0..40 {
        shopper.looks_at(101 + step % 12).await.expect("a page");
        if step % 10 == 9 {
            // A batch of its own, so that there are some.
            world.has_sent_all(Program::Shop).await;
        }
    }
    let before = sequences(&world.topics().await);
    world.kill(Program::Broker);
    let views = (0..3).map(|partition| {
        world
            .folder_of(Program::Broker)
            .join(format!("shop.view-{partition}/{:020}.log", 0))
    });
    let segment = views
        .max_by_key(|path| fs::metadata(path).map_or(0, |of| of.len()))
        .expect("partitions");
    let length = fs::metadata(&segment).expect("the segment").len();
    // Somewhere in a record of the first batch.
    flip(&segment, |_| 300);
    world.starts(&[Program::Broker, Program::Sink]);
    strolls(&mut shopper, 40..50).await;
    world.has_sent_all(Program::Shop).await;
    let verdict = nothing_is_behind(&mut world).await;
    let lost: BTreeSet<u64> = before
        .difference(&sequences(&evidence::files(&[world.logs()])))
        .copied()
        .collect();
    assert!(!lost.is_empty() && lost.len() < 40, "one batch of several: {lost:?}");
    let aside = segment.with_extension("corrupt");
    let bytes = |path: &Path| fs::metadata(path).expect("it is kept").len();
    assert!(bytes(&aside) + bytes(&segment) >= length, "nothing good is thrown away");
    assert_eq!(lost_of(&verdict), lost);
}
