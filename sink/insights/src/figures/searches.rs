//! What people look for, and whether they find it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use roaring::RoaringBitmap;
use schemas::EventType;

use super::{Listed, over_stretches};
use crate::definitions as means;
use crate::events::{Event, EventIndex, SessionIndex, Symbol};
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// Another query within this time is a refinement.
const REFINED_WITHIN: i64 = 60_000_000;

/// What is counted of a query, or of all.
struct Counts {
    searches: Tally,
    sessions: Tally,
    empty: Tally,
    refined: Tally,
    clicked: Tally,
    ordered: Tally,
    last_results: (i64, i64),
}

/// Of all searches, and of each query.
struct Searches {
    all: Counts,
    queries: HashMap<Symbol, Counts>,
}

impl Counts {
    fn none(scope: &Scope<'_>, name: &str) -> Self {
        let tally = |what: &str, unit| scope.tally(format!("{name}/{what}"), unit);
        Self {
            searches: tally("searches", Unit::Events),
            sessions: tally("sessions", Unit::Sessions),
            empty: tally("empty", Unit::Events),
            refined: tally("refined", Unit::Events),
            clicked: tally("clicked", Unit::Events),
            ordered: tally("ordered", Unit::Sessions),
            last_results: (i64::MIN, 0),
        }
    }

    fn append(&mut self, later: Self) {
        self.searches.append(later.searches);
        self.sessions.append(later.sessions);
        self.empty.append(later.empty);
        self.refined.append(later.refined);
        self.clicked.append(later.clicked);
        self.ordered.append(later.ordered);
        self.last_results = self.last_results.max(later.last_results);
    }
}

impl Searches {
    /// Those of some sessions.
    fn of(scope: &Scope<'_>, sessions: &[SessionIndex]) -> Self {
        let mut searches = Self {
            all: Counts::none(scope, "all"),
            queries: HashMap::new(),
        };
        let mut events: Vec<(EventIndex, &Event)> = Vec::new();
        for session in sessions.iter().copied() {
            events.clear();
            events.extend(scope.events(session));
            searches.add(scope, session, &events);
        }
        searches
    }

    /// Counts the searches of one session.
    fn add(&mut self, scope: &Scope<'_>, session: SessionIndex, events: &[(EventIndex, &Event)]) {
        let mut told: Vec<Symbol> = Vec::new();
        for (place, (index, event)) in events.iter().enumerate() {
            if event.kind != EventType::Search || !scope.range.holds(event.at) {
                continue;
            }
            let query = query(scope, event);
            let first_of_session = told.is_empty();
            let first_of_query = !told.contains(&query);
            told.push(query);
            let named = || Counts::none(scope, &format!("queries/{}", scope.log.names.text(query)));
            let counts = self.queries.entry(query).or_insert_with(named);
            add(scope, counts, (*index, session, first_of_query), &events[place..]);
            add(
                scope,
                &mut self.all,
                (*index, session, first_of_session),
                &events[place..],
            );
        }
    }

    fn append(&mut self, later: Self) {
        self.all.append(later.all);
        for (query, later) in later.queries {
            match self.queries.entry(query) {
                Entry::Occupied(mut known) => known.get_mut().append(later),
                Entry::Vacant(place) => {
                    place.insert(later);
                }
            }
        }
    }
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let walk = |sessions: &[SessionIndex]| Searches::of(scope, sessions);
    let searches = || over_stretches(&searching(scope), walk, Searches::append);
    let (Searches { all, queries }, positions) = rayon::join(searches, || positions(scope));
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
    report.tables.push(positions);
    report.tables.push(table(scope, queries));
}

/// The sessions that searched in the range, in the log's order.
fn searching(scope: &Scope<'_>) -> Vec<SessionIndex> {
    let searching: RoaringBitmap = scope.events_of(EventType::Search).map(|event| event.session).collect();
    searching.into_iter().collect()
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
        _ => scope.log.entities.id(event.entity) > 0,
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

fn table(scope: &Scope<'_>, queries: HashMap<Symbol, Counts>) -> Table {
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
    let mut all: Vec<(&str, Counts)> = queries
        .into_iter()
        .map(|(query, counts)| (scope.log.names.text(query), counts))
        .collect();
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

/// By list and position: who saw a tile there, and who clicked on it.
type Positions = Listed<Symbol, Listed<u16, (Tally, Tally)>>;

fn seen_and_clicked(scope: &Scope<'_>) -> Positions {
    let mut all = Positions::default();
    let fresh = |list: Symbol, position: u16| {
        let name = |what| format!("positions/{}/{position}/{what}", scope.log.names.text(list));
        let tally = |what| scope.tally(name(what), Unit::Events);
        (tally("seen"), tally("clicked"))
    };
    for event in scope.events_of(EventType::Impression) {
        let seen = scope.log.impressions.get(event.extra as usize);
        let list = seen.map_or(Symbol::NONE, |seen| seen.list);
        let places = all.item(list, Listed::default);
        for (_, position) in scope.log.seen_tiles(event.extra) {
            places.item(*position, || fresh(list, *position)).0.add(event.index);
        }
    }
    for event in scope.events_of(EventType::Click) {
        let click = scope.log.clicks.get(event.extra as usize);
        if let Some(click) = click.filter(|click| click.position > 0) {
            let (list, position) = (click.list, click.position);
            let places = all.item(list, Listed::default);
            places.item(position, || fresh(list, position)).1.add(event.index);
        }
    }
    all
}

/// Click-through by list and position, of every list.
fn positions(scope: &Scope<'_>) -> Table {
    let mut all: Vec<(&str, u16, Tally, Tally)> = Vec::new();
    for (list, places) in seen_and_clicked(scope).into_items() {
        let list = scope.log.names.text(list);
        let places = places.into_items().into_iter();
        all.extend(places.map(|(position, (seen, clicked))| (list, position, seen, clicked)));
    }
    all.sort_unstable_by_key(|(list, position, ..)| (*list, *position));
    let columns = [
        ("place", "Place"),
        ("list", "List"),
        ("position", "Position"),
        ("seen", "Seen"),
        ("clicked", "Clicked"),
        ("click_through", "Click-through"),
    ];
    let mut table = Table::new("positions", "Click-through by place in a list", &columns).meaning(means::CLICKED);
    for (list, position, seen, clicked) in all {
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
