//! The ways through the shop: from page to page, the most frequent paths, and what comes before and after one page.

use std::collections::HashMap;
use std::ops::Range;

use schemas::EventType;

use crate::definitions as means;
use crate::events::{SessionIndex, Symbol};
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

/// The pages that sessions looked at, each without those that follow themselves.
struct Paths {
    sessions: Vec<(SessionIndex, Range<usize>)>,
    /// All of them behind each other: a list for each of some hundred thousand sessions would take longer to make than to read.
    pages: Vec<Symbol>,
}

/// Where a step of the flow leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Page(Symbol),
    Other,
    Left,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let (early, late) = scope.sessions().split_at(scope.sessions().len() / 2);
    let (early, late) = rayon::join(|| Paths::of(scope, early), || Paths::of(scope, late));
    let paths = early.and(late);
    report.says = format!(
        "{} sessions looked at a page.",
        Value::Count(paths.sessions.len() as u64).shown()
    );
    let page = scope.question.own("page").unwrap_or("products.detail");
    let ((flow, before), (frequent, after)) = rayon::join(
        || (flow(scope, &paths), beside(scope, &paths, ("before", page))),
        || (frequent(scope, &paths), beside(scope, &paths, ("after", page))),
    );
    report.tables.extend([flow, frequent, before, after]);
}

impl Paths {
    /// Those of some sessions.
    fn of(scope: &Scope<'_>, sessions: &[SessionIndex]) -> Self {
        let mut paths = Self {
            sessions: Vec::with_capacity(sessions.len()),
            pages: Vec::new(),
        };
        for session in sessions.iter().copied() {
            let begin = paths.pages.len();
            for (_, event) in scope.events(session).filter(|(_, event)| event.kind == EventType::View) {
                if paths.pages[begin..].last() != Some(&event.page) {
                    paths.pages.push(event.page);
                }
            }
            if paths.pages.len() > begin {
                paths.sessions.push((session, begin..paths.pages.len()));
            }
        }
        paths
    }

    /// These, and then those.
    fn and(mut self, others: Self) -> Self {
        let begin = self.pages.len();
        let moved = others.sessions.into_iter();
        let moved = moved.map(|(session, range)| (session, range.start + begin..range.end + begin));
        self.sessions.extend(moved);
        self.pages.extend(others.pages);
        self
    }

    fn walked(&self) -> impl Iterator<Item = (SessionIndex, &[Symbol])> {
        let all = self.sessions.iter();
        all.map(|(session, range)| (*session, &self.pages[range.clone()]))
    }
}

fn flow(scope: &Scope<'_>, paths: &Paths) -> Table {
    let kept: Vec<Vec<Symbol>> = (0..STEPS).map(|step| most(scope, paths, step)).collect();
    let node = |path: &[Symbol], step: usize| match path.get(step) {
        None => Node::Left,
        Some(page) if kept[step].contains(page) => Node::Page(*page),
        Some(_) => Node::Other,
    };
    let called = |node: Node| match node {
        Node::Page(page) => scope.log.names.text(page),
        Node::Other => OTHER,
        Node::Left => LEFT,
    };
    let mut bands: HashMap<(usize, Node, Node), Tally> = HashMap::new();
    for (session, path) in paths.walked() {
        for step in 0..(STEPS - 1).min(path.len()) {
            let (from, to) = (node(path, step), node(path, step + 1));
            let fresh = || {
                let name = format!("flow/{step}/{}/{}", called(from), called(to));
                scope.tally(name, Unit::Sessions)
            };
            bands.entry((step, from, to)).or_insert_with(fresh).add(session);
        }
    }
    let columns = [
        ("step", "Step"),
        ("from", "From"),
        ("to", "To"),
        ("sessions", "Sessions"),
    ];
    let mut table = Table::new("flow", "From page to page, from the entry on", &columns).meaning(means::ENTRY);
    let named = bands
        .into_iter()
        .map(|((step, from, to), tally)| (step, called(from), called(to), tally));
    let mut bands: Vec<(usize, &str, &str, Tally)> = named.collect();
    bands.sort_by_key(|(step, from, to, tally)| (*step, std::cmp::Reverse(tally.count), *from, *to));
    for (step, from, to, tally) in bands {
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
fn most(scope: &Scope<'_>, paths: &Paths, step: usize) -> Vec<Symbol> {
    let mut counts: HashMap<Symbol, u64> = HashMap::new();
    for page in paths.walked().filter_map(|(_, path)| path.get(step)) {
        *counts.entry(*page).or_default() += 1;
    }
    let mut counts: Vec<(Symbol, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(page, count)| (std::cmp::Reverse(*count), scope.log.names.text(*page)));
    let room = if counts.len() > NODES { NODES - 1 } else { NODES };
    counts.into_iter().take(room).map(|(page, _)| page).collect()
}

fn frequent(scope: &Scope<'_>, paths: &Paths) -> Table {
    // The first steps of a path, and whether it goes on.
    type Begin = ([Option<Symbol>; STEPS], bool);
    let called = |(steps, goes_on): Begin| {
        let pages = steps.into_iter().flatten().map(|page| scope.log.names.text(page));
        let mut shown: Vec<&str> = pages.collect();
        if goes_on {
            shown.push("…");
        }
        shown.join(" → ")
    };
    let mut counts: HashMap<Begin, Tally> = HashMap::new();
    for (session, path) in paths.walked() {
        let mut steps = [None; STEPS];
        for (step, page) in steps.iter_mut().zip(path) {
            *step = Some(*page);
        }
        let begin = (steps, path.len() > STEPS);
        let fresh = || scope.tally(format!("paths/{}", called(begin)), Unit::Sessions);
        counts.entry(begin).or_insert_with(fresh).add(session);
    }
    let mut counts: Vec<(String, Tally)> = counts
        .into_iter()
        .map(|(begin, tally)| (called(begin), tally))
        .collect();
    counts.sort_by(|left, right| right.1.count.cmp(&left.1.count).then_with(|| left.0.cmp(&right.0)));
    let mut table = Table::new(
        "paths",
        "The most frequent paths",
        &[("path", "Path"), ("sessions", "Sessions"), ("share", "Share")],
    );
    for (path, tally) in counts.into_iter().take(PATHS) {
        let share = Value::share(tally.count, paths.sessions.len() as u64);
        table
            .rows
            .push(vec![Cell::text(path), scope.cell(tally), Cell::of(share)]);
    }
    table
}

/// The pages right before or right after one page, by how often.
fn beside(scope: &Scope<'_>, paths: &Paths, (side, page): (&'static str, &str)) -> Table {
    let wanted = scope.page(page);
    let called = |other: Option<Symbol>| match other {
        Some(page) => scope.log.names.text(page),
        None if side == "before" => CAME,
        None => LEFT,
    };
    let mut counts: HashMap<Option<Symbol>, Tally> = HashMap::new();
    for (session, path) in paths.walked() {
        for place in (0..path.len()).filter(|place| Some(path[*place]) == wanted) {
            let other = match side {
                "before" => place.checked_sub(1),
                _ => Some(place + 1),
            };
            let other = other.and_then(|other| path.get(other)).copied();
            let fresh = || scope.tally(format!("{side}/{}", called(other)), Unit::Sessions);
            counts.entry(other).or_insert_with(fresh).add(session);
        }
    }
    let id = if side == "before" { "before" } else { "after" };
    let mut table = Table::new(
        id,
        format!("Right {side} {page}"),
        &[("page", "Page"), ("times", "Times")],
    );
    let named = counts.into_iter().map(|(other, tally)| (called(other), tally));
    let mut counts: Vec<(&str, Tally)> = named.collect();
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
