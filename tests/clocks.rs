//! Clocks that jump under running programs, and events that are dated a day early, late or long ago: nothing is lost, doubled or out
//! of its order. The programs' clocks are shifted by a file (`schemas::Clock`, debug builds only).

mod walk;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use schemas::Clock;

use crate::world::evidence::Everywhere;
use crate::world::process::PATIENCE;
use crate::world::visitor::Visitor;
use crate::world::{Program, World};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The clocks of shop, sink and embedded broker, each with a file that shifts it.
struct Clocks {
    shop: PathBuf,
    sink: PathBuf,
    broker: PathBuf,
}

impl Clocks {
    fn of(world: &mut World) -> Self {
        let [shop, sink, broker] = ["shop", "sink", "broker"].map(|name| world.folder().join(format!("{name}-clock")));
        let text = |path: &PathBuf| path.to_str().expect("text").to_owned();
        world.shop_settings.push(("DE_SHOP_CLOCK_OFFSET", text(&shop)));
        world.sink_settings.push(("DE_SHOP_CLOCK_OFFSET", text(&sink)));
        world.broker.clock = Some(broker.clone());
        Self { shop, sink, broker }
    }

    fn shop_jumps_to(&self, seconds: i64) {
        set(&self.shop, seconds);
    }

    /// The sink first: it takes what is dated a day ahead, and no more.
    fn both_jump_to(&self, seconds: i64) {
        set(&self.sink, seconds);
        set(&self.shop, seconds);
    }

    fn all_jump_to(&self, seconds: i64) {
        self.both_jump_to(seconds);
        set(&self.broker, seconds);
    }
}

/// As a whole, so that nobody reads half a number.
fn set(file: &PathBuf, seconds: i64) {
    let fresh = file.with_extension("new");
    fs::write(&fresh, seconds.to_string()).expect("the offset is written");
    fs::rename(&fresh, file).expect("the offset is set");
}

async fn strolls(shopper: &mut Visitor, steps: std::ops::Range<u32>) {
    for step in steps {
        shopper.strolls(step).await.expect("the shop serves at any time of day");
    }
}

/// How many pairs of rows of a partition stand in the wrong order of their sequences, and how many in the wrong order of their dates.
async fn out_of_order(world: &World) -> (i64, i64) {
    let pairs = |wrong: &str| {
        format!(
            "SELECT count(*) FROM user_activity_log AS one JOIN user_activity_log AS next \
             ON one.kafka_topic = next.kafka_topic AND one.kafka_partition = next.kafka_partition \
             AND one.kafka_offset < next.kafka_offset WHERE {wrong}"
        )
    };
    let sequences = pairs("one.source_sequence >= next.source_sequence");
    let dates = pairs("one.event_time > next.event_time");
    (world.number(&sequences).await, world.number(&dates).await)
}

