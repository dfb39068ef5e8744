//! How fast pages are where they are looked at: Web Vitals, by page.

use std::collections::BTreeMap;

use schemas::EventType;

use super::percentile::sorted_percentile;
use super::series::Series;
use crate::definitions as means;
use crate::events::Performance;
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};

/// A Web Vital: how it is read, and Google's thresholds for good and poor.
struct Vital {
    name: &'static str,
    good: f64,
    poor: f64,
    of: fn(&Performance) -> f32,
    millis: bool,
}

const VITALS: [Vital; 5] = [
    Vital {
        name: "LCP",
        good: 2500.0,
        poor: 4000.0,
        of: |measured| measured.lcp,
        millis: true,
    },
    Vital {
        name: "INP",
        good: 200.0,
        poor: 500.0,
        of: |measured| measured.inp,
        millis: true,
    },
    Vital {
        name: "CLS",
        good: 0.1,
        poor: 0.25,
        of: |measured| measured.cls,
        millis: false,
    },
    Vital {
        name: "FCP",
        good: 1800.0,
        poor: 3000.0,
        of: |measured| measured.fcp,
        millis: true,
    },
    Vital {
        name: "TTFB",
        good: 800.0,
        poor: 1800.0,
        of: |measured| measured.ttfb,
        millis: true,
    },
];

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let mut pages: BTreeMap<&str, (Tally, Vec<Performance>)> = BTreeMap::new();
    let series = Series::of(scope);
    let mut lcp: Vec<Vec<f32>> = vec![Vec::new(); series.count()];
    for session in scope.touching() {
        for (index, event) in scope
            .events_in_range(*session)
            .filter(|(_, event)| event.kind == EventType::PagePerformance)
        {
            let Some(measured) = scope.log.performances.get(event.extra as usize) else {
                continue;
            };
            let page = scope.log.names.text(event.page);
            let fresh = || (scope.tally(format!("vitals/{page}"), Unit::Events), Vec::new());
            let (tally, all) = pages.entry(page).or_insert_with(fresh);
            tally.add(index);
            all.push(*measured);
            if let Some(piece) = series.piece(event.at).filter(|_| !measured.lcp.is_nan()) {
                lcp[piece].push(measured.lcp);
            }
        }
    }
    let over_time = over_time(scope, &series, lcp);
    let (vitals, ratings) = tables(scope, pages);
    report.says = vitals.rows.first().map_or_else(
        || "No browser has measured a page in this range.".to_owned(),
        |row| {
            format!(
                "The page measured most is {}: its LCP is at most {} for three of four views.",
                row[0].value.shown(),
                row[3].value.shown()
            )
        },
    );
    report.tables.extend([over_time, vitals, ratings]);
    report.notes.push(
        "Times that the server takes stand in the topic shop.request and in its metrics, which the sink's table does not hold; \
         TTFB is what of them reaches the browser."
            .to_owned(),
    );
}

fn tables(scope: &Scope<'_>, pages: BTreeMap<&str, (Tally, Vec<Performance>)>) -> (Table, Table) {
    let columns = [
        ("page", "Page"),
        ("measured", "Measured"),
        ("lcp_p50", "LCP p50"),
        ("lcp_p75", "LCP p75"),
        ("lcp_p95", "LCP p95"),
        ("lcp_p99", "LCP p99"),
        ("inp_p75", "INP p75"),
        ("cls_p75", "CLS p75"),
        ("fcp_p75", "FCP p75"),
        ("ttfb_p50", "TTFB p50"),
        ("ttfb_p75", "TTFB p75"),
        ("ttfb_p95", "TTFB p95"),
        ("ttfb_p99", "TTFB p99"),
    ];
    let mut vitals = Table::new("vitals", "Web Vitals by page", &columns).meaning(means::PERCENTILE);
    let columns = [
        ("vital", "Page and vital"),
        ("values", "Values"),
        ("good", "Good"),
        ("middle", "Needs improvement"),
        ("poor", "Poor"),
    ];
    let mut ratings = Table::new("ratings", "Share of views with good Web Vitals", &columns).meaning(means::VITAL);
    let mut pages: Vec<_> = pages.into_iter().collect();
    pages.sort_by_key(|(page, (tally, _))| (std::cmp::Reverse(tally.count), *page));
    for (page, (tally, measured)) in pages {
        let sorted = VITALS.map(|vital| {
            let mut values: Vec<f32> = measured.iter().map(vital.of).filter(|value| !value.is_nan()).collect();
            values.sort_unstable_by(f32::total_cmp);
            values
        });
        for (vital, values) in VITALS.iter().zip(&sorted).filter(|(_, values)| !values.is_empty()) {
            ratings.rows.push(rating(page, vital, values));
        }
        let at = |vital: usize, share: f64| {
            let wrap = if VITALS[vital].millis {
                Value::Millis
            } else {
                Value::Number
            };
            Cell::of(sorted_percentile(&sorted[vital], share).map_or(Value::Nothing, wrap))
        };
        vitals.rows.push(vec![
            Cell::text(page),
            scope.cell(tally),
            at(0, 0.5),
            at(0, 0.75),
            at(0, 0.95),
            at(0, 0.99),
            at(1, 0.75),
            at(2, 0.75),
            at(3, 0.75),
            at(4, 0.5),
            at(4, 0.75),
            at(4, 0.95),
            at(4, 0.99),
        ]);
    }
    let drawn = Plot::Bars {
        label: 0,
        value: 2,
        unit: "of the values are good",
    };
    (vitals, ratings.drawn(drawn))
}

fn rating(page: &str, vital: &Vital, values: &[f32]) -> Vec<Cell> {
    let count = |keep: &dyn Fn(f64) -> bool| values.iter().filter(|value| keep(f64::from(**value))).count() as u64;
    let (good, poor) = (count(&|value| value <= vital.good), count(&|value| value > vital.poor));
    let all = values.len() as u64;
    vec![
        Cell::text(format!("{page} {}", vital.name)),
        Cell::of(Value::Count(all)),
        Cell::of(Value::share(good, all)),
        Cell::of(Value::share(all - good - poor, all)),
        Cell::of(Value::share(poor, all)),
    ]
}

fn over_time(scope: &Scope<'_>, series: &Series, lcp: Vec<Vec<f32>>) -> Table {
    let columns = [
        (series.unit(), "Time"),
        ("lcp_p75", "LCP p75"),
        ("measured", "Measured"),
    ];
    let mut table = Table::new("lcp_by_time", "LCP over time, 75th percentile", &columns).meaning(means::VITAL);
    for (piece, mut values) in lcp.into_iter().enumerate() {
        values.sort_unstable_by(f32::total_cmp);
        table.rows.push(vec![
            Cell::text(series.label(scope, piece)),
            Cell::of(sorted_percentile(&values, 0.75).map_or(Value::Nothing, Value::Millis)),
            Cell::of(Value::Count(values.len() as u64)),
        ]);
    }
    table.drawn(Plot::Line {
        x: 0,
        ys: vec![1],
        unit: "ms",
    })
}
