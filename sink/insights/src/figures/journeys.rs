//! The ways through the shop: from page to page, the most frequent paths, and what comes before and after one page.

use std::collections::HashMap;

use schemas::EventType;

use super::{Listed, over_stretches};
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

/// Where a step of the flow leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Page(Symbol),
    Other,
    Left,
}

/// How a path begins: the pages of its first steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Beginning {
    pages: [Symbol; STEPS],
    length: u8,
    goes_on: bool,
}

impl Beginning {
    fn of(path: &[Symbol]) -> Self {
        let length = path.len().min(STEPS);
        let mut pages = [Symbol::NONE; STEPS];
        pages[..length].copy_from_slice(&path[..length]);
        Self {
            pages,
            length: length as u8,
            goes_on: path.len() > STEPS,
        }
    }

    fn pages(&self) -> &[Symbol] {
        &self.pages[..usize::from(self.length)]
    }
}

/// The sessions that looked at a page, by how their paths begin. Many begin alike, so that most is worked out once for each beginning.
#[derive(Default)]
struct Paths {
    /// Each session, and the number of its beginning.
    sessions: Vec<(SessionIndex, u32)>,
    beginnings: Vec<Beginning>,
    numbers: HashMap<Beginning, u32>,
}

/// What was right beside one page: how often, by the other page.
type Beside = Listed<Option<Symbol>, Tally>;

/// What is counted of the paths of some sessions.
#[derive(Default)]
struct Counts {
    paths: Paths,
    before: Beside,
    after: Beside,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let page = scope.question.own("page").unwrap_or("products.detail");
    let counts = counts(scope, scope.page(page));
    let paths = counts.paths;
    report.says = format!(
        "{} sessions looked at a page.",
        Value::Count(paths.sessions.len() as u64).shown()
    );
    let (flow, frequent) = rayon::join(|| flow(scope, &paths), || frequent(scope, &paths));
    let before = beside(scope, counts.before, ("before", page));
    let after = beside(scope, counts.after, ("after", page));
    report.tables.extend([flow, frequent, before, after]);
}

fn counts(scope: &Scope<'_>, page: Option<Symbol>) -> Counts {
    let walk = |sessions: &[SessionIndex]| {
        let (mut counts, mut path) = (Counts::default(), Vec::new());
        for session in sessions {
            read_path(scope, *session, &mut path);
            counts.add(scope, page, (*session, &path));
        }
        counts
    };
    over_stretches(scope.sessions(), walk, Counts::append)
}

/// The pages that a session looked at, without those that follow themselves.
fn read_path(scope: &Scope<'_>, session: SessionIndex, path: &mut Vec<Symbol>) {
    let events = scope.events(session).map(|(_, event)| event);
    path.clear();
    path.extend(
        events
            .filter(|event| event.kind == EventType::View)
            .map(|event| event.page),
    );
    path.dedup();
}

impl Counts {
    fn add(&mut self, scope: &Scope<'_>, page: Option<Symbol>, (session, path): (SessionIndex, &[Symbol])) {
        if path.is_empty() {
            return;
        }
        let beginning = self.paths.number(Beginning::of(path));
        self.paths.sessions.push((session, beginning));
        for place in (0..path.len()).filter(|place| Some(path[*place]) == page) {
            let before = place.checked_sub(1).map(|before| path[before]);
            let after = path.get(place + 1).copied();
            let fresh =
                |side, other| move || scope.tally(format!("{side}/{}", name(scope, side, other)), Unit::Sessions);
            self.before.item(before, fresh("before", before)).add(session);
            self.after.item(after, fresh("after", after)).add(session);
        }
    }

    fn append(&mut self, later: Self) {
        self.paths.append(later.paths);
        self.before.append(later.before, Tally::append);
        self.after.append(later.after, Tally::append);
    }
}

impl Paths {
    fn number(&mut self, beginning: Beginning) -> u32 {
        let next = self.beginnings.len() as u32;
        let number = *self.numbers.entry(beginning).or_insert(next);
        if number == next {
            self.beginnings.push(beginning);
        }
        number
    }

