//! What people look at and buy: products and categories.

use std::collections::{BTreeMap, HashSet};

use schemas::EventType;

use super::series::Series;
use crate::definitions as means;
use crate::events::{Log, SessionIndex};
use crate::report::{Cell, Column, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit, VisitorTally};

/// What is counted of a product or a category.
struct Counts {
    seen: Tally,
    clicked: Tally,
    viewed: Tally,
    visitors: VisitorTally,
    added: Tally,
    sold: Tally,
    viewing: HashSet<SessionIndex>,
    both: Tally,
    bought_in: HashSet<SessionIndex>,
    revenue: i64,
}

/// A product or its category, by number.
type Key = fn(&Log, i64) -> i64;

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let before_scope = scope.over_range(scope.range.before(scope.zone));
    let name: fn(&Log, i64) -> String = product_name;
    let products = table(scope, &before_scope, ("products", "Products", name), |_, product| {
        product
    });
    let top = products.rows.first().map(|row| row[0].value.shown());
    report.says = top.map_or_else(
        || "Nobody looked at a product in this range.".to_owned(),
        |top| format!("Most looked at: {top}."),
    );
    let trend = trend(scope, &products);
    report.tables.push(trend);
    report.tables.push(products);
    let name: fn(&Log, i64) -> String = category_name;
    report.tables.push(table(
        scope,
        &before_scope,
        ("categories", "Categories", name),
        category_of,
    ));
    if scope.log.products.is_empty() {
        report
            .notes
            .push("The sink has no names of products yet; they come with the topic shop.product.".to_owned());
    }
}

pub(super) fn product_name(log: &Log, product: i64) -> String {
    log.products
        .get(&product)
        .map_or_else(|| format!("Product {product}"), |row| row.name.clone())
}

fn category_of(log: &Log, product: i64) -> i64 {
    let known = log.products.get(&product).and_then(|row| row.category_id);
    known.or_else(|| log.categories.get(&product).copied()).unwrap_or(0)
}

fn category_name(log: &Log, category: i64) -> String {
    let mut known = log.products.values().filter(|row| row.category_id == Some(category));
    match (category, known.find_map(|row| row.category.clone())) {
        (_, Some(name)) => name,
        (0, None) => "unknown".to_owned(),
        (category, None) => format!("Category {category}"),
    }
}

fn fresh(scope: &Scope<'_>, prefix: &str, key: i64) -> Counts {
    let tally = |what: &str, unit| scope.tally(format!("{prefix}/{key}/{what}"), unit);
    Counts {
        seen: tally("seen", Unit::Events),
        clicked: tally("clicked", Unit::Events),
        viewed: tally("viewed", Unit::Events),
        visitors: scope.visitors(format!("{prefix}/{key}/visitors")),
        added: tally("added", Unit::Events),
        sold: tally("sold", Unit::Events),
        both: tally("viewed_and_ordered", Unit::Sessions),
        viewing: HashSet::new(),
        bought_in: HashSet::new(),
        revenue: 0,
    }
}

/// All counts, by product or category.
struct Counting<'s, 'a> {
    scope: &'s Scope<'a>,
    prefix: &'s str,
    key: Key,
    all: BTreeMap<i64, Counts>,
}

impl Counting<'_, '_> {
    fn of(&mut self, product: i64) -> &mut Counts {
        let key = (self.key)(self.scope.log, product);
        self.all
            .entry(key)
            .or_insert_with(|| fresh(self.scope, self.prefix, key))
    }
}

