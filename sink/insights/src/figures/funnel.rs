//! The funnel: how far people get on the way to an order, and where they leave to.

use std::collections::{BTreeMap, HashMap};

use schemas::EventType;

use super::percentile::percentile;
use super::{Matcher, Segment, Step, pages};
use crate::definitions as means;
use crate::events::{Event, SessionIndex, Symbol, Visitor};
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

const DAY: i64 = 86_400_000_000;
/// The most steps that a page shows.
const MOST_STEPS: usize = 8;
/// The upper ends of the times in the distribution, in seconds.
const BUCKETS: [(i64, &str); 9] = [
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (120, "2 min"),
    (300, "5 min"),
    (900, "15 min"),
    (1800, "30 min"),
    (86_400, "1 day"),
    (i64::MAX, "more"),
];

/// What is asked of a funnel.
struct Asked {
    steps: Vec<Step>,
    matchers: Vec<Matcher>,
    open: bool,
    /// Within so many days of a visitor; within a session when none.
    days: Option<i64>,
}

/// How far one session or visitor came: the event of each step, and what came after the last one.
struct Way {
    session: SessionIndex,
    /// When each step was reached; as many as there are steps count.
    reached: [Option<i64>; MOST_STEPS],
    next_page: Option<Symbol>,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let asked = asked(scope, report);
    let (ways, pages) = rayon::join(|| ways(scope, &asked), || pages::table(scope));
    let ((steps, split), (leavers, times)) = rayon::join(
        || (steps(scope, &asked, &ways), split(scope, &asked, &ways)),
        || (leavers(scope, &asked, &ways), times(scope, &asked, &ways)),
    );
    report.says = says(&steps);
    report.tables.extend([steps, leavers, times, split, pages]);
    report.notes.push(format!(
        "Exit: {} Bounce: {}",
        means::EXIT.meaning,
        means::BOUNCE.meaning
    ));
}

fn asked(scope: &Scope<'_>, report: &mut Report) -> Asked {
    let written = scope.question.own("steps").unwrap_or_default();
    let mut steps = Vec::new();
    for text in written.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match Step::read(text) {
            Some(step) => steps.push(step),
            None => report.notes.push(format!(
                "There is no step {text}: an event type, view:PAGE or any is one."
            )),
        }
    }
    if steps.is_empty() {
        steps = Step::usual();
    }
    steps.truncate(MOST_STEPS);
    Asked {
        matchers: steps.iter().map(|step| step.matcher(scope.log)).collect(),
        steps,
        open: scope.question.own("order") == Some("open"),
        days: scope
            .question
            .own("within")
            .and_then(|days| days.parse().ok())
            .filter(|days| (1..=90).contains(days)),
    }
}

fn unit(asked: &Asked) -> Unit {
    if asked.days.is_some() {
        Unit::Visitors
    } else {
        Unit::Sessions
    }
}

fn ways(scope: &Scope<'_>, asked: &Asked) -> Vec<Way> {
    match asked.days {
        None => of_sessions(scope, asked),
        Some(days) => of_visitors(scope, asked, days),
    }
}

fn of_sessions(scope: &Scope<'_>, asked: &Asked) -> Vec<Way> {
    let mut events: Vec<&Event> = Vec::new();
    let way = |session: &SessionIndex| {
        events.clear();
        events.extend(scope.events(*session).map(|(_, event)| event));
        walk(asked, *session, &events)
    };
    scope.sessions().iter().map(way).collect()
}

/// Each visitor's way begins with the first session that begins in the range, and ends so many days later.
fn of_visitors(scope: &Scope<'_>, asked: &Asked, days: i64) -> Vec<Way> {
    let mut firsts: BTreeMap<Visitor, SessionIndex> = BTreeMap::new();
    for session in scope.sessions() {
        firsts.entry(scope.facts(*session).visitor).or_insert(*session);
    }
    let mut firsts: Vec<(Visitor, SessionIndex)> = firsts.into_iter().collect();
    firsts.sort_by_key(|(_, session)| scope.facts(*session).first);
    let way = |(visitor, first): (Visitor, SessionIndex)| {
        let begins = scope.facts(first).first;
        let sessions = scope
            .arranged
            .of_visitor(visitor)
            .iter()
            .filter(|session| scope.facts(**session).first >= begins);
        let all = sessions.flat_map(|session| scope.events(*session));
        let mut events: Vec<&Event> = all.map(|(_, event)| event).collect();
        events.sort_by_key(|event| (event.at, event.sequence));
        events.retain(|event| event.at < begins + days * DAY);
        walk(asked, first, &events)
    };
    firsts.into_iter().map(way).collect()
}

