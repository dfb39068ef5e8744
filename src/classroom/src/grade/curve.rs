//! An output topic over time: how complete and how correct the answer that stood in it was, so long after its first row.
//!
//! What is waited for longer is more complete and more often right: this is what a pipeline's lateness buys. The time is that of the
//! topic's records, so the curve is the same whenever it is looked at.

use std::fmt::Write as _;

use serde::Serialize;

use super::answer::AnswerError;
use super::live::{self, Output};
use crate::exercises::table::{Column, Row};

/// Steps of the curve, beside its beginning.
const STEPS: i64 = 10;

/// How the answer stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Point {
    /// After the topic's first row.
    pub millis: i64,
    pub expected_rows: usize,
    /// Expected rows that were there, right or not.
    pub there: usize,
    /// Expected rows that were there and right.
    pub right: usize,
    /// Rows that were there and wrong or not expected.
    pub wrong: usize,
    /// Early firings until then: rows that a later one took the place of.
    pub replaced: usize,
    /// Rows taken back until then.
    pub retracted: usize,
}

/// The curve of what was put out; empty where nothing was.
pub(super) fn of(columns: &[Column], truth: &[Row], output: &[Output]) -> Result<Vec<Point>, AnswerError> {
    let times = output.iter().map(|output| output.at);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return Ok(Vec::new());
    };
    let mut points: Vec<Point> = Vec::new();
    for step in 0..=STEPS {
        let until = first + (last - first) * step / STEPS;
        let so_far: Vec<&Output> = output.iter().filter(|output| output.at <= until).collect();
        let standing = live::standing(&so_far, columns)?;
        let point = point((until - first) / 1000, columns, truth, &standing);
        if points.last().is_none_or(|before| before.millis < point.millis) {
            points.push(point);
        }
    }
    Ok(points)
}

fn point(millis: i64, columns: &[Column], truth: &[Row], standing: &live::Standing) -> Point {
    let key = |row: &Row| -> Row {
        let cells = columns.iter().zip(row).filter(|(column, _)| column.key);
        cells.map(|(_, cell)| cell.clone()).collect()
    };
    let found: std::collections::BTreeMap<Row, &Row> = standing.rows.iter().map(|row| (key(row), row)).collect();
    let there: Vec<bool> = truth
        .iter()
        .filter_map(|row| found.get(&key(row)).map(|found| *found == row))
        .collect();
    let right = there.iter().filter(|is_right| **is_right).count();
    Point {
        millis,
        expected_rows: truth.len(),
        there: there.len(),
        right,
        wrong: standing.rows.len() - right,
        replaced: standing.replaced,
        retracted: standing.retracted,
    }
}

/// For people: a line for each point, with a bar of what was right (`#`) and of what was there and not right (`.`).
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub(super) fn words(points: &[Point]) -> String {
    let mut lines = format!(
        "{:>10} {:>9} {:>9} {:>9} {:>10}\n",
        "after", "there", "right", "replaced", "taken back"
    );
    for point in points {
        let whole = point.expected_rows.max(1);
        let percent = |count: usize| count as f64 * 100.0 / whole as f64;
        let bar = "#".repeat(point.right * 30 / whole) + &".".repeat((point.there - point.right) * 30 / whole);
        let seconds = point.millis as f64 / 1e3;
        // Writing into a String never fails.
        let _ = writeln!(
            lines,
            "{seconds:>8.1} s {:>7.1} % {:>7.1} % {:>9} {:>10}  {bar}",
            percent(point.there),
            percent(point.right),
            point.replaced,
            point.retracted,
        );
    }
    lines.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::table::{Kind, Value};

    const COLUMNS: [Column; 2] = [
        Column::key("product_id", Kind::Integer),
        Column::value("adds", Kind::Integer),
    ];

    fn row(product: i64, adds: i64) -> Row {
        vec![Value::Integer(product), Value::Integer(adds)]
    }

    fn put_out(seconds: i64, value: &str) -> Output {
        Output {
            at: seconds * 1_000_000,
            value: value.as_bytes().to_vec(),
        }
    }

    #[test]
    fn whoever_waits_longer_sees_more_rows_and_more_of_them_right() {
        let output = [
            put_out(100, r#"{"product_id":1,"adds":1}"#),
            put_out(104, r#"{"product_id":9,"adds":9}"#),
            put_out(105, r#"{"product_id":1,"adds":2}"#),
            put_out(108, r#"{"product_id":9,"adds":null}"#),
            put_out(110, r#"{"product_id":2,"adds":5}"#),
        ];
        let points = of(&COLUMNS, &[row(1, 2), row(2, 5)], &output).unwrap();
        let at = |seconds: i64| points.iter().find(|point| point.millis == seconds * 1000).unwrap();
        let shape = |point: &Point| (point.there, point.right, point.wrong, point.replaced, point.retracted);
        assert_eq!(
            shape(at(0)),
            (1, 0, 1, 0, 0),
            "an early firing is there and not right yet"
        );
        assert_eq!(
            shape(at(5)),
            (1, 1, 1, 1, 0),
            "replaced, it is right; another one is not expected"
        );
        assert_eq!(shape(at(10)), (2, 2, 0, 1, 1));
        let said = words(&points);
        assert_eq!(said.lines().count(), points.len() + 1, "{said}");
        assert!(said.lines().last().unwrap().contains("100.0 %"), "{said}");
    }

    #[test]
    fn what_was_put_out_at_once_is_one_point_and_nothing_is_none() {
        let output = [put_out(7, r#"{"product_id":1,"adds":2}"#)];
        assert_eq!(of(&COLUMNS, &[row(1, 2)], &output).unwrap().len(), 1);
        assert_eq!(of(&COLUMNS, &[row(1, 2)], &[]).unwrap(), []);
    }
}
