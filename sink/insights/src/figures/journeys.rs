//! The ways through the shop: from page to page, the most frequent paths, and what comes before and after one page.

use std::collections::{BTreeMap, HashMap};

use schemas::EventType;

use crate::definitions as means;
use crate::events::SessionIndex;
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// The flow shows so many steps, and so many pages a step; the rest are "other pages".
const STEPS: usize = 5;
const NODES: usize = 8;
const LEFT: &str = "(left)";
const CAME: &str = "(came)";
const OTHER: &str = "other pages";
/// The most paths that are listed.
const PATHS: usize = 50;

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let paths: Vec<(SessionIndex, Vec<&str>)> = scope
        .sessions()
        .iter()
        .map(|session| (*session, path(scope, *session)))
        .collect();
    let walked: Vec<(SessionIndex, Vec<&str>)> = paths.into_iter().filter(|(_, path)| !path.is_empty()).collect();
    report.says = format!(
        "{} sessions looked at a page.",
        Value::Count(walked.len() as u64).shown()
    );
    report.tables.push(flow(scope, &walked));
    report.tables.push(frequent(scope, &walked));
    let page = scope.question.own("page").unwrap_or("products.detail");
    report.tables.push(beside(scope, &walked, ("before", page)));
    report.tables.push(beside(scope, &walked, ("after", page)));
}

/// The pages of a session, without those that follow themselves.
fn path<'a>(scope: &Scope<'a>, session: SessionIndex) -> Vec<&'a str> {
    let mut path: Vec<&str> = Vec::new();
    for (_, event) in scope.events(session).filter(|(_, event)| event.kind == EventType::View) {
        let page = scope.log.names.text(event.page);
        if path.last() != Some(&page) {
            path.push(page);
        }
    }
    path
}

fn flow(scope: &Scope<'_>, walked: &[(SessionIndex, Vec<&str>)]) -> Table {
    let kept: Vec<Vec<&str>> = (0..STEPS).map(|step| most(walked, step)).collect();
    let node = |path: &[&'_ str], step: usize| match path.get(step) {
        None => LEFT.to_owned(),
        Some(page) if kept[step].contains(page) => (*page).to_owned(),
        Some(_) => OTHER.to_owned(),
    };
    let mut bands: BTreeMap<(usize, String, String), Tally> = BTreeMap::new();
    for (session, path) in walked {
        for step in 0..(STEPS - 1).min(path.len()) {
            let (from, to) = (node(path, step), node(path, step + 1));
            let fresh = || scope.tally(format!("flow/{step}/{from}/{to}"), Unit::Sessions);
            bands
                .entry((step, from.clone(), to.clone()))
                .or_insert_with(fresh)
                .add(*session);
        }
    }
    let columns = [
        ("step", "Step"),
        ("from", "From"),
        ("to", "To"),
        ("sessions", "Sessions"),
    ];
    let mut table = Table::new("flow", "From page to page, from the entry on", &columns).meaning(means::ENTRY);
    let mut bands: Vec<((usize, String, String), Tally)> = bands.into_iter().collect();
    bands.sort_by(|(left, left_count), (right, right_count)| {
        (left.0, right_count.count, &left.1, &left.2).cmp(&(right.0, left_count.count, &right.1, &right.2))
    });
    for ((step, from, to), tally) in bands {
        table.rows.push(vec![
            Cell::of(Value::Count(step as u64 + 1)),
            Cell::text(from),
            Cell::text(to),
            scope.cell(tally),
        ]);
    }
    table.drawn(Plot::Flow)
}

/// The pages of a step that most sessions were on; room is left for "other pages".
fn most<'a>(walked: &[(SessionIndex, Vec<&'a str>)], step: usize) -> Vec<&'a str> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for page in walked.iter().filter_map(|(_, path)| path.get(step)) {
        *counts.entry(page).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(page, count)| (std::cmp::Reverse(*count), *page));
    let room = if counts.len() > NODES { NODES - 1 } else { NODES };
    counts.into_iter().take(room).map(|(page, _)| page).collect()
}

fn frequent(scope: &Scope<'_>, walked: &[(SessionIndex, Vec<&str>)]) -> Table {
    let mut counts: HashMap<Vec<&str>, Tally> = HashMap::new();
    for (session, path) in walked {
        let mut shown: Vec<&str> = path.iter().copied().take(STEPS).collect();
        if path.len() > STEPS {
            shown.push("…");
        }
        let fresh = || scope.tally(format!("paths/{}", shown.join(" → ")), Unit::Sessions);
        counts.entry(shown.clone()).or_insert_with(fresh).add(*session);
    }
    let mut counts: Vec<(String, Tally)> = counts
        .into_iter()
        .map(|(path, tally)| (path.join(" → "), tally))
        .collect();
    counts.sort_by(|left, right| right.1.count.cmp(&left.1.count).then_with(|| left.0.cmp(&right.0)));
    let mut table = Table::new(
        "paths",
        "The most frequent paths",
        &[("path", "Path"), ("sessions", "Sessions"), ("share", "Share")],
    );
    for (path, tally) in counts.into_iter().take(PATHS) {
        let share = Value::share(tally.count, walked.len() as u64);
        table
            .rows
            .push(vec![Cell::text(path), scope.cell(tally), Cell::of(share)]);
    }
    table
}

/// The pages right before or right after one page, by how often.
fn beside(scope: &Scope<'_>, walked: &[(SessionIndex, Vec<&str>)], (side, page): (&'static str, &str)) -> Table {
    let mut counts: BTreeMap<&str, Tally> = BTreeMap::new();
    for (session, path) in walked {
        for place in (0..path.len()).filter(|place| path[*place] == page) {
            let other = match side {
                "before" => place.checked_sub(1).map_or(CAME, |before| path[before]),
                _ => path.get(place + 1).copied().unwrap_or(LEFT),
            };
            let fresh = || scope.tally(format!("{side}/{other}"), Unit::Sessions);
            counts.entry(other).or_insert_with(fresh).add(*session);
        }
    }
    let id = if side == "before" { "before" } else { "after" };
    let mut table = Table::new(
        id,
        format!("Right {side} {page}"),
        &[("page", "Page"), ("times", "Times")],
    );
    let mut counts: Vec<(&str, Tally)> = counts.into_iter().collect();
    counts.sort_by_key(|(page, tally)| (std::cmp::Reverse(tally.count), *page));
    table.rows = counts
        .into_iter()
        .map(|(page, tally)| vec![Cell::text(page), scope.cell(tally)])
        .collect();
    table.drawn(Plot::Bars {
        label: 0,
        value: 1,
        unit: "times",
    })
}
