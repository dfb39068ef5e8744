//! Bars that lie, with their names before them; and a histogram, whose bars stand.

use maud::{Markup, html};

use super::axis::marks;
use super::{clipped, picture, short};
use crate::report::Table;

const WIDTH: f64 = 720.0;
const ROW: f64 = 26.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 80.0;
/// More bars are for the table.
const MOST: usize = 15;

pub(super) fn draw(table: &Table, (label, value): (usize, usize), unit: &str) -> Markup {
    let rows = &table.rows[..table.rows.len().min(MOST)];
    let top = rows
        .iter()
        .filter_map(|row| row[value].value.number())
        .fold(0.0, f64::max);
    let height = ROW * rows.len() as f64 + 24.0;
    let wide = |number: f64| {
        if top > 0.0 {
            short(number / top * (WIDTH - LEFT - RIGHT))
        } else {
            0.0
        }
    };
    let content = html! {
        text.axis x=(LEFT) y="14" { (unit) }
        @for (place, row) in rows.iter().enumerate() {
            @let y = 22.0 + place as f64 * ROW;
            @let number = row[value].value.number();
            text.name x=(LEFT - 8.0) y=(y + 16.0) text-anchor="end" { (clipped(&row[label].value.shown(), 27)) }
            rect.bar x=(LEFT) y=(y + 3.0) width=(wide(number.unwrap_or(0.0))) height=(ROW - 8.0) rx="2" {
                title { (row[label].value.shown()) ": " (row[value].value.shown()) }
            }
            text.value x=(LEFT + wide(number.unwrap_or(0.0)) + 6.0) y=(y + 16.0) { (row[value].value.shown()) }
        }
    };
    picture(table, (WIDTH, height), &content)
}

pub(super) fn histogram(table: &Table, (label, value): (usize, usize), unit: &str) -> Markup {
    const HEIGHT: f64 = 220.0;
    const BASE: f64 = HEIGHT - 40.0;
    let top = table
        .rows
        .iter()
        .filter_map(|row| row[value].value.number())
        .fold(0.0, f64::max);
    let marks = marks(top);
    let top = marks.last().copied().unwrap_or(1.0);
    let wide = (WIDTH - 70.0) / table.rows.len().max(1) as f64;
    let up = |number: f64| short(number / top * (BASE - 24.0));
    let content = html! {
        text.axis x="4" y="14" { (unit) }
        @for mark in &marks {
            line.grid x1="60" x2=(WIDTH - 10.0) y1=(BASE - up(*mark)) y2=(BASE - up(*mark)) {}
            text.axis x="52" y=(BASE - up(*mark) + 4.0) text-anchor="end" { (crate::report::Value::Number(*mark).shown()) }
        }
        @for (place, row) in table.rows.iter().enumerate() {
            @let x = short(60.0 + place as f64 * wide);
            @let high = up(row[value].value.number().unwrap_or(0.0));
            rect.bar x=(x + 1.0) y=(BASE - high) width=(short(wide - 2.0)) height=(high) {
                title { (row[label].value.shown()) ": " (row[value].value.shown()) }
            }
            text.axis x=(short(x + wide / 2.0)) y=(BASE + 18.0) text-anchor="middle" { (row[label].value.shown()) }
        }
        text.axis x=(WIDTH - 10.0) y=(HEIGHT - 4.0) text-anchor="end" { (table.columns[label].label.to_lowercase()) }
    };
    picture(table, (WIDTH, HEIGHT), &content)
}
