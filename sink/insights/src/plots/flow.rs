//! A flow: bands between the pages of one step and those of the next, as wide as the sessions that went there.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{clipped, picture, short};
use crate::report::Table;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
const NODE: f64 = 12.0;
const GAP: f64 = 12.0;
const TOP: f64 = 26.0;

/// A band, from the step's page to the next step's.
struct Band {
    step: usize,
    from: String,
    to: String,
    count: f64,
}

/// Where a page of a step stands: top and height, and how much of either side is taken by bands.
struct Node {
    top: f64,
    height: f64,
    count: f64,
    arrived: f64,
    gone: f64,
}

pub(super) fn draw(table: &Table) -> Markup {
    let bands: Vec<Band> = table.rows.iter().filter_map(|row| band(row)).collect();
    let steps = bands.iter().map(|band| band.step).max().unwrap_or(0) + 2;
    let (mut nodes, scale) = place(&bands, steps);
    let across = |step: usize| short(step as f64 * (WIDTH - 130.0 - NODE) / (steps - 1).max(1) as f64);
    let shapes: Vec<(String, String)> = bands
        .iter()
        .filter_map(|band| shape(band, &mut nodes, scale, &across))
        .collect();
    let content = html! {
        @for step in 0..steps {
            text.axis x=(across(step)) y="14" { @if step == 0 { "entry" } @else { "page " (step + 1) } }
        }
        @for (path, says) in &shapes {
            path.band d=(path) { title { (says) } }
        }
        @for ((step, name), node) in &nodes {
            rect class=(if name.starts_with('(') { "node left" } else { "node" }) x=(across(*step)) y=(short(node.top)) width=(NODE) height=(short(node.height.max(1.0))) {
                title { (name) ": " (node.count) }
            }
            @if node.height > 9.0 {
                text.value x=(across(*step) + NODE + 5.0) y=(short(node.top + node.height / 2.0 + 4.0)) { (clipped(name, 17)) " " (node.count) }
            }
        }
    };
    picture(table, (WIDTH, HEIGHT), &content)
}

fn band(row: &[crate::report::Cell]) -> Option<Band> {
    Some(Band {
        step: (row[0].value.number()? as usize).checked_sub(1)?,
        from: row[1].value.shown(),
        to: row[2].value.shown(),
        count: row[3].value.number()?,
    })
}

type Nodes = BTreeMap<(usize, String), Node>;

/// The nodes of each step below each other, the largest first; one scale for all.
fn place(bands: &[Band], steps: usize) -> (Nodes, f64) {
    let mut counts: BTreeMap<(usize, String), (f64, f64)> = BTreeMap::new();
    for band in bands {
        counts.entry((band.step, band.from.clone())).or_default().0 += band.count;
        counts.entry((band.step + 1, band.to.clone())).or_default().1 += band.count;
    }
    let size = |step: usize| counts.iter().filter(move |((at, _), _)| *at == step);
    let room = |step: usize| HEIGHT - TOP - 6.0 - GAP * size(step).count() as f64;
    let total = |step: usize| size(step).map(|(_, (out, into))| out.max(*into)).sum::<f64>();
    let scale = (0..steps)
        .map(|step| room(step) / total(step).max(1.0))
        .fold(f64::INFINITY, f64::min);
    let mut nodes = Nodes::new();
    for step in 0..steps {
        let mut own: Vec<(&String, f64)> = size(step)
            .map(|((_, name), (out, into))| (name, out.max(*into)))
            .collect();
        // Those who left stand at the bottom.
        own.sort_by(|left, right| {
            left.0
                .starts_with('(')
                .cmp(&right.0.starts_with('('))
                .then(right.1.total_cmp(&left.1))
        });
        let mut top = TOP;
        for (name, count) in own {
            let height = count * scale;
            nodes.insert(
                (step, name.clone()),
                Node {
                    top,
                    height,
                    count,
                    arrived: 0.0,
                    gone: 0.0,
                },
            );
            top += height + GAP;
        }
    }
    (nodes, scale)
}

fn shape(band: &Band, nodes: &mut Nodes, scale: f64, across: &dyn Fn(usize) -> f64) -> Option<(String, String)> {
    let high = band.count * scale;
    let from = nodes.get_mut(&(band.step, band.from.clone()))?;
    let y1 = short(from.top + from.gone);
    from.gone += high;
    let to = nodes.get_mut(&(band.step + 1, band.to.clone()))?;
    let y2 = short(to.top + to.arrived);
    to.arrived += high;
    let (x1, x2, high) = (across(band.step) + NODE, across(band.step + 1), short(high));
    let middle = short(f64::midpoint(x1, x2));
    let path = format!(
        "M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}V{}C{middle} {} {middle} {} {x1} {}Z",
        short(y2 + high),
        short(y2 + high),
        short(y1 + high),
        short(y1 + high)
    );
    Some((path, format!("{} to {}: {}", band.from, band.to, band.count)))
}
