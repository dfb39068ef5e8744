//! What holds people: active time and scroll depth by page, clicks on the page, fields where they give up.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use schemas::EventType;

use super::percentile::percentiles;
use crate::definitions as means;
use crate::events::{Dwell, Symbol, is_phone};
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// The upper ends of active times, in seconds.
const BUCKETS: [(u32, &str); 8] = [
    (1, "1 s"),
    (5, "5 s"),
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (180, "3 min"),
    (600, "10 min"),
    (u32::MAX, "more"),
];

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let page = scope.question.own("page").unwrap_or("products.detail");
    let asked = scope.page(page);
    let mut dwells: HashMap<Symbol, (Tally, Vec<Dwell>)> = HashMap::new();
    let mut buckets: Vec<Tally> = BUCKETS
        .iter()
        .map(|(_, label)| scope.tally(format!("active/{label}"), Unit::Events))
        .collect();
    let mut scrolls: Vec<Tally> = (0..10)
        .map(|tenth| scope.tally(format!("scroll/{tenth}"), Unit::Events))
        .collect();
    for event in scope.events_of(EventType::Dwell) {
        let Some(dwell) = scope.log.dwells.get(event.extra as usize) else {
            continue;
        };
        let (tally, all) = dwells.entry(event.page).or_insert_with(|| {
            let name = scope.log.names.text(event.page);
            (scope.tally(format!("dwell/{name}"), Unit::Events), Vec::new())
        });
        tally.add(event.index);
        all.push(*dwell);
        if Some(event.page) == asked {
            let seconds = dwell.active_ms / 1000;
            let bucket = BUCKETS
                .iter()
                .position(|(end, _)| seconds < *end)
                .unwrap_or(BUCKETS.len() - 1);
            buckets[bucket].add(event.index);
            scrolls[((dwell.scroll_percent / 10.0) as usize).min(9)].add(event.index);
        }
    }
    let (by_page, clicks) = rayon::join(|| by_page(scope, dwells), || clicks(scope, page));
    report.says = by_page.rows.first().map_or_else(
        || "No browser has told how long a page was looked at in this range.".to_owned(),
        |row| {
            format!(
                "The page most looked at is {}, for {} of active time at the median.",
                row[0].value.shown(),
                row[2].value.shown()
            )
        },
    );
    let labels = BUCKETS.iter().map(|(_, label)| (*label).to_owned());
    report
        .tables
        .push(histogram(scope, ("active", format!("Active time on {page}")), labels, buckets).meaning(means::ACTIVE));
    let labels = (0..10).map(|tenth| format!("{}–{} %", tenth * 10, tenth * 10 + 10));
    report
        .tables
        .push(histogram(scope, ("scroll", format!("Scroll depth on {page}")), labels, scrolls).meaning(means::SCROLL));
    report.tables.push(clicks);
    report.notes.push(
        "Under \u{201c}Clicks on the page\u{201d} the same clicks lie on the page itself, each in its element."
            .to_owned(),
    );
    report.tables.push(by_page);
    report.tables.push(forms(scope));
}

