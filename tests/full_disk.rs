//! A disk that is really full, below each part in turn: pages go on, it is said, and once there is room everything goes on by itself.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use schemas::EventType;

use crate::world::disk::Disk;
use crate::world::evidence::Everywhere;
use crate::world::process::PATIENCE;
use crate::world::require::{self, Part, skipped};
use crate::world::servers::{BrokerKind, Database};
use crate::world::visitor::{Answered, Visitor};
use crate::world::{Program, World};

/// The step of a stroll that is a click.
const CLICK: u32 = 4;

/// What a click that is not taken leaves in the count: itself, and the lines at the start and the end of its request, unless one
/// of these still fits into the segment's last page.
const OF_THE_CLICK: usize = 3;

/// A world of which nothing runs but the database, where disks can be mounted.
fn world(test: &str) -> Option<World> {
    if require::has(test, &[Part::Mounting]) {
        World::without_broker(test)
    } else {
        None
    }
}

/// Looks only, so that nothing is written to the shop's database.
async fn looks_around(shopper: &mut Visitor, steps: u32) {
    for step in 0..steps {
        let page = match step % 3 {
            0 => shopper.opens("/").await,
            1 => shopper.looks_at(101 + step % 12).await,
            _ => shopper.searches("tea").await,
        };
        page.expect("pages go on");
    }
}

async fn strolls(shopper: &mut Visitor, steps: std::ops::Range<u32>) {
    for step in steps {
        shopper.strolls(step).await.expect("pages go on");
    }
}

/// The entries that the answers owe, by request, type and phase.
fn owed(answered: &[Answered]) -> BTreeSet<(String, &'static str, &'static str)> {
    let of = |request: &Answered| {
        let lines = [("request", "started"), ("request", "finished")];
        let activities = request.activities.iter().map(|activity| (activity.name(), ""));
        // Whoever searches also looks at a page.
        let views = request.activities.contains(&EventType::Search).then_some(("view", ""));
        let id = request.request_id.clone();
        let owed = lines.into_iter().chain(activities).chain(views);
        owed.map(move |(kind, phase)| (id.clone(), kind, phase))
            .collect::<Vec<_>>()
    };
    answered.iter().flat_map(of).collect()
}

