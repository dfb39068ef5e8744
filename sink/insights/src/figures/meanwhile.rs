//! What else happened in a range: what an analyst would otherwise have to look for on three other pages.

use schemas::EventType;

use super::percentile::percentile;
use super::popular::product_name;
use super::series::Series;
use crate::definitions as means;
use crate::report::{Cell, Table, Value};
use crate::scope::Scope;
use crate::source::{CatalogueChange, Changed};

/// Lines of the table.
const MOST: usize = 20;
/// An hour or day with fewer measurements says nothing.
const FEWEST: usize = 20;
/// Pages were slow when the 75th percentile of their LCP is so many times that of the median hour or day.
const SLOW: f64 = 1.5;

pub(super) fn table(scope: &Scope<'_>) -> Table {
    let columns = [("from", "From"), ("to", "To"), ("what", "What")];
    let mut table = Table::new("meanwhile", "What else happened", &columns).meaning(means::MEANWHILE);
    let mut rows = slow_pages(scope);
    let changes = scope.log.changes.iter();
    rows.extend(
        changes
            .filter(|change| touches(scope, change))
            .map(|change| line(scope, change)),
    );
    rows.sort_by_key(|(from, _, what)| (*from, what.clone()));
    table.rows = rows
        .into_iter()
        .take(MOST)
        .map(|(from, to, what)| {
            let to = to.map_or(Value::Nothing, |to| Value::Text(moment(scope, to)));
            vec![Cell::text(moment(scope, from)), Cell::of(to), Cell::text(what)]
        })
        .collect();
    table
}

type Line = (i64, Option<i64>, String);

/// Sold out at any time of the range, or another price within it; what is newer than the newest event is not known yet, so that an address
/// with positions shows the same tomorrow.
fn touches(scope: &Scope<'_>, change: &CatalogueChange) -> bool {
    let range = &scope.range;
    if scope.arranged.newest.is_none_or(|newest| change.from > newest) {
        return false;
    }
    match change.what {
        Changed::SoldOut => change.from < range.to && change.to.is_none_or(|to| to > range.from),
        Changed::Price(..) => range.holds(change.from),
    }
}

fn line(scope: &Scope<'_>, change: &CatalogueChange) -> Line {
    let name = product_name(scope.log, change.product);
    let to = change
        .to
        .filter(|to| scope.arranged.newest.is_some_and(|newest| *to <= newest));
    match change.what {
        Changed::SoldOut => (change.from, to, format!("{name} was sold out")),
        Changed::Price(before, after) => {
            let (before, after) = (Value::Money(before).shown(), Value::Money(after).shown());
            (change.from, None, format!("{name} costs {after} instead of {before}"))
        }
    }
}

/// Hours or days in which pages came much later than usual; those beside each other are one line.
fn slow_pages(scope: &Scope<'_>) -> Vec<Line> {
    let series = Series::of(scope);
    let mut measured: Vec<Vec<f32>> = vec![Vec::new(); series.count()];
    for event in scope.events_of(EventType::PagePerformance) {
        let lcp = scope
            .log
            .performances
            .get(event.extra as usize)
            .map(|measured| measured.lcp);
        if let (Some(lcp), Some(piece)) = (lcp.filter(|lcp| !lcp.is_nan()), series.piece(event.at)) {
            measured[piece].push(lcp);
        }
    }
    let times = measured.into_iter().map(|mut values| {
        let enough = values.len() >= FEWEST;
        percentile(&mut values, 0.75).filter(|_| enough)
    });
    let times: Vec<Option<f64>> = times.collect();
    let mut known: Vec<f32> = times.iter().flatten().map(|time| *time as f32).collect();
    let Some(usual) = percentile(&mut known, 0.5) else {
        return Vec::new();
    };
    let mut lines: Vec<(usize, usize, f64)> = Vec::new();
    for (piece, time) in times.into_iter().enumerate() {
        let Some(time) = time.filter(|time| *time > SLOW * usual) else {
            continue;
        };
        match lines.last_mut() {
            Some((_, end, most)) if *end == piece => (*end, *most) = (piece + 1, most.max(time)),
            _ => lines.push((piece, piece + 1, time)),
        }
    }
    let told = |(begin, end, most): (usize, usize, f64)| {
        let (most, usual) = (Value::Millis(most).shown(), Value::Millis(usual).shown());
        let what = format!("Pages were slow: LCP up to {most} for three of four views, usually {usual}");
        (series.begin(begin), Some(series.begin(end)), what)
    };
    lines.into_iter().map(told).collect()
}

/// `2026-11-30 14:05` in the zone of the figures.
fn moment(scope: &Scope<'_>, at: i64) -> String {
    let offset = scope
        .zone
        .offset_at(schemas::Timestamp::from_unix_micros_saturating(at));
    let local = at.saturating_add(i64::from(offset.whole_seconds()) * 1_000_000);
    let digits = schemas::Timestamp::from_unix_micros_saturating(local).digits();
    let text = String::from_utf8_lossy(&digits).into_owned();
    format!("{} {}", &text[..10], &text[11..16])
}
