//! How fast pages are where they are looked at: Web Vitals, by page.

use std::collections::HashMap;

use rayon::prelude::*;
use schemas::EventType;

use super::percentile::{percentile, percentiles};
use super::series::Series;
use crate::definitions as means;
use crate::events::{Performance, Symbol};
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

/// The percentiles that are shown of each vital, in the order of the columns.
const SHARES: [&[f64]; 5] = [
    &[0.5, 0.75, 0.95, 0.99],
    &[0.75],
    &[0.75],
    &[0.75],
    &[0.5, 0.75, 0.95, 0.99],
];

/// What browsers measured on one page.
struct Measured {
    tally: Tally,
    /// The known values of each vital.
    values: [Vec<f32>; VITALS.len()],
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let mut pages: HashMap<Symbol, Measured> = HashMap::new();
    let series = Series::of(scope);
    let mut lcp: Vec<Vec<f32>> = vec![Vec::new(); series.count()];
    for event in scope.events_of(EventType::PagePerformance) {
        let Some(measured) = scope.log.performances.get(event.extra as usize) else {
            continue;
        };
        let page = pages.entry(event.page).or_insert_with(|| {
            let page = scope.log.names.text(event.page);
            Measured {
                tally: scope.tally(format!("vitals/{page}"), Unit::Events),
                values: Default::default(),
            }
        });
        page.tally.add(event.index);
        for (vital, values) in VITALS.iter().zip(&mut page.values) {
            let value = (vital.of)(measured);
            if !value.is_nan() {
                values.push(value);
            }
        }
        if let Some(piece) = series.piece(event.at).filter(|_| !measured.lcp.is_nan()) {
            lcp[piece].push(measured.lcp);
        }
    }
    let ((vitals, ratings), over_time) = rayon::join(|| tables(scope, pages), || over_time(scope, &series, lcp));
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
        "How long the shop itself takes stands under Server times; TTFB is what of it reaches the browser.".to_owned(),
    );
}

fn tables(scope: &Scope<'_>, pages: HashMap<Symbol, Measured>) -> (Table, Table) {
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
    let named = pages
        .into_iter()
        .map(|(page, measured)| (scope.log.names.text(page), measured));
    let mut pages: Vec<(&str, Measured)> = named.collect();
    pages.sort_by_key(|(page, measured)| (std::cmp::Reverse(measured.tally.count), *page));
    for (page, Measured { tally, values }) in pages {
        let mut row = vec![Cell::text(page), scope.cell(tally)];
        let columns: Vec<_> = VITALS.iter().zip(SHARES).zip(values).collect();
        let found: Vec<(Option<Vec<Cell>>, Vec<Cell>)> = columns
            .into_par_iter()
            .map(|((vital, shares), mut values)| {
                let rating = (!values.is_empty()).then(|| rating(page, vital, &values));
                let wrap = if vital.millis { Value::Millis } else { Value::Number };
                let wrapped = |value: Option<f64>| Cell::of(value.map_or(Value::Nothing, wrap));
                let found: Vec<Cell> = percentiles(&mut values, shares).into_iter().map(wrapped).collect();
                (rating, found)
            })
            .collect();
        for (rating, found) in found {
            ratings.rows.extend(rating);
            row.extend(found);
        }
        vitals.rows.push(row);
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
        let measured = values.len() as u64;
        table.rows.push(vec![
            Cell::text(series.label(scope, piece)),
            Cell::of(percentile(&mut values, 0.75).map_or(Value::Nothing, Value::Millis)),
            Cell::of(Value::Count(measured)),
        ]);
    }
    table.drawn(Plot::Line {
        x: 0,
        ys: vec![1],
        unit: "ms",
    })
}
