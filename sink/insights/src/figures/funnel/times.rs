//! How long the whole way takes those who go it.

use super::Asked;
use super::way::Way;
use crate::report::{Cell, Plot, Table};
use crate::scope::{Scope, Tally};

/// The upper ends of the times in the distribution, in seconds.
const BUCKETS: [(i64, &str); 9] = [
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (120, "2 min"),
    (300, "5 min"),
    (900, "15 min"),
    (1800, "30 min"),
    (86_400, "1 day"),
    (i64::MAX, "more"),
];

/// Counts by the bucket of the time, and the number of the last step.
pub(super) struct Times(Vec<Tally>, usize);

impl Times {
    pub(super) fn none(scope: &Scope<'_>, asked: &Asked) -> Self {
        let buckets = BUCKETS.iter();
        let none = buckets.map(|(_, label)| scope.tally(format!("times/{label}"), asked.unit()));
        Self(none.collect(), asked.steps.len() - 1)
    }

    pub(super) fn add(&mut self, way: &Way) {
        let (Some(first), Some(last)) = (way.reached[0], way.reached[self.1]) else {
            return;
        };
        let seconds = (last - first).max(0) / 1_000_000;
        if let Some(bucket) = BUCKETS.iter().position(|(end, _)| seconds < *end) {
            self.0[bucket].add(way.session);
        }
    }

    pub(super) fn append(&mut self, later: Self) {
        for (tally, later) in self.0.iter_mut().zip(later.0) {
            tally.append(later);
        }
    }

    pub(super) fn table(self, scope: &Scope<'_>, asked: &Asked) -> Table {
        let mut table = Table::new(
            "times",
            "Time from the first step to the last",
            &[("below", "Less than"), ("count", "How many")],
        );
        table.rows = self
            .0
            .into_iter()
            .zip(BUCKETS)
            .map(|(tally, (_, label))| vec![Cell::text(label), scope.cell(tally)])
            .collect();
        table.drawn(Plot::Histogram {
            label: 0,
            value: 1,
            unit: if asked.days.is_some() { "visitors" } else { "sessions" },
        })
    }
}
