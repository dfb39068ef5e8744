//! A triangle of cohorts: a row for each, a square for each week, darker where more came back.

use maud::{Markup, html};

use super::picture;
use crate::report::{Table, Value};

const LEFT: f64 = 150.0;
const WIDE: f64 = 64.0;
const ROW: f64 = 30.0;
/// How many shades there are in the style sheet.
const SHADES: f64 = 8.0;
/// The newest cohorts that are drawn; the table has all.
const MOST: usize = 16;

pub(super) fn draw(table: &Table, label: usize, first: usize) -> Markup {
    let rows = &table.rows[table.rows.len().saturating_sub(MOST)..];
    let columns = table.columns.len() - first - 1;
    let (width, height) = (LEFT + WIDE * columns as f64 + 4.0, ROW * rows.len() as f64 + 30.0);
    let content = html! {
        text.axis x="4" y="18" { "week from" }
        text.axis x=(LEFT - 10.0) y="18" text-anchor="end" { "visitors" }
        @for column in 0..columns {
            text.axis x=(LEFT + (column as f64 + 0.5) * WIDE) y="18" text-anchor="middle" { (table.columns[first + 1 + column].label) }
        }
        @for (place, row) in rows.iter().enumerate() {
            @let y = 26.0 + place as f64 * ROW;
            @let size = row[first].value.number().unwrap_or(0.0);
            text.name x="4" y=(y + 19.0) { (row[label].value.shown()) }
            text.value x=(LEFT - 10.0) y=(y + 19.0) text-anchor="end" { (row[first].value.shown()) }
            @for column in 0..columns {
                @if let Some(number) = row[first + 1 + column].value.number() {
                    @let share = if size > 0.0 { number / size } else { 0.0 };
                    @let depth = (share * SHADES).ceil().min(SHADES);
                    rect class={ "shade shade-" (depth) } x=(LEFT + column as f64 * WIDE + 1.0) y=(y) width=(WIDE - 2.0) height=(ROW - 2.0) rx="2" {
                        title { (row[label].value.shown()) " " (table.columns[first + 1 + column].label) ": " (number) " of " (size) }
                    }
                    text class={ "on-shade on-shade-" (depth) } x=(LEFT + (column as f64 + 0.5) * WIDE) y=(y + 19.0) text-anchor="middle" {
                        (Value::Share(share).shown().replace(' ', ""))
                    }
                }
            }
        }
    };
    picture(table, (width, height), &content)
}