/// A number of a stay, and the percentiles that are shown of it.
type Percentiles = (fn(&Dwell) -> f32, &'static [f64]);

/// Active and total time, then the scroll depth: in the order of the columns.
const COLUMNS: [Percentiles; 3] = [
    (|dwell| dwell.active_ms as f32, &[0.5, 0.9]),
    (|dwell| dwell.total_ms as f32, &[0.5]),
    (|dwell| dwell.scroll_percent, &[0.5]),
];

fn by_page(scope: &Scope<'_>, dwells: HashMap<Symbol, (Tally, Vec<Dwell>)>) -> Table {
    let columns = [
        ("page", "Page"),
        ("stays", "Stays"),
        ("active_p50", "Active, median"),
        ("active_p90", "Active, p90"),
        ("total_p50", "Total, median"),
        ("scroll_p50", "Scroll depth, median"),
    ];
    let mut table = Table::new("dwell", "Time on pages", &columns).meaning(means::ACTIVE);
    let named = dwells
        .into_iter()
        .map(|(page, (tally, all))| (scope.log.names.text(page), tally, all));
    let mut dwells: Vec<(&str, Tally, Vec<Dwell>)> = named.collect();
    dwells.sort_by_key(|(page, tally, _)| (std::cmp::Reverse(tally.count), *page));
    for (page, tally, all) in dwells {
        let columns = COLUMNS.par_iter();
        let found: Vec<_> = columns
            .map(|(of, shares)| percentiles(&mut all.iter().map(of).collect::<Vec<_>>(), shares))
            .collect();
        let millis = |value: Option<f64>| Cell::of(value.map_or(Value::Nothing, Value::Millis));
        let share =
            |value: Option<f64>| Cell::of(value.map_or(Value::Nothing, |percent| Value::Share(percent / 100.0)));
        let (times, scroll) = found.split_at(2);
        let mut row = vec![Cell::text(page), scope.cell(tally)];
        row.extend(times.iter().flatten().copied().map(millis));
        row.extend(scroll.iter().flatten().copied().map(share));
        table.rows.push(row);
    }
    table
}

fn histogram(
    scope: &Scope<'_>,
    (id, title): (&'static str, String),
    labels: impl Iterator<Item = String>,
    tallies: Vec<Tally>,
) -> Table {
    let mut table = Table::new(id, title, &[("below", "Less than"), ("stays", "Stays")]);
    table.rows = labels
        .zip(tallies)
        .map(|(label, tally)| vec![Cell::text(label), scope.cell(tally)])
        .collect();
    table.drawn(Plot::Histogram {
        label: 0,
        value: 1,
        unit: "stays",
    })
}

/// Clicks on one page by element: where its clicks lie on the mean, and how many were in vain.
fn clicks(scope: &Scope<'_>, page: &str) -> Table {
    struct Clicks {
        all: Tally,
        rage: Tally,
        dead: Tally,
        sum: (f64, f64),
    }
    let phone = scope.question.own("viewport") == Some("phone");
    let asked = scope.page(page);
    let mut elements: HashMap<Symbol, Clicks> = HashMap::new();
    let (rage, dead) = (scope.log.names.find("rage"), scope.log.names.find("dead"));
    for event in scope.events_of(EventType::Click) {
        let Some(click) = scope.log.clicks.get(event.extra as usize) else {
            continue;
        };
        if Some(event.page) != asked || is_phone(click, scope.facts(event.session).device) != phone {
            continue;
        }
        let clicks = elements.entry(click.element).or_insert_with(|| {
            let element = scope.log.names.text(click.element);
            let tally = |what: &str| scope.tally(format!("clicks/{element}/{what}"), Unit::Events);
            Clicks {
                all: tally("all"),
                rage: tally("rage"),
                dead: tally("dead"),
                sum: (0.0, 0.0),
            }
        });
        clicks.all.add(event.index);
        clicks.sum = (clicks.sum.0 + f64::from(click.x), clicks.sum.1 + f64::from(click.y));
        if Some(click.frustration) == rage {
            clicks.rage.add(event.index);
        } else if Some(click.frustration) == dead {
            clicks.dead.add(event.index);
        }
    }
    let columns = [
        ("element", "Element"),
        ("clicks", "Clicks"),
        ("rage", "Rage"),
        ("dead", "Dead"),
        ("x", "x, % of the page"),
        ("y", "y, % of the page"),
    ];
    let width = if phone { "on phones" } else { "on wider screens" };
    let mut table = Table::new("clicks", format!("Clicks on {page}, {width}"), &columns).meaning(means::FRUSTRATION);
    let named = elements
        .into_iter()
        .map(|(element, clicks)| (scope.log.names.text(element), clicks));
    let mut elements: Vec<(&str, Clicks)> = named.collect();
    elements.sort_by_key(|(element, clicks)| (std::cmp::Reverse(clicks.all.count), *element));
    for (element, clicks) in elements {
        let mean = |sum: f64| Cell::of(Value::Number((sum / clicks.all.count as f64 * 10.0).round() / 10.0));
        let (x, y) = (mean(clicks.sum.0), mean(clicks.sum.1));
        table.rows.push(vec![
            Cell::text(element),
            scope.cell(clicks.all),
            scope.cell(clicks.rage),
            scope.cell(clicks.dead),
            x,
            y,
        ]);
    }
    table.drawn(Plot::ClickMap)
}

fn forms(scope: &Scope<'_>) -> Table {
    let mut fields: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for event in scope.events_of(EventType::FormAbandoned) {
        let Some(form) = scope.log.forms.get(event.extra as usize) else {
            continue;
        };
        let (name, field) = (scope.log.names.text(form.form), scope.log.names.text(form.last_field));
        let fresh = || scope.tally(format!("forms/{name}/{field}"), Unit::Events);
        fields.entry((name, field)).or_insert_with(fresh).add(event.index);
    }
    let mut table = Table::new(
        "forms",
        "Forms that were begun and left, by the last field",
        &[("form", "Form"), ("field", "Last field"), ("left", "Left")],
    );
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by_key(|((form, field), tally)| (std::cmp::Reverse(tally.count), *form, *field));
    table.rows = fields
        .into_iter()
        .map(|((form, field), tally)| vec![Cell::text(form), Cell::text(field), scope.cell(tally)])
        .collect();
    table
}
