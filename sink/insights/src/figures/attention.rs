//! What holds people: active time and scroll depth by page, clicks on the page, fields where they give up.

use std::collections::BTreeMap;

use schemas::EventType;

use super::percentile::percentile;
use crate::definitions as means;
use crate::events::{Click, Dwell};
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// A viewport narrower than this is a phone's, in CSS pixels.
const PHONE_BELOW: u16 = 600;
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
    let mut dwells: BTreeMap<&str, (Tally, Vec<Dwell>)> = BTreeMap::new();
    let mut buckets: Vec<Tally> = BUCKETS
        .iter()
        .map(|(_, label)| scope.tally(format!("active/{label}"), Unit::Events))
        .collect();
    let mut scrolls: Vec<Tally> = (0..10)
        .map(|tenth| scope.tally(format!("scroll/{tenth}"), Unit::Events))
        .collect();
    for session in scope.touching() {
        for (index, event) in scope
            .events_in_range(*session)
            .filter(|(_, event)| event.kind == EventType::Dwell)
        {
            let Some(dwell) = scope.log.dwells.get(event.extra as usize) else {
                continue;
            };
            let name = scope.log.names.text(event.page);
            let fresh = || (scope.tally(format!("dwell/{name}"), Unit::Events), Vec::new());
            let (tally, all) = dwells.entry(name).or_insert_with(fresh);
            tally.add(index);
            all.push(*dwell);
            if name == page {
                let seconds = dwell.active_ms / 1000;
                let bucket = BUCKETS
                    .iter()
                    .position(|(end, _)| seconds < *end)
                    .unwrap_or(BUCKETS.len() - 1);
                buckets[bucket].add(index);
                scrolls[((dwell.scroll_percent / 10.0) as usize).min(9)].add(index);
            }
        }
    }
    let by_page = by_page(scope, dwells);
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
    report.tables.push(clicks(scope, page));
    report.tables.push(by_page);
    report.tables.push(forms(scope));
}

fn by_page(scope: &Scope<'_>, dwells: BTreeMap<&str, (Tally, Vec<Dwell>)>) -> Table {
    let columns = [
        ("page", "Page"),
        ("stays", "Stays"),
        ("active_p50", "Active, median"),
        ("active_p90", "Active, p90"),
        ("total_p50", "Total, median"),
        ("scroll_p50", "Scroll depth, median"),
    ];
    let mut table = Table::new("dwell", "Time on pages", &columns).meaning(means::ACTIVE);
    let mut dwells: Vec<_> = dwells.into_iter().collect();
    dwells.sort_by_key(|(page, (tally, _))| (std::cmp::Reverse(tally.count), *page));
    for (page, (tally, all)) in dwells {
        let at =
            |of: &dyn Fn(&Dwell) -> f32, share: f64| percentile(&mut all.iter().map(of).collect::<Vec<_>>(), share);
        let millis = |value: Option<f64>| Cell::of(value.map_or(Value::Nothing, Value::Millis));
        let active = |dwell: &Dwell| dwell.active_ms as f32;
        let scroll =
            at(&|dwell| dwell.scroll_percent, 0.5).map_or(Value::Nothing, |percent| Value::Share(percent / 100.0));
        table.rows.push(vec![
            Cell::text(page),
            scope.cell(tally),
            millis(at(&active, 0.5)),
            millis(at(&active, 0.9)),
            millis(at(&|dwell| dwell.total_ms as f32, 0.5)),
            Cell::of(scroll),
        ]);
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
    let mut elements: BTreeMap<&str, Clicks> = BTreeMap::new();
    for session in scope.touching() {
        for (index, event) in scope
            .events_in_range(*session)
            .filter(|(_, event)| event.kind == EventType::Click)
        {
            let Some(click) = scope.log.clicks.get(event.extra as usize) else {
                continue;
            };
            if scope.log.names.text(event.page) != page || is_phone(click, scope.facts(*session).device) != phone {
                continue;
            }
            let element = scope.log.names.text(click.element);
            let tally = |what: &str| scope.tally(format!("clicks/{element}/{what}"), Unit::Events);
            let clicks = elements.entry(element).or_insert_with(|| Clicks {
                all: tally("all"),
                rage: tally("rage"),
                dead: tally("dead"),
                sum: (0.0, 0.0),
            });
            clicks.all.add(index);
            clicks.sum = (clicks.sum.0 + f64::from(click.x), clicks.sum.1 + f64::from(click.y));
            match scope.log.names.text(click.frustration) {
                "rage" => clicks.rage.add(index),
                "dead" => clicks.dead.add(index),
                _ => {}
            }
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
    let mut elements: Vec<(&str, Clicks)> = elements.into_iter().collect();
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

/// By the viewport where the browser told its width, by the user agent where it did not.
const fn is_phone(click: &Click, device: u8) -> bool {
    if click.viewport_width > 0 {
        click.viewport_width < PHONE_BELOW
    } else {
        device == 1
    }
}

fn forms(scope: &Scope<'_>) -> Table {
    let mut fields: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for session in scope.touching() {
        for (index, event) in scope
            .events_in_range(*session)
            .filter(|(_, event)| event.kind == EventType::FormAbandoned)
        {
            let Some(form) = scope.log.forms.get(event.extra as usize) else {
                continue;
            };
            let (name, field) = (scope.log.names.text(form.form), scope.log.names.text(form.last_field));
            let fresh = || scope.tally(format!("forms/{name}/{field}"), Unit::Events);
            fields.entry((name, field)).or_insert_with(fresh).add(index);
        }
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
