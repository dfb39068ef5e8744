//! Where visits begin and end, by page.

use std::collections::HashMap;

use schemas::EventType;

use crate::definitions as means;
use crate::events::Symbol;
use crate::report::{Cell, Table, Value};
use crate::scope::{Scope, Tally, Unit};

struct Counts {
    views: Tally,
    entries: Tally,
    exits: Tally,
    bounces: Tally,
}

pub(super) fn table(scope: &Scope<'_>) -> Table {
    let mut all: HashMap<Symbol, Counts> = HashMap::new();
    let fresh = |page: Symbol| {
        let name = scope.log.names.text(page);
        let tally = |what: &str, unit| scope.tally(format!("pages/{name}/{what}"), unit);
        Counts {
            views: tally("views", Unit::Events),
            entries: tally("entries", Unit::Sessions),
            exits: tally("exits", Unit::Sessions),
            bounces: tally("bounces", Unit::Sessions),
        }
    };
    for session in scope.sessions().iter().copied() {
        let (mut first, mut last, mut views) = (None, None, 0);
        for (index, event) in scope.events(session).filter(|(_, event)| event.kind == EventType::View) {
            all.entry(event.page)
                .or_insert_with(|| fresh(event.page))
                .views
                .add(index);
            first = first.or(Some(event.page));
            last = Some(event.page);
            views += 1;
        }
        if let Some(counts) = first.and_then(|page| all.get_mut(&page)) {
            counts.entries.add(session);
        }
        if let Some(counts) = last.and_then(|page| all.get_mut(&page)) {
            counts.exits.add(session);
            if views == 1 {
                counts.bounces.add(session);
            }
        }
    }
    let columns = [
        ("page", "Page"),
        ("views", "Views"),
        ("entries", "Entries"),
        ("exits", "Exits"),
        ("exit_rate", "Exit rate"),
        ("bounces", "Bounces"),
        ("bounce_rate", "Bounce rate"),
    ];
    let mut table = Table::new("pages", "Pages: where visits begin and end", &columns).meaning(means::EXIT);
    let mut all: Vec<(&str, Counts)> = all
        .into_iter()
        .map(|(page, counts)| (scope.log.names.text(page), counts))
        .collect();
    all.sort_by_key(|(page, counts)| (std::cmp::Reverse(counts.views.count), *page));
    for (page, counts) in all {
        let exit_rate = Value::share(counts.exits.count, counts.views.count);
        let bounce_rate = Value::share(counts.bounces.count, counts.entries.count);
        table.rows.push(vec![
            Cell::text(page),
            scope.cell(counts.views),
            scope.cell(counts.entries),
            scope.cell(counts.exits),
            Cell::of(exit_rate),
            scope.cell(counts.bounces),
            Cell::of(bounce_rate),
        ]);
    }
    table
}
