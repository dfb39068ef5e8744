//! What people look for, and whether they find it.

use std::collections::BTreeMap;

use schemas::EventType;

use crate::definitions as means;
use crate::events::{Event, EventIndex, SessionIndex, Symbol};
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// Another query within this time is a refinement.
const REFINED_WITHIN: i64 = 60_000_000;

struct Counts {
    searches: Tally,
    sessions: Tally,
    empty: Tally,
    refined: Tally,
    clicked: Tally,
    ordered: Tally,
    last_results: (i64, i64),
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let fresh = |name: &str| {
        let tally = |what: &str, unit| scope.tally(format!("{name}/{what}"), unit);
        Counts {
            searches: tally("searches", Unit::Events),
            sessions: tally("sessions", Unit::Sessions),
            empty: tally("empty", Unit::Events),
            refined: tally("refined", Unit::Events),
            clicked: tally("clicked", Unit::Events),
            ordered: tally("ordered", Unit::Sessions),
            last_results: (i64::MIN, 0),
        }
    };
    let mut all = fresh("all");
    let mut queries: BTreeMap<&str, Counts> = BTreeMap::new();
    for session in scope.touching() {
        let events: Vec<(EventIndex, &Event)> = scope.events(*session).collect();
        let mut told: Vec<Symbol> = Vec::new();
        for (place, (index, event)) in events.iter().enumerate() {
            if event.kind != EventType::Search || !scope.range.holds(event.at) {
                continue;
            }
            let query = query(scope, event);
            let text = scope.log.names.text(query);
            let first_of_session = told.is_empty();
            let first_of_query = !told.contains(&query);
            told.push(query);
            let counts = queries.entry(text).or_insert_with(|| fresh(&format!("queries/{text}")));
            add(scope, counts, (*index, *session, first_of_query), &events[place..]);
            add(scope, &mut all, (*index, *session, first_of_session), &events[place..]);
        }
    }
    report.says = format!(
        "{} searches in {} sessions.",
        Value::Count(all.searches.count).shown(),
        Value::Count(all.sessions.count).shown()
    );
    let found = Value::share(all.clicked.count, all.searches.count);
    report.figure("searches", "Searches", means::SEARCH, scope.cell(all.searches));
    report.figure(
        "searching_sessions",
        "Sessions that searched",
        means::SEARCH,
        scope.cell(all.sessions),
    );
    report.figure("empty", "Without results", means::SEARCH, scope.cell(all.empty));
    report.figure(
        "refined",
        "Refined within a minute",
        means::REFINED,
        scope.cell(all.refined),
    );
    report.figure("clicked", "Clicked after", means::SEARCH_CLICK, scope.cell(all.clicked));
    report.figure("click_through", "Click-through", means::SEARCH_CLICK, Cell::of(found));
    report.figure("ordered", "Ordered after", means::SEARCH_ORDER, scope.cell(all.ordered));
    let queries = table(scope, queries);
    report.tables.push(positions(scope));
    report.tables.push(queries);
}

fn query(scope: &Scope<'_>, event: &Event) -> Symbol {
    scope.log.queries.get(event.extra as usize).copied().unwrap_or_default()
}

/// Counts one search; `events` begins with it.
fn add(
    scope: &Scope<'_>,
    counts: &mut Counts,
    (index, session, first): (EventIndex, SessionIndex, bool),
    events: &[(EventIndex, &Event)],
) {
    let Some(((_, search), after)) = events.split_first() else {
        return;
    };
    counts.searches.add(index);
    if (search.at, search.amount) >= counts.last_results {
        counts.last_results = (search.at, search.amount);
    }
    if search.amount == 0 {
        counts.empty.add(index);
    }
    let next_search = after
        .iter()
        .find(|(_, event)| event.kind == EventType::Search && query(scope, event) != query(scope, search));
    if next_search.is_some_and(|(_, next)| next.at - search.at <= REFINED_WITHIN) {
        counts.refined.add(index);
    }
    let mut answers = after
        .iter()
        .map(|(_, event)| event)
        .take_while(|event| event.kind != EventType::Search);
    let answer = answers.find(|event| matches!(event.kind, EventType::View | EventType::Click));
    let is_product = |event: &&&Event| match event.kind {
        EventType::View => scope.log.names.text(event.page) == "products.detail",
        _ => event.entity > 0,
    };
    if answer.as_ref().is_some_and(is_product) {
        counts.clicked.add(index);
    }
    if first {
        counts.sessions.add(session);
        if after.iter().any(|(_, event)| event.kind == EventType::OrderPlaced) {
            counts.ordered.add(session);
        }
    }
}

