//! Who comes back: visitors by the week of their first session.

use std::collections::{BTreeMap, BTreeSet};

use schemas::EventType;
use time::{Date, Duration};

use crate::definitions as means;
use crate::events::{SessionIndex, Visitor};
use crate::question::{day, midnight};
use crate::report::{Cell, Column, Plot, Report, Table, Value};
use crate::scope::{Scope, VisitorTally};

/// Weeks after the first that are shown.
const WEEKS: usize = 8;
const AFTER: [&str; WEEKS] = [
    "week_0", "week_1", "week_2", "week_3", "week_4", "week_5", "week_6", "week_7",
];

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let newest = scope
        .arranged
        .newest
        .map_or(Date::MIN, |at| monday(day(at, scope.zone)));
    let came = triangle(
        scope,
        newest,
        ("came_back", "Came back, by week of the first visit"),
        |_| true,
    );
    let bought = |kind: EventType| kind == EventType::OrderPlaced;
    let bought = triangle(scope, newest, ("bought", "Ordered, by week of the first visit"), bought);
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

fn triangle(
    scope: &Scope<'_>,
    newest: Date,
    (id, title): (&'static str, &str),
    counts: fn(EventType) -> bool,
) -> Table {
    let mut cohorts: BTreeMap<Date, (VisitorTally, Vec<VisitorTally>)> = BTreeMap::new();
    let mut begins: BTreeMap<Date, Vec<i64>> = BTreeMap::new();
    let mut place = 0;
    let sessions = &scope.arranged.by_visitor;
    while let Some(first) = sessions.get(place) {
        let visitor: Visitor = scope.facts(*first).visitor;
        let all = scope.arranged.of_visitor(visitor);
        place += all.len();
        let counted = all
            .iter()
            .filter(|session| scope.question.bots || !scope.facts(**session).bot);
        let counted: Vec<SessionIndex> = counted.copied().collect();
        let Some(first) = counted.first().filter(|first| scope.admits(**first)) else {
            continue;
        };
        let cohort = monday(day(scope.facts(*first).first, scope.zone));
        let begins = begins.entry(cohort).or_insert_with(|| begins_of_weeks(scope, cohort));
        let weeks: BTreeSet<(usize, u32)> = counted
            .iter()
            .flat_map(|session| weeks(scope, *session, begins, counts))
            .collect();
        let (size, after) = cohorts.entry(cohort).or_insert_with(|| fresh(scope, id, cohort));
        size.add(visitor, *first);
        for (week, session) in weeks {
            if let Some(tally) = after.get_mut(week) {
                tally.add(visitor, session);
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
    for (cohort, (size, after)) in cohorts {
        let mut row = vec![Cell::text(cohort.to_string()), scope.cell(size.tally)];
        for (week, tally) in after.into_iter().enumerate() {
            let begins = cohort + Duration::weeks(i64::try_from(week).unwrap_or(0));
            // A week that has not begun is not a week without visitors.
            row.push(if begins > newest {
                Cell::of(Value::Nothing)
            } else {
                scope.cell(tally.tally)
            });
        }
        table.rows.push(row);
    }
    table.drawn(Plot::Triangle { label: 0, first: 1 })
}

fn fresh(scope: &Scope<'_>, id: &str, cohort: Date) -> (VisitorTally, Vec<VisitorTally>) {
    let after = AFTER.iter().map(|week| scope.visitors(format!("{id}/{cohort}/{week}")));
    (scope.visitors(format!("{id}/{cohort}/visitors")), after.collect())
}

/// Where each of a cohort's weeks begins, and where the last one ends: not all are of one length, as clocks change.
fn begins_of_weeks(scope: &Scope<'_>, cohort: Date) -> Vec<i64> {
    let weeks = (0..=AFTER.len()).filter_map(|week| cohort.checked_add(Duration::weeks(i64::try_from(week).ok()?)));
    weeks.map(|monday| midnight(monday, scope.zone)).collect()
}

/// The weeks after the cohort's in which the session had what counts.
fn weeks(scope: &Scope<'_>, session: u32, begins: &[i64], counts: fn(EventType) -> bool) -> BTreeSet<(usize, u32)> {
    // By numbers: a date for each of some million events would take most of the page's time.
    let events = scope.events(session).filter(|(_, event)| counts(event.kind));
    let weeks = events.filter_map(|(_, event)| {
        let week = begins.partition_point(|begin| *begin <= event.at).checked_sub(1)?;
        Some((week, session))
    });
    weeks.collect()
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
