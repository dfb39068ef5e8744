//! A funnel: a band for each step, as wide as what reached it.

use maud::{Markup, html};

use super::{clipped, picture, short};
use crate::report::{Table, Value};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 150.0;
const ROW: f64 = 58.0;

pub(super) fn draw(table: &Table, (label, value): (usize, usize)) -> Markup {
    let number = |row: usize| table.rows[row][value].value.number().unwrap_or(0.0);
    let top = (0..table.rows.len()).map(number).fold(0.0, f64::max);
    let height = ROW * table.rows.len() as f64 + 4.0;
    let room = WIDTH - LEFT - RIGHT;
    let half = |number: f64| if top > 0.0 { number / top * room / 2.0 } else { 0.0 };
    let middle = LEFT + room / 2.0;
    let first = number(0);
    let content = html! {
        @for (place, row) in table.rows.iter().enumerate() {
            @let (y, wide) = (4.0 + place as f64 * ROW, half(number(place)));
            @if place > 0 {
                @let above = half(number(place - 1));
                path.fall d=(format!("M{} {}L{} {}L{} {}L{} {}Z",
                    short(middle - above), y - ROW + 34.0, short(middle + above), y - ROW + 34.0, short(middle + wide), y, short(middle - wide), y)) {}
            }
            rect.bar x=(short(middle - wide)) y=(y) width=(short((wide * 2.0).max(1.0))) height="34" rx="2" {
                title { (row[label].value.shown()) ": " (row[value].value.shown()) }
            }
            text.name x=(LEFT - 12.0) y=(y + 22.0) text-anchor="end" { (clipped(&row[label].value.shown(), 24)) }
            text.value x=(WIDTH - RIGHT + 12.0) y=(y + 22.0) {
                (row[value].value.shown())
                @if first > 0.0 { " · " (Value::Share(number(place) / first).shown()) }
            }
        }
    };
    picture(table, (WIDTH, height), &content)
}
