//! Where visits begin and end, by page.

use std::collections::BTreeMap;

use schemas::EventType;

use crate::definitions as means;
use crate::report::{Cell, Table, Value};
use crate::scope::{Scope, Tally, Unit};

struct Counts {
    views: Tally,
    entries: Tally,
    exits: Tally,
    bounces: Tally,
}

pub(super) fn table(scope: &Scope<'_>) -> Table {
    let mut all: BTreeMap<&str, Counts> = BTreeMap::new();
    let fresh = |page: &str| {
        let tally = |what: &str, unit| scope.tally(format!("pages/{page}/{what}"), unit);
        Counts {
            views: tally("views", Unit::Events),
            entries: tally("entries", Unit::Sessions),
            exits: tally("exits", Unit::Sessions),
            bounces: tally("bounces", Unit::Sessions),
        }
    };
    for session in scope.sessions().iter().copied() {
        let views = scope.events(session).filter(|(_, event)| event.kind == EventType::View);
        let views: Vec<(u32, &str)> = views
            .map(|(index, event)| (index, scope.log.names.text(event.page)))
            .collect();
        for (index, page) in &views {
            all.entry(page).or_insert_with(|| fresh(page)).views.add(*index);
        }
        let (Some((_, first)), Some((_, last))) = (views.first(), views.last()) else {
            continue;
        };
        all.entry(first).or_insert_with(|| fresh(first)).entries.add(session);
        let counts = all.entry(last).or_insert_with(|| fresh(last));
        counts.exits.add(session);
        if views.len() == 1 {
            counts.bounces.add(session);
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
    let mut all: Vec<(&str, Counts)> = all.into_iter().collect();
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