fn walk(asked: &Asked, session: SessionIndex, events: &[&Event]) -> Way {
    let mut reached = [None; MOST_STEPS];
    let mut last = None;
    if asked.open {
        for (step, reached) in asked.matchers.iter().zip(&mut reached) {
            *reached = events.iter().find(|event| step.is(event)).map(|event| event.at);
        }
    } else {
        let mut from = 0;
        for (step, reached) in asked.matchers.iter().zip(&mut reached) {
            let found = events[from..].iter().position(|event| step.is(event));
            let Some(place) = found.map(|place| place + from) else {
                break;
            };
            *reached = Some(events[place].at);
            last = Some(place);
            // The visit's first event may itself be the next step: coming is no event of its own.
            from = if matches!(step, Matcher::Any) { place } else { place + 1 };
        }
    }
    let after = last.and_then(|last| events.get(last + 1..)).unwrap_or_default();
    let next = after.iter().find(|event| event.kind == EventType::View);
    Way {
        session,
        reached,
        next_page: next.map(|event| event.page),
    }
}

fn steps(scope: &Scope<'_>, asked: &Asked, ways: &[Way]) -> Table {
    let who = if asked.days.is_some() { "Visitors" } else { "Sessions" };
    let columns = [
        ("step", "Step"),
        ("reached", who),
        ("of_first", "Of the first"),
        ("of_previous", "Of the step before"),
        ("left", "Left here"),
        ("median_ms", "Time since the step before, median"),
    ];
    let kind = if asked.open { "open" } else { "closed" };
    let mut table = Table::new("steps", format!("Funnel, {kind}"), &columns).meaning(means::STEP);
    let (mut first, mut previous) = (0, 0);
    for (number, step) in asked.steps.iter().enumerate() {
        let mut reached = scope.tally(format!("steps/{number}/reached"), unit(asked));
        let mut left = scope.tally(format!("steps/{number}/left"), unit(asked));
        let mut times = Vec::new();
        for way in ways {
            let Some(at) = way.reached[number] else { continue };
            reached.add(way.session);
            if number + 1 < asked.steps.len() && way.reached[number + 1].is_none() {
                left.add(way.session);
            }
            if let Some(before) = number.checked_sub(1).and_then(|before| way.reached[before]) {
                times.push(((at - before) as f64 / 1000.0) as f32);
            }
        }
        if number == 0 {
            (first, previous) = (reached.count, reached.count);
        }
        let shares = (
            Value::share(reached.count, first),
            Value::share(reached.count, previous),
        );
        previous = reached.count;
        table.rows.push(vec![
            Cell::text(step.label()),
            scope.cell(reached),
            Cell::of(shares.0),
            Cell::of(shares.1),
            scope.cell(left),
            Cell::of(percentile(&mut times, 0.5).map_or(Value::Nothing, Value::Millis)),
        ]);
    }
    table.drawn(Plot::Funnel { label: 0, value: 1 })
}

fn says(steps: &Table) -> String {
    let worst = steps
        .rows
        .iter()
        .skip(1)
        .filter_map(|row| Some((row[3].value.number()?, row[0].value.shown())));
    let worst = worst.min_by(|left, right| left.0.total_cmp(&right.0));
    match (steps.rows.last(), worst) {
        (Some(last), Some((share, step))) => {
            let all = last[2].value.shown();
            let loss = Value::Share(1.0 - share).shown();
            format!("{all} go all the way; the largest loss is before \"{step}\": {loss} don't get there.")
        }
        _ => "Nobody came in this range.".to_owned(),
    }
}