fn table(scope: &Scope<'_>, queries: BTreeMap<&str, Counts>) -> Table {
    let columns = [
        ("query", "Query"),
        ("searches", "Searches"),
        ("sessions", "Sessions"),
        ("last_results", "Results, last"),
        ("empty", "Without results"),
        ("refined", "Refined"),
        ("clicked", "Clicked after"),
        ("click_through", "Click-through"),
        ("ordered", "Ordered after"),
    ];
    let mut table = Table::new("queries", "Queries", &columns).meaning(means::SEARCH);
    let mut all: Vec<(&str, Counts)> = queries.into_iter().collect();
    all.sort_by_key(|(query, counts)| (std::cmp::Reverse(counts.searches.count), *query));
    for (query, counts) in all {
        let through = Value::share(counts.clicked.count, counts.searches.count);
        let results = Value::Count(u64::try_from(counts.last_results.1).unwrap_or(0));
        table.rows.push(vec![
            Cell::text(query),
            scope.cell(counts.searches),
            scope.cell(counts.sessions),
            Cell::of(results),
            scope.cell(counts.empty),
            scope.cell(counts.refined),
            scope.cell(counts.clicked),
            Cell::of(through),
            scope.cell(counts.ordered),
        ]);
    }
    table
}

/// Click-through by list and position, of every list.
fn positions(scope: &Scope<'_>) -> Table {
    let mut all: BTreeMap<(&str, u16), (Tally, Tally)> = BTreeMap::new();
    for session in scope.touching() {
        for (index, event) in scope.events_in_range(*session) {
            let mut of = |list, position: u16, seen: bool| {
                let name = |what| format!("positions/{list}/{position}/{what}");
                let fresh = || {
                    (
                        scope.tally(name("seen"), Unit::Events),
                        scope.tally(name("clicked"), Unit::Events),
                    )
                };
                let (seen_tally, clicked) = all.entry((list, position)).or_insert_with(fresh);
                if seen {
                    seen_tally.add(index)
                } else {
                    clicked.add(index)
                }
            };
            match event.kind {
                EventType::Impression => {
                    let list = scope
                        .log
                        .impressions
                        .get(event.extra as usize)
                        .map_or("", |seen| scope.log.names.text(seen.list));
                    for (_, position) in scope.log.seen_tiles(event) {
                        of(list, *position, true);
                    }
                }
                EventType::Click => {
                    if let Some(click) = scope
                        .log
                        .clicks
                        .get(event.extra as usize)
                        .filter(|click| click.position > 0)
                    {
                        of(scope.log.names.text(click.list), click.position, false);
                    }
                }
                _ => {}
            }
        }
    }
    let columns = [
        ("place", "Place"),
        ("list", "List"),
        ("position", "Position"),
        ("seen", "Seen"),
        ("clicked", "Clicked"),
        ("click_through", "Click-through"),
    ];
    let mut table = Table::new("positions", "Click-through by place in a list", &columns).meaning(means::CLICKED);
    for ((list, position), (seen, clicked)) in all {
        let through = Value::share(clicked.count, seen.count);
        table.rows.push(vec![
            Cell::text(format!("{list} {position}")),
            Cell::text(list),
            Cell::of(Value::Count(u64::from(position))),
            scope.cell(seen),
            scope.cell(clicked),
            Cell::of(through),
        ]);
    }
    table.drawn(Plot::Bars {
        label: 0,
        value: 5,
        unit: "of the tiles seen",
    })
}
