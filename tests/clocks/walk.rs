//! Forty-five days are walked through by real processes, and thirty are left of them everywhere.

use std::collections::BTreeMap;
use std::time::Instant;

use schemas::{Clock, Topic};

use super::{Clocks, DAY};
use crate::world::evidence::Found;
use crate::world::process::PATIENCE;
use crate::world::servers::BrokerKind;
use crate::world::visitor::Answered;
use crate::world::{Program, World, assert_holds};

const WALKED: i64 = 45;
const KEPT: i64 = 30;
/// Retention looks when a program starts (and every hour, which a test does not wait for).
const DAYS_BETWEEN_STARTS: i64 = 4;
/// A topic's newest segment takes messages for a week before it can go.
const SEGMENT_DAYS: i64 = 7;

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_five_days_thirty_are_left_in_files_table_topics_and_journal() {
    let Some(mut world) = World::without_broker("forty-five days") else {
        return;
    };
    let clocks = Clocks::of(&mut world);
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut days: BTreeMap<i64, Vec<Answered>> = BTreeMap::new();
    for day in 0..=WALKED {
        clocks.all_jump_to(day * DAY);
        if day % DAYS_BETWEEN_STARTS == 0 {
            starts_again(&mut world);
        }
        // Somebody new, who buys a thing: facts are kept as well.
        let mut shopper = world.visitor();
        shopper.looks_at(101).await.expect("the shop serves on any day");
        shopper.adds(101, 1).await.expect("the shop serves on any day");
        world.sees_once_everywhere(&shopper.answered).await;
        days.insert(day, shopper.answered);
    }
    starts_again(&mut world);
    let left: Vec<Answered> = days
        .range(WALKED - KEPT + 1..)
        .flat_map(|(_, answered)| answered.clone())
        .collect();
    let today = Clock::system().now().plus_micros(WALKED * DAY * 1_000_000);
    let age = |event_id: &str| (today.unix_millis() - milliseconds(event_id)) / (DAY * 1000);
    let oldest = |ids: &mut dyn Iterator<Item = &String>| ids.map(|id| age(id)).max().unwrap_or(0);
    // Apache Kafka keeps the machine's time, in which all this is yet to come.
    let on_topics = match world.broker.kind() {
        BrokerKind::Embedded => KEPT - 1..=KEPT + SEGMENT_DAYS + DAYS_BETWEEN_STARTS,
        BrokerKind::ApacheKafka => WALKED..=WALKED,
    };
    let since = Instant::now();
    loop {
        let seen = world.sees_once_everywhere(&left).await;
        let files = oldest(&mut seen.files.by_id.keys());
        let rows = oldest(&mut seen.rows.keys());
        // What is sold stays on its compacted topic, however long ago it was said.
        let kept_for_a_time = |found: &[Found]| found.iter().any(|found| found.place != Topic::Product.name());
        let on_them = seen.topics.by_id.iter().filter(|(_, found)| kept_for_a_time(found));
        let topics = oldest(&mut on_them.map(|(id, _)| id));
        if files == KEPT && rows == KEPT && on_topics.contains(&topics) {
            break;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "days in the files: {files}, in the table: {rows}, on the topics: {topics}"
        );
    }
    world.has_sent_all(Program::Shop).await;

    let mut in_journal = 0;
    journal::inspect(&world.folder_of(Program::Shop), |entry| {
        in_journal = in_journal.max(age(&entry.event_id.to_string()));
    })
    .expect("the journal can be read");
    assert!(
        in_journal <= 1,
        "what was sent {in_journal} days ago lies in the journal"
    );
    // What is past the retention is expired, not lost: the ledger looks at the same clock.
    assert_holds(world.audit().env("DE_SHOP_CLOCK_OFFSET", &clocks.sink));
}

fn starts_again(world: &mut World) {
    for part in [Program::Sink, Program::Broker] {
        world.stops(part);
    }
    world.starts(&[Program::Broker, Program::Sink]);
}

/// When an event was, in milliseconds since 1970: its id is a `UUIDv7`.
fn milliseconds(event_id: &str) -> i64 {
    let digits: String = event_id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    i64::from_str_radix(&digits, 16).expect("a UUID")
}