/// Where those go on who did not reach the next step.
fn leavers(scope: &Scope<'_>, asked: &Asked, ways: &[Way]) -> Table {
    let mut all: HashMap<(usize, Option<Symbol>), Tally> = HashMap::new();
    let name = |page: Option<Symbol>| page.map_or("(left the shop)", |page| scope.log.names.text(page));
    for way in ways {
        let reached = way.reached.iter().take_while(|reached| reached.is_some()).count();
        if reached == 0 || reached == asked.steps.len() {
            continue;
        }
        let place = (reached - 1, way.next_page);
        let fresh = || scope.tally(format!("leavers/{}/{}", place.0, name(place.1)), unit(asked));
        all.entry(place).or_insert_with(fresh).add(way.session);
    }
    let mut table = Table::new(
        "leavers",
        "Where those go who don't reach the next step",
        &[("after", "After"), ("next", "Next page"), ("count", "How many")],
    );
    let named = all.into_iter().map(|((step, page), tally)| ((step, name(page)), tally));
    let mut all: Vec<((usize, &str), Tally)> = named.collect();
    all.sort_by_key(|((step, page), tally)| (*step, std::cmp::Reverse(tally.count), *page));
    for ((step, page), tally) in all {
        table.rows.push(vec![
            Cell::text(asked.steps[step].label()),
            Cell::text(page),
            scope.cell(tally),
        ]);
    }
    table
}

/// How long the whole way takes those who go it.
fn times(scope: &Scope<'_>, asked: &Asked, ways: &[Way]) -> Table {
    let mut all: Vec<Tally> = BUCKETS
        .iter()
        .map(|(_, label)| scope.tally(format!("times/{label}"), unit(asked)))
        .collect();
    for way in ways {
        let (Some(first), Some(last)) = (way.reached[0], way.reached[asked.steps.len() - 1]) else {
            continue;
        };
        let seconds = (last - first).max(0) / 1_000_000;
        if let Some(bucket) = BUCKETS.iter().position(|(end, _)| seconds < *end) {
            all[bucket].add(way.session);
        }
    }
    let mut table = Table::new(
        "times",
        "Time from the first step to the last",
        &[("below", "Less than"), ("count", "How many")],
    );
    table.rows = all
        .into_iter()
        .zip(BUCKETS)
        .map(|(tally, (_, label))| vec![Cell::text(label), scope.cell(tally)])
        .collect();
    table.drawn(Plot::Histogram {
        label: 0,
        value: 1,
        unit: if asked.days.is_some() { "visitors" } else { "sessions" },
    })
}

fn split(scope: &Scope<'_>, asked: &Asked, ways: &[Way]) -> Table {
    let segment = Segment::asked(scope);
    let mut by_key: BTreeMap<u32, (Tally, Tally)> = BTreeMap::new();
    for way in ways {
        let key = segment.key(scope, way.session);
        let (began, ended) = by_key.entry(key).or_insert_with(|| {
            let name = segment.called(scope, key);
            let tally = |what: &str| scope.tally(format!("split/{name}/{what}"), unit(asked));
            (tally("first"), tally("last"))
        });
        if way.reached[0].is_some() {
            began.add(way.session);
        }
        if way.reached[asked.steps.len() - 1].is_some() {
            ended.add(way.session);
        }
    }
    let all: BTreeMap<String, (Tally, Tally)> = by_key
        .into_iter()
        .map(|(key, tallies)| (segment.called(scope, key), tallies))
        .collect();
    let columns = [
        ("segment", "Segment"),
        ("first", "First step"),
        ("last", "Last step"),
        ("share", "Share"),
    ];
    let mut table = Table::new("split", format!("By {}", segment.name()), &columns);
    for (name, (began, ended)) in all {
        let share = Value::share(ended.count, began.count);
        table.rows.push(vec![
            Cell::text(name),
            scope.cell(began),
            scope.cell(ended),
            Cell::of(share),
        ]);
    }
    table.drawn(Plot::Bars {
        label: 0,
        value: 3,
        unit: "of the first step",
    })
}
