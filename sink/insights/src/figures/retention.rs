//! Who comes back: visitors by the week of their first session.

use std::collections::BTreeMap;

use schemas::EventType;
use time::{Date, Duration};

use crate::definitions as means;
use crate::events::SessionIndex;
use crate::question::{day, midnight};
use crate::report::{Cell, Column, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// Weeks after the first that are shown.
const WEEKS: usize = 8;
const AFTER: [&str; WEEKS] = [
    "week_0", "week_1", "week_2", "week_3", "week_4", "week_5", "week_6", "week_7",
];

/// What counts of a later week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Came,
    Ordered,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let newest = scope
        .arranged
        .newest
        .map_or(Date::MIN, |at| monday(day(at, scope.zone)));
    let titles = ("came_back", "Came back, by week of the first visit");
    let came = triangle(scope, newest, titles, What::Came);
    let titles = ("bought", "Ordered, by week of the first visit");
    let bought = triangle(scope, newest, titles, What::Ordered);
    report.says = says(&came);
    report.tables.push(came);
    report.tables.push(bought);
    report.notes.push(
        "First visits are told from what the table holds: a visitor from before its oldest row counts as new in the first week. \
         The range of the page does not bound the triangle; its filters do."
            .to_owned(),
    );
}

fn monday(date: Date) -> Date {
    let back = i64::from(date.weekday().number_days_from_monday());
    date.checked_sub(Duration::days(back)).unwrap_or(date)
}

fn triangle(scope: &Scope<'_>, newest: Date, (id, title): (&'static str, &str), what: What) -> Table {
    let mut cohorts: BTreeMap<Date, Cohort> = BTreeMap::new();
    let mut weeks_of_visitor: Vec<(usize, SessionIndex)> = Vec::new();
    for all in scope.arranged.by_visitor.chunk_by(|left, right| {
        let visitor = |session: &SessionIndex| scope.facts(*session).visitor;
        visitor(left) == visitor(right)
    }) {
        let counts = |session: &&SessionIndex| scope.question.bots || !scope.facts(**session).bot;
        let mut counted = all.iter().filter(counts).peekable();
        let Some(first) = counted.peek().map(|first| **first).filter(|first| scope.admits(*first)) else {
            continue;
        };
        let facts = scope.facts(first);
        let monday = monday(day(facts.first, scope.zone));
        let cohort = cohorts.entry(monday).or_insert_with(|| Cohort::new(scope, id, monday));
        weeks_of_visitor.clear();
        for session in counted {
            weeks(scope, *session, &cohort.begins, what, &mut weeks_of_visitor);
        }
        weeks_of_visitor.sort_unstable();
        weeks_of_visitor.dedup_by_key(|(week, _)| *week);
        cohort.size.add(first);
        for (week, session) in &weeks_of_visitor {
            if let Some(tally) = cohort.after.get_mut(*week) {
                tally.add(*session);
            }
        }
    }
    let mut table =
        Table::new(id, title, &[("cohort", "Week from"), ("visitors", "Visitors")]).meaning(means::RETENTION);
    table.columns.extend(
        AFTER
            .iter()
            .enumerate()
            .map(|(week, id)| Column::new(*id, format!("+{week}"))),
    );
    for (monday, cohort) in cohorts {
        let mut row = vec![Cell::text(monday.to_string()), scope.cell(cohort.size)];
        for (week, tally) in cohort.after.into_iter().enumerate() {
            let begins = monday + Duration::weeks(i64::try_from(week).unwrap_or(0));
            // A week that has not begun is not a week without visitors.
            row.push(if begins > newest {
                Cell::of(Value::Nothing)
            } else {
                scope.cell(tally)
            });
        }
        table.rows.push(row);
    }
    table.drawn(Plot::Triangle { label: 0, first: 1 })
}

/// The visitors whose first session was in one week. Each comes once, so nobody is counted twice.
struct Cohort {
    begins: Vec<i64>,
    size: Tally,
    after: Vec<Tally>,
}

impl Cohort {
    fn new(scope: &Scope<'_>, id: &str, monday: Date) -> Self {
        let tally = |what: &str| scope.tally(format!("{id}/{monday}/{what}"), Unit::Visitors);
        Self {
            begins: begins_of_weeks(scope, monday),
            size: tally("visitors"),
            after: AFTER.iter().map(|week| tally(week)).collect(),
        }
    }
}

/// Where each of a cohort's weeks begins, and where the last one ends: not all are of one length, as clocks change.
fn begins_of_weeks(scope: &Scope<'_>, cohort: Date) -> Vec<i64> {
    let weeks = (0..=AFTER.len()).filter_map(|week| cohort.checked_add(Duration::weeks(i64::try_from(week).ok()?)));
    weeks.map(|monday| midnight(monday, scope.zone)).collect()
}

/// The weeks after the cohort's in which the session had what counts.
fn weeks(scope: &Scope<'_>, session: SessionIndex, begins: &[i64], what: What, into: &mut Vec<(usize, SessionIndex)>) {
    let facts = scope.facts(session);
    if what == What::Ordered && !facts.ordered {
        return;
    }
    // By numbers: a date for each of some million events would take most of the page's time.
    let week = |at: i64| begins.partition_point(|begin| *begin <= at).checked_sub(1);
    let (first, last) = (week(facts.first), week(facts.last));
    // Whatever happened in it, a visit within one week happened in that week: its events need not be looked at.
    if first == last {
        into.extend(first.map(|week| (week, session)));
        return;
    }
    let counts = |kind: EventType| what == What::Came || kind == EventType::OrderPlaced;
    let events = scope.events(session).filter(|(_, event)| counts(event.kind));
    into.extend(events.filter_map(|(_, event)| Some((week(event.at)?, session))));
}

fn says(came: &Table) -> String {
    let mut sums = (0.0, 0.0);
    for row in &came.rows {
        if let (Some(visitors), Some(back)) = (row[1].value.number(), row[3].value.number()) {
            sums = (sums.0 + visitors, sums.1 + back);
        }
    }
    if sums.0 == 0.0 {
        return "No visitor's first week is over yet.".to_owned();
    }
    format!(
        "{} of the visitors came back in the week after their first.",
        Value::Share(sums.1 / sums.0).shown()
    )
}
