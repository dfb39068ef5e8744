//! Where visits begin and end, by page.

use schemas::EventType;

use super::{Listed, over_stretches};
use crate::definitions as means;
use crate::events::{SessionIndex, Symbol};
use crate::report::{Cell, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// What is counted of a page.
struct Counts {
    views: Tally,
    entries: Tally,
    exits: Tally,
    bounces: Tally,
}

/// The counts of each page.
#[derive(Default)]
pub(super) struct Pages(Listed<Symbol, Counts>);

impl Counts {
    fn none(scope: &Scope<'_>, page: Symbol) -> Self {
        let name = scope.log.names.text(page);
        let tally = |what: &str, unit| scope.tally(format!("pages/{name}/{what}"), unit);
        Self {
            views: tally("views", Unit::Events),
            entries: tally("entries", Unit::Sessions),
            exits: tally("exits", Unit::Sessions),
            bounces: tally("bounces", Unit::Sessions),
        }
    }

    fn append(&mut self, later: Self) {
        self.views.append(later.views);
        self.entries.append(later.entries);
        self.exits.append(later.exits);
        self.bounces.append(later.bounces);
    }
}

impl Pages {
    /// Those of all sessions.
    pub(super) fn of(scope: &Scope<'_>) -> Self {
        let walk = |sessions: &[SessionIndex]| {
            let mut pages = Self::default();
            for session in sessions {
                pages.add(scope, *session);
            }
            pages
        };
        over_stretches(scope.sessions(), walk, Self::append)
    }

    /// Counts the views of one session, and where it began and ended.
    pub(super) fn add(&mut self, scope: &Scope<'_>, session: SessionIndex) {
        let (mut first, mut last, mut views) = (None, None, 0);
        for (index, event) in scope.events(session).filter(|(_, event)| event.kind == EventType::View) {
            self.page(scope, event.page).views.add(index);
            first = first.or(Some(event.page));
            last = Some(event.page);
            views += 1;
        }
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        self.page(scope, first).entries.add(session);
        let counts = self.page(scope, last);
        counts.exits.add(session);
        if views == 1 {
            counts.bounces.add(session);
        }
    }

    fn page(&mut self, scope: &Scope<'_>, page: Symbol) -> &mut Counts {
        self.0.item(page, || Counts::none(scope, page))
    }

    pub(super) fn append(&mut self, later: Self) {
        self.0.append(later.0, Counts::append);
    }
}

pub(super) fn table(scope: &Scope<'_>, pages: Pages) -> Table {
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
    let mut all: Vec<(&str, Counts)> = pages
        .0
        .into_items()
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
