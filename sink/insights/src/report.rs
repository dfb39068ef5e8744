//! What an analysis answers: figures and tables. Pages, JSON, CSV and plots are all made from it.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::definitions::Definition;

/// An analysis' answer.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its name in addresses.
    pub name: &'static str,
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub says: String,
    pub figures: Vec<Figure>,
    pub tables: Vec<Table>,
    /// What a reader should know before trusting a figure.
    pub notes: Vec<String>,
}

/// A number with its name.
#[derive(Debug, Clone)]
pub struct Figure {
    pub id: &'static str,
    pub label: &'static str,
    pub means: Definition,
    pub cell: Cell,
    /// The same in the range before, and in the same days of the week before that.
    pub before: Option<Value>,
    pub weekdays_before: Option<Value>,
}

/// A table; its plot shows the same numbers.
#[derive(Debug, Clone)]
pub struct Table {
    pub id: &'static str,
    pub title: String,
    pub means: Option<Definition>,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    pub plot: Option<Plot>,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub id: Cow<'static, str>,
    pub label: String,
}

impl Column {
    pub fn new(id: impl Into<Cow<'static, str>>, label: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
        }
    }
}

/// How a table is drawn; numbers are columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plot {
    /// Lines over the rows.
    Line {
        x: usize,
        ys: Vec<usize>,
        unit: &'static str,
    },
    /// A bar for each row.
    Bars {
        label: usize,
        value: usize,
        unit: &'static str,
    },
    /// Bars that stand side by side without gaps.
    Histogram {
        label: usize,
        value: usize,
        unit: &'static str,
    },
    /// Narrowing bars.
    Funnel { label: usize, value: usize },
    /// Shares by row and column, from this column on.
    Triangle { label: usize, first: usize },
    /// Bands from one step to the next: step, from, to, count.
    Flow,
    /// Points on a page: x, y in percent, weight, mark.
    ClickMap,
    /// Intervals around a middle: low, middle, high.
    Intervals {
        label: usize,
        low: usize,
        middle: usize,
        high: usize,
    },
}

/// A value that may open its rows or lead somewhere.
#[derive(Debug, Clone)]
pub struct Cell {
    pub value: Value,
    /// The name of the figure, for the list behind it.
    pub rows: Option<String>,
    pub link: Option<String>,
}

/// A value with its unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Count(u64),
    /// KRW.
    Money(i64),
    /// 0 to 1.
    Share(f64),
    /// A difference of shares, in percentage points of 0 to 1.
    Points(f64),
    Millis(f64),
    Number(f64),
    Text(String),
}

impl Value {
    /// A share; nothing where there is nothing to share.
    #[must_use]
    pub fn share(part: u64, whole: u64) -> Self {
        if whole == 0 {
            Self::Nothing
        } else {
            Self::Share(part as f64 / whole as f64)
        }
    }

    /// As a number, for plots and comparisons.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Nothing | Self::Text(_) => None,
            Self::Count(number) => Some(*number as f64),
            Self::Money(number) => Some(*number as f64),
            Self::Share(number) | Self::Points(number) | Self::Millis(number) | Self::Number(number) => Some(*number),
        }
    }

    /// For people.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Nothing => "–".to_owned(),
            Self::Count(number) => grouped(i64::try_from(*number).unwrap_or(i64::MAX)),
            Self::Money(won) => format!("₩{}", grouped(*won)),
            Self::Share(share) => format!("{:.1} %", share * 100.0),
            Self::Points(share) => format!("{:+.2} points", share * 100.0),
            Self::Millis(millis) if *millis >= 10_000.0 => format!("{:.0} s", millis / 1000.0),
            Self::Millis(millis) if *millis >= 1000.0 => format!("{:.1} s", millis / 1000.0),
            Self::Millis(millis) => format!("{millis:.0} ms"),
            Self::Number(number) if number.abs() >= 1000.0 => grouped(number.round() as i64),
            Self::Number(number) => format!("{number:.3}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned(),
            Self::Text(text) => text.clone(),
        }
    }

    /// For programs: exact, without units.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Self::Nothing => Json::Null,
            Self::Count(number) => json!(number),
            Self::Money(number) => json!(number),
            Self::Share(number) | Self::Points(number) | Self::Millis(number) | Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}

impl Cell {
    #[must_use]
    pub const fn of(value: Value) -> Self {
        Self {
            value,
            rows: None,
            link: None,
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Value::Text(text.into()))
    }

