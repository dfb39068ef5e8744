//! Intervals beside zero: what is certain does not touch it.

use maud::{Markup, html};

use super::{clipped, picture, short};
use crate::report::Table;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 80.0;
const ROW: f64 = 28.0;
/// More rows than this are for the table: the newest are drawn.
const MOST: usize = 31;

pub(super) fn draw(table: &Table, label: usize, [low, middle, high]: [usize; 3]) -> Option<Markup> {
    let number = |row: usize, column: usize| table.rows[row][column].value.number();
    let begin = table.rows.len().saturating_sub(MOST);
    let rows: Vec<(usize, [f64; 3])> = (begin..table.rows.len())
        .filter_map(|row| Some((row, [number(row, low)?, number(row, middle)?, number(row, high)?])))
        .collect();
    let last = rows.last()?;
    // The newest intervals are the narrowest: very wide early ones run out of the picture.
    let reach = last.1.iter().map(|value| value.abs()).fold(0.01, f64::max) * 2.5;
    let room = WIDTH - LEFT - RIGHT;
    let across = |value: f64| short(LEFT + f64::midpoint(value.clamp(-reach, reach) / reach, 1.0) * room);
    let height = rows.len() as f64 * ROW + 30.0;
    let content = html! {
        line.zero x1=(across(0.0)) x2=(across(0.0)) y1="20" y2=(height - 6.0) {}
        text.axis x=(across(0.0)) y="14" text-anchor="middle" { "no difference" }
        text.axis x=(LEFT) y="14" { (crate::report::Value::Share(-reach).shown()) }
        text.axis x=(WIDTH - RIGHT) y="14" text-anchor="end" { "+" (crate::report::Value::Share(reach).shown()) }
        @for (place, (row, [low, middle, high])) in rows.iter().enumerate() {
            @let y = 36.0 + place as f64 * ROW;
            @let sure = *low > 0.0 || *high < 0.0;
            text.name x=(LEFT - 10.0) y=(y + 5.0) text-anchor="end" { (clipped(&table.rows[*row][label].value.shown(), 26)) }
            line class=(if sure { "interval sure" } else { "interval" }) x1=(across(*low)) x2=(across(*high)) y1=(y) y2=(y) {
                title { (crate::report::Value::Share(*low).shown()) " to " (crate::report::Value::Share(*high).shown()) }
            }
            circle class="dot series-0" cx=(across(*middle)) cy=(y) r="4" {}
            text.value x=(WIDTH - RIGHT + 8.0) y=(y + 5.0) { (crate::report::Value::Share(*middle).shown()) }
        }
    };
    Some(picture(table, (WIDTH, height), &content))
}
