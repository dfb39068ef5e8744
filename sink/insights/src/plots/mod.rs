//! Plots as SVG, from the tables of a report: title, axes with units, labels at the things themselves.
//!
//! Colours come from the style sheet's classes, so that they follow light and dark. A plot is a picture with a name for those who
//! cannot see it; the table beside it holds the same numbers.

mod axis;
mod bars;
mod click_map;
mod flow;
mod funnel;
mod intervals;
mod line;
mod triangle;

use maud::{Markup, html};

use crate::report::{Plot, Table};

/// Draws a table; nothing where there is nothing to draw.
#[must_use]
pub(crate) fn draw(table: &Table) -> Option<Markup> {
    let plot = table.plot.as_ref()?;
    if table.rows.is_empty() {
        return None;
    }
    match plot {
        Plot::Line { x, ys, unit } => line::draw(table, *x, ys, unit),
        Plot::Bars { label, value, unit } => Some(bars::draw(table, (*label, *value), unit)),
        Plot::Histogram { label, value, unit } => Some(bars::histogram(table, (*label, *value), unit)),
        Plot::Funnel { label, value } => Some(funnel::draw(table, (*label, *value))),
        Plot::Triangle { label, first } => Some(triangle::draw(table, *label, *first)),
        Plot::Flow => Some(flow::draw(table)),
        Plot::ClickMap => Some(click_map::draw(table)),
        Plot::Intervals {
            label,
            low,
            middle,
            high,
        } => intervals::draw(table, *label, [*low, *middle, *high]),
    }
}

/// The picture's frame, as wide as its content says; on a narrow page it shrinks.
fn picture(table: &Table, (width, height): (f64, f64), content: &Markup) -> Markup {
    html! {
        svg.plot viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(table.title) {
            title { (table.title) }
            (content)
        }
    }
}

/// Coordinates with one digit: a page of plots stays small.
fn short(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// At most so many letters.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
