//! Why conversion changed: taken apart exactly, by segment and by step.
//!
//! Conversion is the sum over segments of their share of sessions times the product of their step rates. The change of a product is
//! divided among its factors by Shapley's value, the change of a sum of products at the mean of both ranges; both leave no remainder.

use std::collections::BTreeMap;

use super::{Segment, Step};
use crate::definitions as means;
use crate::report::{Cell, Table, Value};
use crate::scope::Scope;

/// Steps after coming.
const STEPS: usize = 4;

/// Sessions of a segment that reached each step or a later one; the first is all of them.
type Reached = [u64; STEPS + 1];

pub(super) fn table(now: &Scope<'_>, before: &Scope<'_>) -> Table {
    let segment = Segment::asked(now);
    let columns = [
        ("segment", "Segment"),
        ("part", "Part"),
        ("before", "Before"),
        ("now", "Now"),
        ("contribution", "Contribution"),
    ];
    let title = format!("The change of conversion, by {} and step", segment.name());
    let mut table = Table::new("change", title, &columns).meaning(means::MIX);
    let (is, was) = (reached(now, segment), reached(before, segment));
    let whole =
        |reached: &BTreeMap<String, Reached>, step: usize| reached.values().map(|counts| counts[step]).sum::<u64>();
    let (sessions, sessions_before) = (whole(&is, 0), whole(&was, 0));
    if sessions == 0 || sessions_before == 0 {
        return table;
    }
    let share = |part: u64, whole: u64| part as f64 / whole as f64;
    let mean = f64::midpoint(
        share(whole(&is, STEPS), sessions),
        share(whole(&was, STEPS), sessions_before),
    );
    let names: std::collections::BTreeSet<&String> = is.keys().chain(was.keys()).collect();
    let mut rows: Vec<(f64, Vec<Cell>)> = Vec::new();
    for name in names {
        let (is, was) = (
            is.get(name).copied().unwrap_or_default(),
            was.get(name).copied().unwrap_or_default(),
        );
        let (weight, weight_before) = (share(is[0], sessions), share(was[0], sessions_before));
        let (steps, steps_before) = rates(is, was);
        let (rate, rate_before) = (steps.iter().product::<f64>(), steps_before.iter().product::<f64>());
        let mix = (weight - weight_before) * (f64::midpoint(rate, rate_before) - mean);
        rows.push((mix, row(name, "its share of sessions", (weight_before, weight), mix)));
        for (step, part) in shapley(steps_before, steps).into_iter().enumerate() {
            let part = part * f64::midpoint(weight, weight_before);
            let label = Step::usual()[step + 1].label();
            rows.push((part, row(name, &label, (steps_before[step], steps[step]), part)));
        }
    }
    rows.sort_by(|left, right| right.0.abs().total_cmp(&left.0.abs()));
    table.rows = rows.into_iter().map(|(_, row)| row).collect();
    table
}

/// The change and its two largest parts, in words.
pub(super) fn says(table: &Table) -> Option<String> {
    let part = |row: &Vec<Cell>| {
        let size = row[4].value.number().filter(|size| size.abs() >= 0.0005)?;
        let (segment, part) = (row[0].value.shown(), row[1].value.shown());
        Some(format!("{segment} at \"{part}\" ({})", Value::Points(size).shown()))
    };
    let total: f64 = table.rows.iter().filter_map(|row| row[4].value.number()).sum();
    let parts: Vec<String> = table.rows.iter().take(2).filter_map(part).collect();
    (!parts.is_empty()).then(|| {
        format!(
            " That is {}; its largest parts: {}.",
            Value::Points(total).shown(),
            parts.join(" and ")
        )
    })
}

fn row(name: &str, part: &str, (before, now): (f64, f64), contribution: f64) -> Vec<Cell> {
    vec![
        Cell::text(name),
        Cell::text(part),
        Cell::of(Value::Share(before)),
        Cell::of(Value::Share(now)),
        Cell::of(Value::Points(contribution)),
    ]
}

fn reached(scope: &Scope<'_>, segment: Segment) -> BTreeMap<String, Reached> {
    let mut all: BTreeMap<u32, Reached> = BTreeMap::new();
    for session in scope.sessions() {
        let furthest = usize::from(scope.facts(*session).furthest).min(STEPS);
        let counts = all.entry(segment.key(scope, *session)).or_default();
        for count in &mut counts[..=furthest] {
            *count += 1;
        }
    }
    all.into_iter()
        .map(|(key, counts)| (segment.called(scope, key), counts))
        .collect()
}

/// The step rates now and before; one that is unknown in one range is taken from the other, so that it contributes nothing.
fn rates(is: Reached, was: Reached) -> ([f64; STEPS], [f64; STEPS]) {
    let rate = |counts: Reached, step: usize| (counts[step] > 0).then(|| counts[step + 1] as f64 / counts[step] as f64);
    let (mut now, mut before) = ([0.0; STEPS], [0.0; STEPS]);
    for step in 0..STEPS {
        let (is, was) = (rate(is, step), rate(was, step));
        now[step] = is.or(was).unwrap_or(0.0);
        before[step] = was.or(is).unwrap_or(0.0);
    }
    (now, before)
}

/// The change of the product of the factors, divided among them: the mean over all orders in which they could have changed.
fn shapley(before: [f64; STEPS], now: [f64; STEPS]) -> [f64; STEPS] {
    // |S|! (n - |S| - 1)! / n! for sets S of 0 to 3 of the other factors.
    const WEIGHTS: [f64; STEPS] = [6.0 / 24.0, 2.0 / 24.0, 2.0 / 24.0, 6.0 / 24.0];
    let mut parts = [0.0; STEPS];
    for (factor, part) in parts.iter_mut().enumerate() {
        for changed in (0..1_usize << STEPS).filter(|set| set & (1 << factor) == 0) {
            let others = (0..STEPS).filter(|other| *other != factor);
            let product: f64 = others
                .map(|other| {
                    if changed & (1 << other) == 0 {
                        before[other]
                    } else {
                        now[other]
                    }
                })
                .product();
            *part += WEIGHTS[changed.count_ones() as usize] * product * (now[factor] - before[factor]);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_product_leave_no_remainder() {
        let (before, now) = ([0.5, 0.4, 0.3, 0.9], [0.6, 0.1, 0.35, 0.0]);
        let change: f64 = now.iter().product::<f64>() - before.iter().product::<f64>();
        assert!((shapley(before, now).iter().sum::<f64>() - change).abs() < 1e-15);
    }
}
