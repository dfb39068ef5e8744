//! What is drawn of a right answer: one picture that shows what the exercise is about.

use std::collections::BTreeMap;

use super::Words;
use super::table::{Row, Value};

/// A plot of bars, with its axes and their units.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    pub title: Words,
    pub x: Words,
    pub y: Words,
    /// What the parts of a bar are, from its foot; a single one needs no name.
    pub series: &'static [Words],
    pub together: Together,
    pub bars: fn(&[Row]) -> Vec<Bar>,
}

/// How the parts of a bar stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    Stacked,
    Beside,
}

/// A bar, with a value for each series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    pub values: Vec<i64>,
}

/// No other series but the one that the y axis names.
pub(super) const ONE: &[Words] = &[Words { ko: "", en: "" }];

/// The whole number in a column.
pub(super) fn number(row: &Row, column: usize) -> i64 {
    match row.get(column) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

/// A bar for each value of the first column, in its order: the sums of other columns.
pub(super) fn sums(rows: &[Row], columns: &[usize]) -> Vec<Bar> {
    let mut bars: BTreeMap<&Value, Vec<i64>> = BTreeMap::new();
    for row in rows {
        let Some(first) = row.first() else { continue };
        let sums = bars.entry(first).or_insert_with(|| vec![0; columns.len()]);
        for (sum, column) in sums.iter_mut().zip(columns) {
            *sum += number(row, *column);
        }
    }
    let bar = |(value, values)| Bar {
        label: short(value),
        values,
    };
    bars.into_iter().map(bar).collect()
}

/// How often counts are 1, 2, 3 or 4, 5 to 8, ...: each bar is twice as wide as the one before.
pub(super) fn doubling(counts: impl Iterator<Item = i64>) -> Vec<Bar> {
    let mut often: BTreeMap<u32, i64> = BTreeMap::new();
    for count in counts.filter(|count| *count > 0) {
        *often
            .entry((count - 1).checked_ilog2().map_or(0, |power| power + 1))
            .or_default() += 1;
    }
    let most = often.last_key_value().map_or(0, |(power, _)| power + 1);
    let bar = |power: u32| {
        let (low, high) = ((1_i64 << power) / 2 + 1, 1_i64 << power);
        Bar {
            label: if low >= high {
                high.to_string()
            } else {
                format!("{low}–{high}")
            },
            values: vec![often.get(&power).copied().unwrap_or(0)],
        }
    };
    (0..most).map(bar).collect()
}

/// A moment to the minute; anything else as it is.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match (value, text.get(5..16)) {
        (Value::Moment(_), Some(minute)) => minute.replace('T', " "),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: i64) -> Bar {
        Bar {
            label: label.to_owned(),
            values: vec![value],
        }
    }

    #[test]
    fn counts_are_put_into_bars_that_double() {
        let bars = doubling([1, 1, 2, 3, 4, 5, 8, 9].into_iter());
        assert_eq!(
            bars,
            [bar("1", 2), bar("2", 1), bar("3–4", 2), bar("5–8", 2), bar("9–16", 1)]
        );
        assert_eq!(doubling([0].into_iter()), []);
    }

    #[test]
    fn rows_of_one_hour_are_one_bar() {
        let hour = |at: i64, events| vec![Value::Moment(at * 3_600_000_000), Value::Integer(events)];
        let bars = sums(&[hour(1, 2), hour(0, 5), hour(1, 3)], &[1]);
        assert_eq!(bars, [bar("01-01 00:00", 5), bar("01-01 01:00", 5)]);
    }
}
