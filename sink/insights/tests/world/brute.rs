//! The same figures, worked out a second time from the lines of the log files, as plainly as can be and by nothing of the crate's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

const DAY: i64 = 86_400_000_000;

/// An event of the files.
pub struct Event {
    pub at: i64,
    pub sequence: i64,
    pub instance: String,
    pub session: String,
    pub json: Value,
}

impl Event {
    pub fn kind(&self) -> &str {
        self.json["event_type"].as_str().unwrap_or_default()
    }

    pub fn page(&self) -> &str {
        let details = &self.json["details"];
        details["page_endpoint"]
            .as_str()
            .or(details["page"].as_str())
            .unwrap_or_default()
    }
}

/// The lines, each event once, by session, in order; crawlers' sessions left out.
pub fn sessions(lines: &[String]) -> BTreeMap<String, Vec<Event>> {
    let mut seen = BTreeSet::new();
    let mut sessions: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for line in lines {
        let json: Value = serde_json::from_str(line).expect("a line");
        if !seen.insert(json["event_id"].to_string()) {
            continue;
        }
        let event = Event {
            at: schemas::Timestamp::parse(json["timestamp"].as_str().expect("a time"))
                .expect("a time")
                .unix_micros(),
            sequence: json["source"]["sequence"].as_i64().expect("a sequence"),
            instance: json["source"]["instance"].as_str().expect("a name").to_owned(),
            session: json["session_id"].as_str().expect("a session").to_owned(),
            json,
        };
        sessions.entry(event.session.clone()).or_default().push(event);
    }
    for events in sessions.values_mut() {
        events.sort_by(|left, right| {
            (left.at, left.sequence, &left.instance).cmp(&(right.at, right.sequence, &right.instance))
        });
    }
    sessions.retain(|_, events| events.iter().all(|event| event.json["bot"] != Value::Bool(true)));
    sessions
}

pub fn visitor(session: &str, events: &[Event]) -> String {
    let named = events.iter().find_map(|event| event.json["visitor_id"].as_str());
    named.map_or_else(|| format!("session {session}"), str::to_owned)
}

/// Figures by name, such as `overview.sessions` or `popular.products/101/viewed`.
pub fn figures(lines: &[String], from: i64, to: i64) -> BTreeMap<String, i64> {
    let all = sessions(lines);
    let mut figures: BTreeMap<String, i64> = BTreeMap::new();
    let mut add = |name: String, count: i64| *figures.entry(name).or_default() += count;
    let mut firsts: HashMap<String, (i64, String)> = HashMap::new();
    for (session, events) in &all {
        let key = (events[0].at, session.clone());
        let first = firsts.entry(visitor(session, events)).or_insert_with(|| key.clone());
        *first = key.min(first.clone());
    }
    let begun = |events: &[Event]| from <= events[0].at && events[0].at < to;
    let (mut visitors, mut new) = (BTreeSet::new(), BTreeSet::new());
    for (session, events) in all.iter().filter(|(_, events)| begun(events)) {
        let visitor = visitor(session, events);
        add("overview.sessions".into(), 1);
        if firsts[&visitor].1 == *session {
            new.insert(visitor.clone());
        }
        visitors.insert(visitor);
        add(
            "overview.converting_sessions".into(),
            i64::from(events.iter().any(|event| event.kind() == "order_placed")),
        );
        let views: Vec<&str> = events
            .iter()
            .filter(|event| event.kind() == "view")
            .map(Event::page)
            .collect();
        for page in &views {
            add(format!("funnel.pages/{page}/views"), 1);
        }
        if let (Some(first), Some(last)) = (views.first(), views.last()) {
            add(format!("funnel.pages/{first}/entries"), 1);
            add(format!("funnel.pages/{last}/exits"), 1);
            add(format!("funnel.pages/{last}/bounces"), i64::from(views.len() == 1));
        }
        for step in 0..=furthest(events) {
            add(format!("funnel.steps/{step}/reached"), 1);
        }
    }
    add("overview.visitors".into(), visitors.len() as i64);
    add("overview.new_visitors".into(), new.len() as i64);
    add(
        "overview.returning_visitors".into(),
        (visitors.len() - new.len()) as i64,
    );
    for event in all.values().flatten().filter(|event| from <= event.at && event.at < to) {
        let details = &event.json["details"];
        match event.kind() {
            "view" => {
                add("overview.views".into(), 1);
                if let Some(product) = details["product_id"].as_i64() {
                    add(format!("popular.products/{product}/viewed"), 1);
                }
            }
            "order_placed" => {
                add("overview.orders".into(), 1);
                add("overview.revenue".into(), details["total"].as_i64().unwrap_or(0));
                let mut held = BTreeSet::new();
                for line in details["items"].as_array().into_iter().flatten() {
                    let product = line["product_id"].as_i64().unwrap_or(0);
                    // Two lines of one product are one order with it.
                    if held.insert(product) {
                        add(format!("popular.products/{product}/sold"), 1);
                    }
                    let revenue = line["quantity"].as_i64().unwrap_or(0) * line["unit_price"].as_i64().unwrap_or(0);
                    add(format!("popular.products/{product}/revenue"), revenue);
                }
            }
            "order_cancelled" => add("overview.cancelled".into(), 1),
            "cart_add" => add(format!("popular.products/{}/added", details["product_id"]), 1),
            "click" => add(format!("popular.products/{}/clicked", details["product_id"]), 1),
            "impression" => {
                for tile in details["tiles"].as_array().into_iter().flatten() {
                    add(format!("popular.products/{}/seen", tile["product_id"]), 1);
                }
            }
            "search" => {
                add("searches.all/searches".into(), 1);
                let query = details["query"].as_str().unwrap_or_default().trim().to_lowercase();
                add(format!("searches.queries/{query}/searches"), 1);
                add(
                    format!("searches.queries/{query}/empty"),
                    i64::from(details["result_count"] == 0),
                );
            }
            "dwell" => add(format!("attention.dwell/{}", event.page()), 1),
            "page_performance" => add(format!("performance.vitals/{}", event.page()), 1),
            _ => {}
        }
    }
    figures
}

/// The last step of the usual funnel that the events reach, one after the other.
fn furthest(events: &[Event]) -> usize {
    let is = |event: &Event, step: usize| match step {
        1 => event.kind() == "view" && event.page() == "products.detail",
        2 => event.kind() == "cart_add",
        3 => event.kind() == "view" && event.page() == "checkout.index",
        _ => event.kind() == "order_placed",
    };
    let mut reached = 0;
    for event in events {
        if reached < 4 && is(event, reached + 1) {
            reached += 1;
        }
    }
    reached
}

/// Visitors by the week (from Monday) of their first session, and how many of them came in each week after.
pub fn triangle(lines: &[String], local: impl Fn(i64) -> i64) -> BTreeMap<(i64, i64), BTreeSet<String>> {
    // 1970-01-01 was a Thursday.
    let week = |at: i64| (local(at).div_euclid(DAY) + 3).div_euclid(7);
    let all = sessions(lines);
    let mut firsts: HashMap<String, i64> = HashMap::new();
    for (session, events) in &all {
        let first = firsts.entry(visitor(session, events)).or_insert(i64::MAX);
        *first = events[0].at.min(*first);
    }
    let mut triangle: BTreeMap<(i64, i64), BTreeSet<String>> = BTreeMap::new();
    for (session, events) in &all {
        let visitor = visitor(session, events);
        let cohort = week(firsts[&visitor]);
        for event in events {
            triangle
                .entry((cohort, week(event.at) - cohort))
                .or_default()
                .insert(visitor.clone());
        }
    }
    triangle
}
