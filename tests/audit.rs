//! The ledger over a real journal, a real broker, files and a database as the sink leaves them.
#![expect(clippy::expect_used, reason = "a test that can't go on fails right there")]

#[path = "audit/world.rs"]
mod world;

use std::fs;
use std::path::Path;
use std::time::Duration;

use de_shop::audit::{AuditError, HopVerdict, Verdict};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::Topic;

use crate::world::{EVENTS, World, event, partition_of, verdict};

fn hop<'a>(verdict: &'a Verdict, name: &str) -> &'a HopVerdict {
    let hops = &verdict.instances.first().expect("an instance").hops;
    hops.iter().find(|hop| hop.hop == name).expect("the hop was looked at")
}

fn lost(verdict: &Verdict, name: &str) -> Vec<(u64, u64)> {
    hop(verdict, name)
        .lost_ranges
        .iter()
        .map(|range| (range.first, range.last))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_on_which_nothing_is_missing_holds() {
    let world = World::start().await;
    world.sends(1..=EVENTS, EVENTS).await;
    world.keeps(1..=EVENTS, 1..=EVENTS, 40).await;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    let found = ["journal", "topics", "files", "table"].map(|name| hop(&verdict, name).found);
    assert_eq!(found, [40, 40, 40, 30]);
    assert_eq!(verdict.exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_or_doubled_is_named_in_its_hop() {
    let world = World::start().await;
    world
        .sends((1..=EVENTS).filter(|sequence| *sequence != 7), EVENTS)
        .await;
    let kept = |gone: &'static [u64]| (1..=EVENTS).filter(move |sequence| !gone.contains(sequence));
    world.keeps(kept(&[7, 21, 22]), kept(&[7, 30]).chain([31]), 40).await;
    let verdict = world.audited().await;
    assert_eq!(lost(&verdict, "journal"), []);
    assert_eq!(lost(&verdict, "topics"), [(7, 7)]);
    assert_eq!(lost(&verdict, "files"), [(21, 22)]);
    assert_eq!(lost(&verdict, "table"), [(30, 30)]);
    let doubled = &hop(&verdict, "table").doubled_events;
    assert_eq!(
        doubled.iter().map(|doubled| doubled.event_id).collect::<Vec<_>>(),
        [event(31).event_id.0]
    );
    assert_eq!(verdict.exit_code(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_on_its_way_is_behind_and_not_lost() {
    let world = World::start().await;
    // The relay says 30, and 31 and 33 have arrived, too; the sink has taken 5 messages of each partition.
    world.sends((1..=31).chain([33]), 30).await;
    let taken = |topic: Topic| {
        let mut counts = [0; 3];
        (1..=31_u64).filter(move |sequence| {
            let is_of = event(*sequence).event_type.topic() == topic;
            let count = &mut counts[usize::try_from(partition_of(*sequence)).expect("three partitions")];
            *count += u8::from(is_of);
            is_of && *count <= 5
        })
    };
    let lines: Vec<_> = taken(Topic::View).chain(taken(Topic::Request)).collect();
    world.keeps(lines.clone(), lines.clone(), 5).await;
    let kept = lines.len() as u64;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    assert_eq!((hop(&verdict, "topics").found, hop(&verdict, "topics").behind), (32, 8));
    assert_eq!(
        (hop(&verdict, "files").found, hop(&verdict, "files").behind),
        (kept, 32 - kept)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_and_a_repetition_are_no_losses() {
    let world = World::start().await;
    world.sends((1..=EVENTS).chain([38, 39, 40]), EVENTS).await;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &world.kafka)
        .create()
        .expect("a producer");
    let letter = FutureRecord::<(), _>::to(Topic::DeadLetter.name()).payload(&world.message(13).1);
    producer
        .send(letter, Duration::from_secs(10))
        .await
        .expect("a delivery");
    let kept = (1..=EVENTS).filter(|sequence| *sequence != 13);
    world.keeps(kept.clone(), kept, 40).await;
    let verdict = world.audited().await;
    assert!(verdict.holds, "{verdict:?}");
    assert_eq!(hop(&verdict, "topics").repeated, 3);
    assert_eq!(
        (
            hop(&verdict, "files").dead_lettered,
            hop(&verdict, "table").dead_lettered
        ),
        (1, 1)
    );
}

/// The broker's process may go on: a folder is audited as it lies.
async fn in_folder(world: &World, more: &[&str]) -> Result<Verdict, AuditError> {
    let data = world.folder.path().to_str().expect("a plain path");
    verdict(&[&["audit", "--data", data], more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_data_folder_that_is_taken_away_or_cut_is_told() {
    let world = World::start().await;
    world.sends(1..=EVENTS, EVENTS).await;
    world.keeps(1..=EVENTS, 1..=EVENTS, 40).await;
    assert!(in_folder(&world, &[]).await.expect("an audit").holds);
    for hop in ["journal", "kafka", "logs", "activity.db"] {
        fs::rename(world.path(hop), world.path("elsewhere")).expect("it is moved");
        let error = in_folder(&world, &[]).await.expect_err("a hop is missing");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(hop), "{error}");
        fs::rename(world.path("elsewhere"), world.path(hop)).expect("it is moved back");
    }
    let error = in_folder(&world, &["--group", "other"])
        .await
        .expect_err("nobody's positions");
    assert!(
        error.exit_code() == 2 && error.to_string().starts_with("--group"),
        "{error}"
    );
    for name in ["app-2026-03-31.log", "user_activity-2026-03-31.log"] {
        let (path, bytes) = (
            world.path("logs").join(name),
            fs::read(world.path("logs").join(name)).expect("a file"),
        );
        for left in [None, Some(0), Some(bytes.len() / 2)] {
            match left {
                None => fs::remove_file(&path).expect("it is removed"),
                Some(left) => fs::write(&path, &bytes[..left]).expect("it is cut"),
            }
            let verdict = in_folder(&world, &[]).await.expect("an audit");
            assert!(!verdict.holds, "{name}, {left:?}");
            assert_eq!(verdict.faults.cut_files.len(), 1, "{name}, {left:?}: {verdict:?}");
            assert_eq!(verdict.faults.cut_files[0].found, left.map(|left| left as u64));
        }
        fs::write(&path, &bytes).expect("it is put back");
    }
    assert!(in_folder(&world, &[]).await.expect("an audit").holds);
}

#[tokio::test]
async fn what_can_not_be_audited_exits_with_2_and_names_the_setting() {
    let nowhere = Path::new("/nonexistent/de-shop");
    let nowhere = nowhere.to_str().expect("a plain path");
    for setting in ["--data", "--journal", "--logs"] {
        let error = verdict(&["audit", setting, nowhere])
            .await
            .expect_err("there is nothing");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().starts_with(setting), "{error}");
    }
    let error = verdict(&["audit", "--database", "mysql://x"])
        .await
        .expect_err("not served");
    assert!(error.to_string().starts_with("--database"), "{error}");
}
