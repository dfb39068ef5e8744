//! The first and the last step, by segment.

use std::collections::BTreeMap;

use super::Asked;
use super::way::Way;
use crate::figures::Segment;
use crate::report::{Cell, Plot, Table, Value};
use crate::scope::{Scope, Tally};

pub(super) struct Split {
    segment: Segment,
    /// Who reached the first step, and who the last, by the segment's number.
    by_key: BTreeMap<u32, (Tally, Tally)>,
}

impl Split {
    pub(super) fn none(scope: &Scope<'_>) -> Self {
        Self {
            segment: Segment::asked(scope),
            by_key: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, scope: &Scope<'_>, asked: &Asked, way: &Way) {
        let segment = self.segment;
        let key = segment.key(scope, way.session);
        let (began, ended) = self.by_key.entry(key).or_insert_with(|| {
            let name = segment.called(scope, key);
            let tally = |what: &str| scope.tally(format!("split/{name}/{what}"), asked.unit());
            (tally("first"), tally("last"))
        });
        if way.reached[0].is_some() {
            began.add(way.session);
        }
        if way.reached[asked.steps.len() - 1].is_some() {
            ended.add(way.session);
        }
    }

    pub(super) fn append(&mut self, mut later: Self) {
        for (key, (began, ended)) in &mut self.by_key {
            if let Some(later) = later.by_key.remove(key) {
                began.append(later.0);
                ended.append(later.1);
            }
        }
        self.by_key.append(&mut later.by_key);
    }

    pub(super) fn table(self, scope: &Scope<'_>) -> Table {
        let segment = self.segment;
        let by_key = self.by_key.into_iter();
        let all: BTreeMap<String, (Tally, Tally)> = by_key
            .map(|(key, tallies)| (segment.called(scope, key), tallies))
            .collect();
        let columns = [
            ("segment", "Segment"),
            ("first", "First step"),
            ("last", "Last step"),
            ("share", "Share"),
        ];
        let mut table = Table::new("split", format!("By {}", segment.name()), &columns);
        for (name, (began, ended)) in all {
            let share = Value::share(ended.count, began.count);
            table.rows.push(vec![
                Cell::text(name),
                scope.cell(began),
                scope.cell(ended),
                Cell::of(share),
            ]);
        }
        table.drawn(Plot::Bars {
            label: 0,
            value: 3,
            unit: "of the first step",
        })
    }
}