/// The sessions that were seen in views, in the order of the shop's sequences, each once.
fn sessions(seen: &Everywhere) -> Vec<String> {
    let mut views: Vec<_> = seen
        .topics
        .by_id
        .values()
        .flatten()
        .filter(|found| found.event_type == "view")
        .map(|found| {
            let json = found.json();
            let text = json["session_id"].as_str().expect("a session").to_owned();
            (json["source"]["sequence"].as_u64().expect("a sequence"), text)
        })
        .collect();
    views.sort();
    let mut sessions: Vec<String> = views.into_iter().map(|(_, session)| session).collect();
    sessions.dedup();
    sessions
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_jump_an_hour_back_and_a_day_on_lose_and_double_nothing() {
    let Some(mut world) = World::without_broker("clocks that jump") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..20).await;
    clocks.both_jump_to(-HOUR);
    strolls(&mut shopper, 20..40).await;
    let seen = world.sees_once_everywhere(&shopper.answered).await;
    assert_eq!(sessions(&seen).len(), 1, "a clock that goes back ends no session");
    clocks.both_jump_to(DAY);
    strolls(&mut shopper, 40..60).await;
    let seen = world.sees_once_everywhere(&shopper.answered).await;
    assert_eq!(
        sessions(&seen).len(),
        2,
        "a day on, the visitor comes back to a new session"
    );
    world.kill(Program::Shop);
    clocks.both_jump_to(-HOUR);
    world.restart(Program::Shop);
    strolls(&mut shopper, 60..80).await;
    world.kill(Program::Sink);
    world.restart(Program::Sink);
    let seen = world.sees_once_everywhere(&shopper.answered).await;
    assert_eq!(sessions(&seen).len(), 2, "nor does it when the shop starts again");
    let (sequences, dates) = out_of_order(&world).await;
    assert_eq!(sequences, 0, "the shop's own order holds whatever its clock does");
    assert!(dates > 0, "its clock did go back");
    world.settles().await;
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_whose_clock_is_a_day_ahead_is_kept_out_and_let_in_once_the_day_has_come() {
    let Some(mut world) = World::without_broker("a shop that is a day ahead") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..10).await;
    world.sees_once_everywhere(&shopper.answered).await;
    let before = shopper.answered.len();
    clocks.shop_jumps_to(DAY + 60);
    strolls(&mut shopper, 10..20).await;
    let early = shopper.answered.split_off(before);
    clocks.shop_jumps_to(0);
    strolls(&mut shopper, 20..30).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.has_sent_all(Program::Shop).await;
    let seen = world.look().await;
    let kept = seen
        .files
        .by_id
        .values()
        .flatten()
        .filter(|line| early.iter().any(|request| request.request_id == line.request_id));
    assert_eq!(kept.count(), 0, "a minute more than a day ahead is too much");
    let dead = world.metric(Program::Sink, "sink_dead_letters_total").await;
    let owed: usize = early.iter().map(|request| 2 + request.activities.len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let owed = owed as f64;
    assert!(dead >= owed, "{dead} dead letters for {owed} events");
    world.ledger_holds();

    // The day comes; the letters are sent again, and nothing has to be mended.
    clocks.both_jump_to(120);
    let listed = world.tells_sink(&["dead-letters", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("too_new"));
    world.tells_sink(&["dead-letters", "redrive", "--all"]);
    let ids: Vec<String> = early.iter().map(|request| request.request_id.clone()).collect();
    for id in &ids {
        world.sees_request_in_files(id).await;
    }
    let seen = world.look().await;
    let lines = seen
        .files
        .by_id
        .values()
        .flatten()
        .filter(|line| ids.contains(&line.request_id))
        .count();
    assert!(seen.files.doubled().is_empty());
    assert!(lines > 0);
    world.ledger_holds();
}

/// What Kafka never took while it was too old to be kept is not thrown away by the shop: the sink refuses it, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_in_the_journal_for_longer_than_the_retention_ends_in_the_dead_letters() {
    let Some(mut world) = World::without_broker("a journal older than the retention") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    clocks.shop_jumps_to(-31 * DAY - HOUR);
    world.restart(Program::Shop);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..10).await;
    let old = std::mem::take(&mut shopper.answered);
    clocks.shop_jumps_to(-10 * DAY);
    strolls(&mut shopper, 10..20).await;
    clocks.shop_jumps_to(0);
    world.kill(Program::Shop);
    // The sink first, so that it reads before the broker's own retention looks.
    world.restart(Program::Broker);
    world.starts(&[Program::Sink, Program::Shop]);
    strolls(&mut shopper, 20..30).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.has_sent_all(Program::Shop).await;
    let owed: usize = old.iter().map(|request| 2 + request.activities.len()).sum();
    let dead = world.metric(Program::Sink, "sink_dead_letters_total").await;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let owed = owed as f64;
    assert!(dead >= owed, "{dead} dead letters for {owed} events");
    let listed = world.tells_sink(&["dead-letters", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("too_old"));
    let names: Vec<String> = fs::read_dir(world.logs())
        .expect("the logs")
        .map(|file| file.expect("a file").file_name().into_string().expect("text"))
        .collect();
    let ten_days_ago = Clock::system().now().plus_micros(-10 * DAY * 1_000_000).to_string();
    assert!(
        names.contains(&format!("user_activity-{}.log", &ten_days_ago[..10])),
        "{names:?}"
    );
    world.ledger_holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_retention_deletes_one_day_more_and_survives_a_kill() {
    let Some(mut world) = World::without_broker("retention a day on") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    world.sink_settings.push(("SINK_RETENTION_DAYS", "2".into()));
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    for day in 0..3 {
        clocks.both_jump_to(day * DAY);
        shopper.looks_at(101).await.expect("a page");
        world.sees_once_everywhere(&shopper.answered).await;
    }
    let days = |world: &World| {
        let names = fs::read_dir(world.logs())
            .expect("the logs")
            .map(|file| file.expect("a file").file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("user_activity-"))
            .count()
    };
    assert_eq!(days(&world), 3, "today and two days before it");
    // Somebody reads a file that is about to go.
    let first = Clock::system().now().to_string();
    let path = world.logs().join(format!("user_activity-{}.log", &first[..10]));
    let mut reader = fs::File::open(&path).expect("the file of the first day");
    let content = fs::read_to_string(&path).expect("text");
    clocks.both_jump_to(3 * DAY);
    // Retention looks at the start: it dies between forgetting a file and deleting it.
    world.kill(Program::Sink);
    world.dies_at(Program::Sink, "during_retention");
    world.restart(Program::Sink);
    world.dies(Program::Sink).await;
    assert!(path.exists(), "it died before it deleted the file");
    world.restart(Program::Sink);
    shopper.answered.clear();
    shopper.looks_at(102).await.expect("a page");
    world.sees_once_everywhere(&shopper.answered).await;
    assert!(!path.exists());
    assert_eq!(days(&world), 3, "today and two days before it");
    let mut read = String::new();
    std::io::Read::read_to_string(&mut reader, &mut read).expect("an open file is read to its end");
    assert_eq!(read, content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_wakes_up_in_a_wrong_year_deletes_nothing_until_its_clock_is_confirmed() {
    let Some(mut world) = World::without_broker("a wrong year") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut shopper = world.visitor();
    strolls(&mut shopper, 0..10).await;
    world.sees_once_everywhere(&shopper.answered).await;
    let kept = |world: &World| fs::read_dir(world.logs()).expect("the logs").count();
    let files = kept(&world);
    set(&clocks.sink, 2_000 * DAY);
    for _ in 0..2 {
        world.stops(Program::Sink);
        world.restart(Program::Sink);
        let said = world.says(Program::Sink, "sink clock confirm").await;
        assert!(said.contains("retention"), "{said}");
    }
    assert_eq!(kept(&world), files);
    // Set right, it is as if nothing had been.
    set(&clocks.sink, 0);
    world.stops(Program::Sink);
    world.restart(Program::Sink);
    strolls(&mut shopper, 10..20).await;
    world.sees_once_everywhere(&shopper.answered).await;
    world.is_done_with(Program::Sink, "sink clock confirm").await;
    world.ledger_holds();
    // And if it was right, it is told so.
    set(&clocks.sink, 2_000 * DAY);
    world.stops(Program::Sink);
    world.tells_sink(&["clock", "confirm"]);
    world.restart(Program::Sink);
    let since = Instant::now();
    while world.number("SELECT count(*) FROM user_activity_log").await > 0 || kept(&world) >= files {
        assert!(since.elapsed() < PATIENCE, "what is too old is never deleted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
