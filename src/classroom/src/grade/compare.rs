//! An answer beside the truth: what is missing, what is too much, what differs, and points for each column.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::exercises::table::{Column, Row, Value, same};

/// A row that differs from the one with the same key, or stands on one side only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub expected: Option<Vec<String>>,
    pub found: Option<Vec<String>>,
}

/// How many of all rows have a column right; of `keys`: how many rows with the right keys are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: &'static str,
    pub right: usize,
    pub of: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub exact: bool,
    /// 100 for an exact answer only.
    pub points: u8,
    pub parts: Vec<Part>,
    pub expected_rows: usize,
    pub found_rows: usize,
    pub differing_rows: usize,
    pub differences: Vec<Difference>,
}

/// As many differing rows are shown.
const SHOWN: usize = 10;

fn words(row: &Row) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

/// Rows by key; of several with the same key the first counts, the others are too much.
struct Keyed<'a> {
    rows: BTreeMap<Vec<&'a Value>, &'a Row>,
    doubled: Vec<&'a Row>,
}

impl<'a> Keyed<'a> {
    fn new(columns: &[Column], rows: &'a [Row]) -> Self {
        let mut keyed = Self {
            rows: BTreeMap::new(),
            doubled: Vec::new(),
        };
        for row in rows {
            let key: Vec<&Value> = columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.key)
                .map(|(_, value)| value)
                .collect();
            if let std::collections::btree_map::Entry::Vacant(place) = keyed.rows.entry(key) {
                place.insert(row);
            } else {
                keyed.doubled.push(row);
            }
        }
        keyed
    }
}

#[must_use]
pub fn compare(columns: &[Column], truth: &[Row], answer: &[Row]) -> Comparison {
    let exact = same(truth, answer);
    let (expected, found) = (Keyed::new(columns, truth), Keyed::new(columns, answer));
    let additional = found
        .rows
        .keys()
        .filter(|key| !expected.rows.contains_key(*key))
        .count()
        + found.doubled.len();
    let of = truth.len() + additional;
    let matched = expected
        .rows
        .iter()
        .filter_map(|(key, row)| Some((*row, *found.rows.get(key)?)));
    let matched: Vec<(&Row, &Row)> = matched.collect();
    let mut parts = vec![Part {
        name: "keys",
        right: matched.len(),
        of,
    }];
    for (place, column) in columns.iter().enumerate().filter(|(_, column)| !column.key) {
        let right = matched.iter().filter(|(row, other)| row[place] == other[place]).count();
        parts.push(Part {
            name: column.name,
            right,
            of,
        });
    }
    let mut differences = Vec::new();
    for (key, row) in &expected.rows {
        let other = found.rows.get(key);
        if other != Some(row) {
            differences.push(Difference {
                expected: Some(words(row)),
                found: other.map(|other| words(other)),
            });
        }
    }
    let unknown = found
        .rows
        .iter()
        .filter(|(key, _)| !expected.rows.contains_key(*key))
        .map(|(_, row)| *row);
    for row in unknown.chain(found.doubled.iter().copied()) {
        differences.push(Difference {
            expected: None,
            found: Some(words(row)),
        });
    }
    let differing_rows = differences.len();
    differences.truncate(SHOWN);
    Comparison {
        exact,
        points: points(exact, &parts),
        parts,
        expected_rows: truth.len(),
        found_rows: answer.len(),
        differing_rows,
        differences,
    }
}

/// Each part has the same weight; everything right but not exact is impossible, and would be 99.
fn points(exact: bool, parts: &[Part]) -> u8 {
    if exact {
        return 100;
    }
    let parts_count = parts.len().max(1);
    let hundredths: usize = parts.iter().map(|part| part.right * 100 / part.of.max(1)).sum();
    u8::try_from(hundredths / parts_count).unwrap_or(0).min(99)
}
