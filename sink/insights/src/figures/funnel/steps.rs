//! How many reached each step, and how long that took.

use super::Asked;
use super::way::Way;
use crate::definitions as means;
use crate::figures::percentile::percentile;
use crate::report::{Cell, Plot, Table, Value};
use crate::scope::{Scope, Tally};

/// The counts of each step.
pub(super) struct Steps(Vec<Counts>);

struct Counts {
    reached: Tally,
    left: Tally,
    /// Milliseconds since the step before.
    times: Vec<f32>,
}

impl Steps {
    pub(super) fn none(scope: &Scope<'_>, asked: &Asked) -> Self {
        let none = |number: usize| Counts {
            reached: scope.tally(format!("steps/{number}/reached"), asked.unit()),
            left: scope.tally(format!("steps/{number}/left"), asked.unit()),
            times: Vec::new(),
        };
        Self((0..asked.steps.len()).map(none).collect())
    }

    pub(super) fn add(&mut self, way: &Way) {
        let last = self.0.len() - 1;
        let mut before = None;
        for (number, step) in self.0.iter_mut().enumerate() {
            let at = way.reached[number];
            if let Some(at) = at {
                step.reached.add(way.session);
                if number < last && way.reached[number + 1].is_none() {
                    step.left.add(way.session);
                }
                step.times
                    .extend(before.map(|before| ((at - before) as f64 / 1000.0) as f32));
            }
            before = at;
        }
    }

    pub(super) fn append(&mut self, later: Self) {
        for (step, mut later) in self.0.iter_mut().zip(later.0) {
            step.reached.append(later.reached);
            step.left.append(later.left);
            step.times.append(&mut later.times);
        }
    }

    pub(super) fn table(self, scope: &Scope<'_>, asked: &Asked) -> Table {
        let who = if asked.days.is_some() { "Visitors" } else { "Sessions" };
        let columns = [
            ("step", "Step"),
            ("reached", who),
            ("of_first", "Of the first"),
            ("of_previous", "Of the step before"),
            ("left", "Left here"),
            ("median_ms", "Time since the step before, median"),
        ];
        let kind = if asked.open { "open" } else { "closed" };
        let mut table = Table::new("steps", format!("Funnel, {kind}"), &columns).meaning(means::STEP);
        let first = self.0.first().map_or(0, |step| step.reached.count);
        let mut previous = first;
        for (asked, mut step) in asked.steps.iter().zip(self.0) {
            let count = step.reached.count;
            let (of_first, of_previous) = (Value::share(count, first), Value::share(count, previous));
            previous = count;
            table.rows.push(vec![
                Cell::text(asked.label()),
                scope.cell(step.reached),
                Cell::of(of_first),
                Cell::of(of_previous),
                scope.cell(step.left),
                Cell::of(percentile(&mut step.times, 0.5).map_or(Value::Nothing, Value::Millis)),
            ]);
        }
        table.drawn(Plot::Funnel { label: 0, value: 1 })
    }
}

pub(super) fn says(steps: &Table) -> String {
    let worst = steps
        .rows
        .iter()
        .skip(1)
        .filter_map(|row| Some((row[3].value.number()?, row[0].value.shown())));
    let worst = worst.min_by(|left, right| left.0.total_cmp(&right.0));
    match (steps.rows.last(), worst) {
        (Some(last), Some((share, step))) => {
            let all = last[2].value.shown();
            let loss = Value::Share(1.0 - share).shown();
            format!("{all} go all the way; the largest loss is before \"{step}\": {loss} don't get there.")
        }
        _ => "Nobody came in this range.".to_owned(),
    }
}
