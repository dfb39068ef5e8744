//! Lines over time; where there is no value, the line has a gap.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::marks;
use super::{clipped, picture, short};
use crate::report::{Table, Value};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 96.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 40.0;

pub(super) fn draw(table: &Table, x: usize, ys: &[usize], unit: &str) -> Option<Markup> {
    let values = |column: usize| {
        table
            .rows
            .iter()
            .map(move |row| row.get(column).and_then(|cell| cell.value.number()))
    };
    let top = ys
        .iter()
        .flat_map(|column| values(*column))
        .flatten()
        .fold(0.0, f64::max);
    if ys.is_empty() {
        return None;
    }
    let marks = marks(top);
    let top = marks.last().copied().unwrap_or(1.0);
    let across = |place: usize| {
        let share = if table.rows.len() < 2 {
            0.5
        } else {
            place as f64 / (table.rows.len() - 1) as f64
        };
        short(LEFT + share * (WIDTH - LEFT - RIGHT))
    };
    let up = |value: f64| short(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM));
    let sample = table.rows.first()?.get(ys[0])?.value.clone();
    let content = html! {
        text.axis x="4" y="14" { (unit) }
        @for mark in &marks {
            line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(up(*mark)) y2=(up(*mark)) {}
            text.axis x=(LEFT - 8.0) y=(up(*mark) + 4.0) text-anchor="end" { (like(&sample, *mark).shown()) }
        }
        @for place in ticks(table.rows.len()) {
            text.axis x=(across(place)) y=(HEIGHT - 18.0) text-anchor=(anchor(place, table.rows.len())) { (short_time(&table.rows[place][x].value.shown())) }
        }
        text.axis x=(WIDTH - RIGHT) y=(HEIGHT - 3.0) text-anchor="end" { (table.columns[x].label) }
        @for (number, column) in ys.iter().enumerate() {
            @let points: Vec<Option<f64>> = values(*column).collect();
            path class={ "line series-" (number) } d=(path(&points, &across, &up)) {}
            @for (place, value) in points.iter().enumerate() {
                @if let Some(value) = value {
                    circle class={ "dot series-" (number) } cx=(across(place)) cy=(up(*value)) r=(if points.len() > 40 { 1.5 } else { 3.0 }) {
                        title { (table.rows[place][x].value.shown()) ": " (table.rows[place][*column].value.shown()) " " (table.columns[*column].label) }
                    }
                }
            }
        }
        @for (number, y, column) in labels(table, ys, &up) {
            text class={ "label series-" (number) } x=(WIDTH - RIGHT + 8.0) y=(y) { (clipped(&table.columns[column].label, 13)) }
        }
    };
    Some(picture(table, (WIDTH, HEIGHT), &content))
}

/// A number in the unit of another value.
fn like(sample: &Value, number: f64) -> Value {
    match sample {
        Value::Money(_) => Value::Money(number as i64),
        Value::Share(_) => Value::Share(number),
        Value::Millis(_) => Value::Millis(number),
        _ => Value::Number(number),
    }
}

fn path(points: &[Option<f64>], across: &dyn Fn(usize) -> f64, up: &dyn Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (place, value) in points.iter().enumerate() {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let letter = if drawing { 'L' } else { 'M' };
        // Writing to a String can't fail.
        let _ = write!(path, "{letter}{} {}", across(place), up(*value));
        drawing = true;
    }
    path
}

/// The names at the right end of the lines, moved apart where they would lie over each other.
fn labels(table: &Table, ys: &[usize], up: &dyn Fn(f64) -> f64) -> Vec<(usize, f64, usize)> {
    let last = |column: usize| {
        table
            .rows
            .iter()
            .rev()
            .find_map(|row| row[column].value.number())
            .unwrap_or(0.0)
    };
    let mut labels: Vec<(usize, f64, usize)> = ys
        .iter()
        .enumerate()
        .map(|(number, column)| (number, up(last(*column)) + 4.0, *column))
        .collect();
    labels.sort_by(|left, right| left.1.total_cmp(&right.1));
    for place in 1..labels.len() {
        labels[place].1 = labels[place].1.max(labels[place - 1].1 + 16.0);
    }
    // What was pushed below the axis goes up again, all of them.
    let below = labels
        .last()
        .map_or(0.0, |label| (label.1 - (HEIGHT - BOTTOM + 4.0)).max(0.0));
    for label in &mut labels {
        label.1 = short(label.1 - below);
    }
    labels
}

/// About six places on the axis.
fn ticks(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(6).max(1))
}

const fn anchor(place: usize, count: usize) -> &'static str {
    if place == 0 && count > 1 { "start" } else { "middle" }
}

/// Without the year, and without the date where there is an hour.
fn short_time(label: &str) -> String {
    match label.split_once(' ') {
        Some((_, hour)) => hour.to_owned(),
        None => label.get(5..).unwrap_or(label).to_owned(),
    }
}