fn counts(scope: &Scope<'_>, prefix: &str, key: Key) -> BTreeMap<i64, Counts> {
    let mut counting = Counting {
        scope,
        prefix,
        key,
        all: BTreeMap::new(),
    };
    for session in scope.touching().iter().copied() {
        for (index, event) in scope.events_in_range(session) {
            match event.kind {
                EventType::Impression => {
                    for (product, _) in scope.log.seen_tiles(event) {
                        counting.of(*product).seen.add(index);
                    }
                }
                EventType::Click if event.entity > 0 => counting.of(event.entity).clicked.add(index),
                EventType::View if scope.log.names.text(event.page) == "products.detail" => {
                    let counts = counting.of(event.entity);
                    counts.viewed.add(index);
                    counts.visitors.add(scope.facts(session).visitor, session);
                    counts.viewing.insert(session);
                }
                EventType::CartAdd => counting.of(event.entity).added.add(index),
                EventType::OrderPlaced => {
                    let mut told = HashSet::new();
                    for line in scope.log.order_lines(event) {
                        let counts = counting.of(line.product);
                        counts.revenue += line.quantity * line.unit_price;
                        counts.bought_in.insert(session);
                        // An order that holds two products of a category is one order of it.
                        if told.insert(key(scope.log, line.product)) {
                            counts.sold.add(index);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for counts in counting.all.values_mut() {
        let mut both: Vec<SessionIndex> = counts.viewing.intersection(&counts.bought_in).copied().collect();
        both.sort_unstable();
        for session in both {
            counts.both.add(session);
        }
    }
    counting.all
}

fn table(
    scope: &Scope<'_>,
    before_scope: &Scope<'_>,
    (id, title, name): (&'static str, &'static str, fn(&Log, i64) -> String),
    key: Key,
) -> Table {
    let columns = [
        ("name", "Name"),
        ("seen", "Seen"),
        ("clicked", "Clicked"),
        ("viewed", "Viewed"),
        ("viewed_before", "Before"),
        ("visitors", "Visitors"),
        ("added", "Added"),
        ("orders", "Orders"),
        ("revenue", "Revenue"),
        ("viewed_and_ordered", "Viewed and ordered"),
        ("view_to_order", "View to order"),
        ("id", "Id"),
    ];
    let before = counts(before_scope, id, key);
    let mut all: Vec<(i64, Counts)> = counts(scope, id, key).into_iter().collect();
    // The most viewed first; the number decides between equals, so that a page looks the same tomorrow.
    all.sort_by_key(|(key, counts)| (std::cmp::Reverse((counts.viewed.count, counts.revenue)), *key));
    let mut table = Table::new(id, title, &columns).meaning(means::VIEW_TO_ORDER);
    for (key, counts) in all {
        let viewed_before = before.get(&key).map_or(0, |before| before.viewed.count);
        let share = Value::share(counts.both.count, counts.viewing.len() as u64);
        table.rows.push(vec![
            Cell::text(name(scope.log, key)),
            scope.cell(counts.seen),
            scope.cell(counts.clicked),
            scope.cell(counts.viewed),
            Cell::of(Value::Count(viewed_before)),
            scope.cell(counts.visitors.tally),
            scope.cell(counts.added),
            scope.cell(counts.sold),
            Cell::of(Value::Money(counts.revenue)),
            scope.cell(counts.both),
            Cell::of(share),
            Cell::of(Value::Number(key as f64)),
        ]);
    }
    table
}

/// The columns of the most viewed three.
const IDS: [&str; 3] = ["first", "second", "third"];

/// Their views, over time.
fn trend(scope: &Scope<'_>, products: &Table) -> Table {
    let series = Series::of(scope);
    let top: Vec<(i64, String)> = products
        .rows
        .iter()
        .take(3)
        .filter_map(|row| Some((row[11].value.number()? as i64, row[0].value.shown())))
        .collect();
    let mut table = Table::new(
        "trend",
        "Views of the three most viewed products",
        &[(series.unit(), "Time")],
    );
    table
        .columns
        .extend(top.iter().zip(IDS).map(|((_, name), id)| Column::new(id, name.clone())));
    let mut views = vec![vec![0_u64; top.len()]; series.count()];
    for session in scope.touching() {
        for (_, event) in scope.events_in_range(*session) {
            let is_view = event.kind == EventType::View && scope.log.names.text(event.page) == "products.detail";
            let rank = top.iter().position(|(product, _)| is_view && *product == event.entity);
            if let (Some(rank), Some(piece)) = (rank, series.piece(event.at)) {
                views[piece][rank] += 1;
            }
        }
    }
    for (piece, views) in views.into_iter().enumerate() {
        let mut row = vec![Cell::text(series.label(scope, piece))];
        row.extend(views.into_iter().map(|count| Cell::of(Value::Count(count))));
        table.rows.push(row);
    }
    table.drawn(Plot::Line {
        x: 0,
        ys: (1..=top.len()).collect(),
        unit: "views",
    })
}