/// Those of `owed` that stand in the files.
fn in_files(everywhere: &Everywhere, owed: &BTreeSet<(String, &'static str, &'static str)>) -> usize {
    let lines = everywhere.files.by_id.values().flatten();
    let found: BTreeSet<_> = lines
        .map(|line| (line.request_id.as_str(), line.event_type.as_str(), line.phase.as_str()))
        .collect();
    owed.iter()
        .filter(|(id, kind, phase)| found.contains(&(id.as_str(), *kind, *phase)))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_journal_observations_are_refused_and_counted_and_facts_wait() {
    let Some(mut world) = world("a full disk below the journal") else {
        return;
    };
    let disk = Disk::mount(&world.folder_of(Program::Shop), 2048);
    // Exposures would be refused as well, and nobody keeps a list of those.
    let experiments = world.folder().join("no-experiments.json");
    std::fs::write(&experiments, "[]").expect("the folder takes a file");
    let experiments = experiments.to_str().expect("text").to_owned();
    world.shop_settings.push(("SHOP_EXPERIMENTS", experiments));
    // Lines of the shop's own are refused too, and nobody keeps a list of those.
    world.shop_settings.push(("SHOP_LOG_LEVEL", "info".into()));
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    disk.is_filled();
    // A browser's own events are refused so that it sends them again later; pages go on.
    for step in (20..60).filter(|step| step % 7 != CLICK) {
        shopper.strolls(step).await.expect("pages go on");
    }
    // The end of the segment's last page may still take some; a page more than that does not.
    looks_around(&mut shopper, 40).await;
    let said = world.says(Program::Shop, "the journal can't be written").await;
    assert!(said.contains("No space left"), "{said}");
    shopper
        .clicks()
        .await
        .err()
        .expect("a click that can't be kept is not taken");
    let before = shopper.answered.len();
    shopper.adds(101, 1).await.expect("the cart works");
    let fact = shopper.answered[before].request_id.clone();

    disk.has_room();
    looks_around(&mut shopper, 8).await;
    world.sees_activity(&fact, EventType::CartAdd).await;
    world.is_done_with(Program::Shop, "can't be written").await;
    world.has_sent_all(Program::Shop).await;
    let seen = world.settles().await;
    refused_and_found_are_all(&world, &seen, &shopper.answered).await;
    let owed = owed(&shopper.answered);
    let facts = [EventType::CartAdd, EventType::CartRemove, EventType::OrderPlaced].map(EventType::name);
    let facts: BTreeSet<_> = owed.into_iter().filter(|(_, kind, _)| facts.contains(kind)).collect();
    assert_eq!(in_files(&seen, &facts), facts.len(), "no fact is lost");
    assert_eq!(seen.files.doubled(), Vec::<&str>::new());
    world.ledger_holds();
}

/// What is missing in the files was refused and counted, and nothing else was.
async fn refused_and_found_are_all(world: &World, seen: &Everywhere, answered: &[Answered]) {
    let owed = owed(answered);
    let (found, refused) = (
        in_files(seen, &owed),
        world.metric(Program::Shop, "shop_journal_refused_total").await,
    );
    let missing = owed.len() - found;
    assert!(missing > 0, "the disk was not full");
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let (missing, lines) = (missing as f64, (OF_THE_CLICK + lines_of_its_own(world)) as f64);
    assert!(
        (missing..=missing + lines).contains(&refused),
        "{missing} of {} are missing, {refused} were refused, and the shop said {lines} lines of its own",
        owed.len()
    );
}

/// How many lines the shop wrote to its diagnostics: so many at most did it try to send.
fn lines_of_its_own(world: &World) -> usize {
    let folder = world.folder().join("shop-diagnostics");
    let files = std::fs::read_dir(folder)
        .expect("the diagnostics")
        .map(|file| file.expect("a file").path());
    files
        .map(|file| std::fs::read_to_string(file).expect("text").lines().count())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_log_folder_the_sink_waits_and_goes_on() {
    let Some(mut world) = world("a full disk below the log folder") else {
        return;
    };
    let disk = Disk::mount(&world.logs(), 512);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    disk.is_filled();
    strolls(&mut shopper, 20..60).await;
    let said = world.says(Program::Sink, "No space left").await;
    assert!(said.contains("logs"), "{said}");
    strolls(&mut shopper, 60..80).await;
    // It dies in the middle of its trouble, and comes back to a disk that is still full.
    world.kill(Program::Sink);
    world.restart(Program::Sink);
    world.says(Program::Sink, "No space left").await;
    disk.has_room();
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.is_done_with(Program::Sink, "No space left").await;
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn below_sqlite_pages_are_shown_what_is_refused_is_said_and_both_databases_go_on() {
    let Some(mut world) = world("a full disk below SQLite") else {
        return;
    };
    let folder = world.folder().join("databases");
    let disk = Disk::mount(&folder, 8192);
    world.database = Database::Sqlite { folder };
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    disk.is_filled();
    let since = Instant::now();
    // SQLite may have room left within its files.
    while shop_takes_cart(&shopper).await {
        looks_around(&mut shopper, 8).await;
        assert!(since.elapsed() < PATIENCE, "the databases are never full");
    }
    world.says(Program::Shop, "can't be written").await;
    let full = "\"database\":{\"ok\":false";
    while !world.readiness(Program::Sink).await.contains(full) {
        looks_around(&mut shopper, 8).await;
        assert!(since.elapsed() < PATIENCE, "the sink's database is never full");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    looks_around(&mut shopper, 8).await;
    disk.has_room();
    strolls(&mut shopper, 20..40).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.is_done_with(Program::Shop, "can't be written").await;
    world.is_done_with(Program::Sink, full).await;
    world.ledger_holds();
}

/// Whether the shop answers that it took something into the cart; when it can't, it says so.
async fn shop_takes_cart(shopper: &Visitor) -> bool {
    let form = "product_id=101&quantity=1".to_owned();
    let page = shopper
        .sends("/cart/add", "application/x-www-form-urlencoded", form)
        .await;
    page.inspect_err(|unanswered| assert!(unanswered.0.starts_with("50"), "{unanswered:?}"))
        .is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_kafka_everything_waits_in_the_journal_and_then_arrives() {
    let Some(mut world) = world("a full disk below Kafka") else {
        return;
    };
    let folder = world.folder_of(Program::Broker);
    let disk = match world.broker.kind() {
        BrokerKind::Embedded => Disk::mount(&folder, 1024),
        // Its own books and indexes take some megabytes before the first message.
        BrokerKind::ApacheKafka => Disk::mount(&folder, 65_536),
    };
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    disk.is_filled();
    strolls(&mut shopper, 20..60).await;
    match world.broker.kind() {
        BrokerKind::Embedded => {
            let said = world.says(Program::Shop, "acknowledges nothing").await;
            assert!(said.contains("kafka"), "{said}");
            strolls(&mut shopper, 60..80).await;
            // Killed while it is full, it opens what it has.
            world.kill(Program::Broker);
            disk.has_room();
        }
        BrokerKind::ApacheKafka => {
            // A log folder that can't be written stops Apache Kafka: that is its way.
            world.broker.gives_up();
            world.says(Program::Shop, "\"kafka\":{\"ok\":false").await;
            strolls(&mut shopper, 60..80).await;
            disk.has_room();
        }
    }
    world.restart(Program::Broker);
    strolls(&mut shopper, 80..90).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.has_sent_all(Program::Shop).await;
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_broker_whose_disk_gets_room_again_goes_on_by_itself() {
    let Some(mut world) = world("a full disk that gets room") else {
        return;
    };
    if world.broker.kind() == BrokerKind::ApacheKafka {
        skipped("a full disk that gets room", "Apache Kafka stops");
        return;
    }
    let disk = Disk::mount(&world.folder_of(Program::Broker), 1024);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    disk.is_filled();
    strolls(&mut shopper, 20..60).await;
    world.says(Program::Shop, "acknowledges nothing").await;
    disk.has_room();
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.is_done_with(Program::Shop, "acknowledges nothing").await;
    world.has_sent_all(Program::Shop).await;
    world.ledger_holds();
}