    #[must_use]
    pub fn linked(mut self, link: String) -> Self {
        self.link = Some(link);
        self
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Report {
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            says: String::new(),
            figures: Vec::new(),
            tables: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn figure(&mut self, id: &'static str, label: &'static str, means: Definition, cell: Cell) {
        self.figures.push(Figure {
            id,
            label,
            means,
            cell,
            before: None,
            weekdays_before: None,
        });
    }

    /// Figures by id, tables by id with one object a row.
    #[must_use]
    pub fn json(&self) -> Json {
        let figures = self.figures.iter().map(|figure| {
            let before = figure.before.as_ref().map(Value::json);
            let weekdays = figure.weekdays_before.as_ref().map(Value::json);
            let all = json!({ "value": figure.cell.value.json(), "before": before, "weekdays_before": weekdays, "rows": figure.cell.rows });
            (figure.id.to_owned(), all)
        });
        let tables = self.tables.iter().map(|table| (table.id.to_owned(), table.json()));
        json!({
            "report": self.name,
            "says": self.says,
            "figures": figures.collect::<Map<_, _>>(),
            "tables": tables.collect::<Map<_, _>>(),
            "notes": self.notes,
        })
    }
}

impl Report {
    /// Every count that opens rows, wherever it stands: the name of its list, and the number.
    #[must_use]
    pub fn links(&self) -> Json {
        let figures = self.figures.iter().map(|figure| &figure.cell);
        let cells = self.tables.iter().flat_map(|table| table.rows.iter().flatten());
        let counts = figures
            .chain(cells)
            .filter(|cell| matches!(cell.value, Value::Count(_)));
        let linked = counts.filter_map(|cell| Some(json!({ "rows": cell.rows.as_ref()?, "value": cell.value.json() })));
        Json::Array(linked.collect())
    }
}

impl Table {
    #[must_use]
    pub fn new(id: &'static str, title: impl Into<String>, columns: &[(&'static str, &str)]) -> Self {
        Self {
            id,
            title: title.into(),
            means: None,
            columns: columns.iter().map(|(id, label)| Column::new(*id, *label)).collect(),
            rows: Vec::new(),
            plot: None,
        }
    }

    #[must_use]
    pub const fn meaning(mut self, means: Definition) -> Self {
        self.means = Some(means);
        self
    }

    #[must_use]
    pub fn drawn(mut self, plot: Plot) -> Self {
        self.plot = Some(plot);
        self
    }

    fn json(&self) -> Json {
        let row = |row: &Vec<Cell>| {
            let values = self.columns.iter().zip(row);
            Json::Object(
                values
                    .map(|(column, cell)| (column.id.to_string(), cell.value.json()))
                    .collect(),
            )
        };
        Json::Array(self.rows.iter().map(row).collect())
    }

    /// RFC 4180, with the columns' ids as the first line. A text that a spreadsheet would run as a formula begins with an apostrophe.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = self
            .columns
            .iter()
            .map(|column| quoted(&column.id))
            .collect::<Vec<_>>()
            .join(",");
        text.push_str("\r\n");
        for row in &self.rows {
            let cells = row.iter().map(|cell| match &cell.value {
                Value::Text(text) => quoted(text),
                Value::Nothing => String::new(),
                other => other.json().to_string(),
            });
            text.push_str(&cells.collect::<Vec<_>>().join(","));
            text.push_str("\r\n");
        }
        text
    }
}

/// A text as a cell of CSV.
#[must_use]
pub fn quoted(text: &str) -> String {
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number;
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_with_their_units() {
        for (value, shown) in [
            (Value::Count(1_234_567), "1,234,567"),
            (Value::Money(-12_900), "₩-12,900"),
            (Value::Share(0.0294), "2.9 %"),
            (Value::Points(-0.012), "-1.20 points"),
            (Value::Millis(2500.0), "2.5 s"),
            (Value::Number(0.1), "0.1"),
            (Value::share(1, 0), "–"),
        ] {
            assert_eq!(value.shown(), shown);
        }
    }

    #[test]
    fn hostile_text_stays_text_in_csv() {
        assert_eq!(quoted("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        for formula in ["-1+1", "-inf", "+A1", "@SUM(A1)", "-"] {
            assert_eq!(quoted(formula), format!("'{formula}"));
        }
        for number in ["-12", "-0.5", "+3", "-1e-7", "12"] {
            assert_eq!(quoted(number), number, "a number runs nothing");
        }
        assert_eq!(quoted("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
    }
}
