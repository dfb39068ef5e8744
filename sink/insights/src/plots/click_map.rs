//! Where on a page clicks lie: a circle for each element, at the middle of its clicks.

use maud::{Markup, html};

use super::{clipped, picture, short};
use crate::report::Table;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 560.0;
const MOST: usize = 40;
/// Elements that carry their name in the picture.
const NAMED: usize = 8;

pub(super) fn draw(table: &Table) -> Markup {
    let rows = &table.rows[..table.rows.len().min(MOST)];
    let number = |row: usize, column: usize| rows[row][column].value.number().unwrap_or(0.0);
    let most = (0..rows.len()).map(|row| number(row, 1)).fold(1.0, f64::max);
    let content = html! {
        rect.page x="1" y="1" width=(WIDTH - 2.0) height=(HEIGHT - 2.0) rx="8" {}
        text.axis x="12" y="20" { "top of the page" }
        text.axis x="12" y=(HEIGHT - 10.0) { "bottom" }
        @for row in 0..rows.len() {
            @let (x, y) = (short(number(row, 4) / 100.0 * WIDTH), short(number(row, 5) / 100.0 * HEIGHT));
            @let radius = short(4.0 + 22.0 * (number(row, 1) / most).sqrt());
            @let vain = number(row, 2) + number(row, 3) > number(row, 1) / 4.0;
            circle class=(if vain { "heat vain" } else { "heat" }) cx=(x) cy=(y) r=(radius) {
                title { (rows[row][0].value.shown()) ": " (number(row, 1)) " clicks, " (number(row, 2)) " rage, " (number(row, 3)) " dead" }
            }
            @if row < NAMED {
                text.value x=(x) y=(y + 4.0) text-anchor="middle" { (clipped(&rows[row][0].value.shown(), 22)) }
            }
        }
    };
    html! { div.click-map { (picture(table, (WIDTH, HEIGHT), &content)) } }
}