    fn append(&mut self, later: Self) {
        let numbers = later.beginnings.into_iter().map(|beginning| self.number(beginning));
        let numbers: Vec<u32> = numbers.collect();
        let sessions = later.sessions.into_iter();
        self.sessions
            .extend(sessions.map(|(session, beginning)| (session, numbers[beginning as usize])));
    }

    /// How many sessions each beginning has.
    fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.beginnings.len()];
        for (_, beginning) in &self.sessions {
            counts[*beginning as usize] += 1;
        }
        counts
    }
}

fn flow(scope: &Scope<'_>, paths: &Paths) -> Table {
    let counts = paths.counts();
    let kept: Vec<Vec<Symbol>> = (0..STEPS).map(|step| most(scope, (paths, &counts), step)).collect();
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
    let mut bands: Vec<(usize, Node, Node, Tally)> = Vec::new();
    let mut places: HashMap<(usize, Node, Node), usize> = HashMap::new();
    let mut band = |step: usize, path: &[Symbol]| {
        let (from, to) = (node(path, step), node(path, step + 1));
        *places.entry((step, from, to)).or_insert_with(|| {
            let name = format!("flow/{step}/{}/{}", called(from), called(to));
            bands.push((step, from, to, scope.tally(name, Unit::Sessions)));
            bands.len() - 1
        })
    };
    // The bands of each beginning: one for each of its steps.
    let through = paths.beginnings.iter().map(|beginning| {
        let path = beginning.pages();
        (0..(STEPS - 1).min(path.len())).map(|step| band(step, path)).collect()
    });
    let through: Vec<Vec<usize>> = through.collect();
    for (session, beginning) in &paths.sessions {
        for band in &through[*beginning as usize] {
            bands[*band].3.add(*session);
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
        .map(|(step, from, to, tally)| (step, called(from), called(to), tally));
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
fn most(scope: &Scope<'_>, (paths, sessions): (&Paths, &[u64]), step: usize) -> Vec<Symbol> {
    let mut counts: HashMap<Symbol, u64> = HashMap::new();
    for (beginning, sessions) in paths.beginnings.iter().zip(sessions) {
        if let Some(page) = beginning.pages().get(step) {
            *counts.entry(*page).or_default() += sessions;
        }
    }
    let mut counts: Vec<(Symbol, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(page, count)| (std::cmp::Reverse(*count), scope.log.names.text(*page)));
    let room = if counts.len() > NODES { NODES - 1 } else { NODES };
    counts.into_iter().take(room).map(|(page, _)| page).collect()
}

fn frequent(scope: &Scope<'_>, paths: &Paths) -> Table {
    let counted = paths.beginnings.iter().map(|beginning| {
        let pages = beginning.pages().iter().map(|page| scope.log.names.text(*page));
        let path: Vec<&str> = pages.chain(beginning.goes_on.then_some("…")).collect();
        let path = path.join(" → ");
        let tally = scope.tally(format!("paths/{path}"), Unit::Sessions);
        (path, tally)
    });
    let mut counts: Vec<(String, Tally)> = counted.collect();
    for (session, beginning) in &paths.sessions {
        counts[*beginning as usize].1.add(*session);
    }
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

/// What stands for the other page.
fn name<'s>(scope: &'s Scope<'_>, side: &str, other: Option<Symbol>) -> &'s str {
    match other {
        Some(page) => scope.log.names.text(page),
        None if side == "before" => CAME,
        None => LEFT,
    }
}

/// The pages right before or right after one page, by how often.
fn beside(scope: &Scope<'_>, counts: Beside, (side, page): (&'static str, &str)) -> Table {
    let mut table = Table::new(
        side,
        format!("Right {side} {page}"),
        &[("page", "Page"), ("times", "Times")],
    );
    let counts = counts.into_items().into_iter();
    let named = counts.map(|(other, tally)| (name(scope, side, other), tally));
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
