//! The simulated shop against what is known of real ones, and against itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::*;

fn settings(days: u32, visits_per_day: u32) -> Settings {
    Settings {
        seed: 7,
        from: day("2026-11-02").unwrap(),
        days,
        visits_per_day,
        scenario: None,
        out: None,
        kafka: None,
    }
}

fn events(settings: &Settings) -> Vec<Emitted> {
    settings.simulation().unwrap().collect::<Result<_, _>>().unwrap()
}

fn lines(settings: &Settings) -> Vec<Vec<u8>> {
    let seal = |emitted: &Emitted| {
        let mut line = Vec::new();
        emitted.seal_into(&mut line);
        line
    };
    events(settings).iter().map(seal).collect()
}

#[test]
fn every_event_is_one_that_the_sink_takes() {
    for emitted in events(&settings(2, 150)) {
        let mut line = Vec::new();
        emitted.seal_into(&mut line);
        let topic = emitted.event.event_type.topic();
        if let Err(error) = schemas::decode(topic, &line) {
            panic!("{error:?}: {}", String::from_utf8_lossy(&line));
        }
    }
}

#[test]
fn sequences_have_no_gap_and_arrivals_never_go_back() {
    let events = events(&settings(2, 150));
    assert!(events.len() > 5_000, "{}", events.len());
    for (place, pair) in events.windows(2).enumerate() {
        assert_eq!(pair[0].source.sequence.0, place as u64 + 1);
        assert!(pair[0].arrival <= pair[1].arrival);
    }
    let ids: BTreeSet<_> = events.iter().map(|emitted| emitted.event.event_id).collect();
    assert_eq!(ids.len(), events.len(), "each event has an id of its own");
}

#[test]
fn the_same_seed_gives_these_very_bytes_on_every_machine() {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for line in lines(&settings(2, 100)) {
        hash.update(&line);
        hash.update(b"\n");
    }
    assert_eq!(
        hex::encode(hash.finalize()),
        "e84acf9d9e7b30175d20605b536f65cb3f0d6b296d50c373d8d7b4a3acdf01d7"
    );
    assert_ne!(
        lines(&Settings {
            seed: 8,
            ..settings(1, 20)
        }),
        lines(&settings(1, 20))
    );
}

/// What the bands are about, measured over simulated visits.
#[derive(Default)]
struct Measured {
    /// Pages of each session of a person, in the order of time: type of page, product, category.
    sessions: BTreeMap<String, Vec<Value>>,
    bot_views: usize,
    bot_sessions: BTreeSet<String>,
}

/// Three days of a shop, measured once for all tests.
static MEASURED: LazyLock<Measured> = LazyLock::new(|| Measured::of(&settings(3, 2000)));

impl Measured {
    fn of(settings: &Settings) -> Self {
        let mut measured = Self::default();
        for emitted in events(settings) {
            let Ok(event) = serde_json::from_slice::<Value>(&emitted.event.json) else {
                continue;
            };
            let Some(session) = event["session_id"].as_str().map(str::to_owned) else {
                continue;
            };
            let agent = event["user_agent"].as_str().unwrap_or_default();
            if agent.contains("compatible; ") {
                measured.bot_views += usize::from(event["event_type"] == "view");
                measured.bot_sessions.insert(session);
            } else if event["event_type"] != "request" {
                measured.sessions.entry(session).or_default().push(event);
            }
        }
        measured
    }

    fn count(&self, event_type: &str) -> usize {
        let events = self.sessions.values().flatten();
        events.filter(|event| event["event_type"] == event_type).count()
    }

    fn sessions_with(&self, event_type: &str) -> usize {
        let has = |events: &&Vec<Value>| events.iter().any(|event| event["event_type"] == event_type);
        self.sessions.values().filter(has).count()
    }

    fn views(events: &[Value]) -> Vec<&Value> {
        events.iter().filter(|event| event["event_type"] == "view").collect()
    }

    fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<_> = self.sessions.values().map(|events| Self::views(events).len()).collect();
        lengths.sort_unstable();
        lengths
    }

    /// For each two products looked at one after the other: the same one, one of the same category, another.
    fn steps(&self) -> [usize; 3] {
        let mut steps = [0; 3];
        for events in self.sessions.values() {
            let products: Vec<_> = Self::views(events)
                .into_iter()
                .filter(|view| view["entity_type"] == "product")
                .map(|view| (&view["entity_id"], &view["details"]["category_id"]))
                .collect();
            for pair in products.windows(2) {
                let step = if pair[0].0 == pair[1].0 {
                    0
                } else if pair[0].1 == pair[1].1 {
                    1
                } else {
                    2
                };
                steps[step] += 1;
            }
        }
        steps
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a test")]
fn within(what: &str, part: usize, whole: usize, least: f64, most: f64) {
    let value = part as f64 / whole as f64;
    assert!(
        (least..=most).contains(&value),
        "{what}: {value} is not from {least} to {most}"
    );
}

#[test]
fn visits_are_as_long_as_in_real_shops() {
    let measured = &*MEASURED;
    let lengths = measured.lengths();
    within("mean", lengths.iter().sum(), lengths.len(), 4.0, 7.0);
    within("median", lengths[lengths.len() / 2], 1, 2.0, 4.0);
    within("99 of 100", lengths[lengths.len() * 99 / 100], 1, 20.0, 42.0);
    let people: usize = lengths.iter().sum();
    within(
        "views of bots",
        measured.bot_views,
        people + measured.bot_views,
        0.18,
        0.32,
    );
    let sessions = measured.bot_sessions.len() + lengths.len();
    within("visits of bots", measured.bot_sessions.len(), sessions, 0.009, 0.019);
}

#[test]
fn people_go_on_to_the_same_product_or_one_like_it_as_in_real_shops() {
    let measured = &*MEASURED;
    let steps = measured.steps();
    let all = steps.iter().sum();
    within("same product", steps[0], all, 0.29, 0.36);
    within("same category", steps[1], all, 0.52, 0.60);
    within("other", steps[2], all, 0.08, 0.16);
}

#[test]
fn people_buy_as_in_real_shops() {
    let measured = &*MEASURED;
    let products = measured.sessions.values().flatten();
    let looked = products.filter(|event| event["event_type"] == "view" && event["entity_type"] == "product");
    within("view to cart", measured.count("cart_add"), looked.count(), 0.01, 0.06);
    let (added, bought) = (
        measured.sessions_with("cart_add"),
        measured.sessions_with("order_placed"),
    );
    within("cart to order", bought, added, 0.32, 0.45);
    within("conversion", bought, measured.sessions.len(), 0.005, 0.04);
    assert!(measured.count("order_cancelled") > 0 && measured.count("login") > 0 && measured.count("cart_merge") > 0);
}

#[test]
fn people_come_when_people_come() {
    let world = settings(7, 5000).simulation().unwrap();
    let of = |day: u32| calendar::starts(world.world(), day, 5000);
    // 2 November 2026 is a Monday; the visitors' Saturday begins at 15:00 UTC of the fifth day.
    within("weekend", of(5).len(), of(1).len(), 0.62, 0.80);
    let hours = |hour: i64| {
        let begins = world.world().begins + 86_400_000_000 + hour * 3_600_000_000;
        of(1)
            .iter()
            .filter(|start| (begins..begins + 3_600_000_000).contains(&start.at))
            .count()
    };
    within("peak to trough", hours(13), hours(19), 2.3, 3.1);
    let guests = of(2);
    let again = guests
        .iter()
        .filter(|start| matches!(start.guest, calendar::Guest::Again(_)));
    within("returning", again.count(), guests.len(), 0.24, 0.30);
}

#[test]
fn some_pages_are_loaded_twice_within_a_second() {
    let measured = &*MEASURED;
    let mut repeated = 0;
    for events in measured.sessions.values() {
        let views = Measured::views(events);
        let at = |view: &Value| {
            let text = view["timestamp"].as_str().unwrap_or_default();
            schemas::Timestamp::parse(text).unwrap().unix_micros()
        };
        let twice = views
            .windows(2)
            .filter(|pair| pair[0]["path"] == pair[1]["path"] && at(pair[1]) - at(pair[0]) < 1_000_000);
        repeated += twice.count();
    }
    within("repetitions", repeated, measured.count("view"), 0.0003, 0.01);
}
