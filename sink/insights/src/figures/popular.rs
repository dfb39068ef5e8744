//! What people look at and buy: products and categories.

use std::collections::HashMap;

use roaring::RoaringBitmap;
use schemas::EventType;

use super::series::Series;
use crate::definitions as means;
use crate::events::{Event, EventIndex, Log};
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
    viewing: RoaringBitmap,
    both: Tally,
    bought_in: RoaringBitmap,
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
        viewing: RoaringBitmap::new(),
        bought_in: RoaringBitmap::new(),
        revenue: 0,
    }
}

/// All counts, by product or category.
struct Counting<'s, 'a> {
    scope: &'s Scope<'a>,
    prefix: &'s str,
    key: Key,
    all: Vec<(i64, Counts)>,
    /// Where the counts of a product are: its category is looked up once.
    places: HashMap<i64, usize>,
    by_key: HashMap<i64, usize>,
    /// The product that was asked for last: tiles of one list apart, the same comes again and again.
    last: Option<(i64, usize)>,
}

impl Counting<'_, '_> {
    fn of(&mut self, product: i64) -> &mut Counts {
        let place = match self.last {
            Some((last, place)) if last == product => place,
            _ => self.places.get(&product).copied().unwrap_or_else(|| self.add(product)),
        };
        self.last = Some((product, place));
        &mut self.all[place].1
    }

    fn add(&mut self, product: i64) -> usize {
        let key = (self.key)(self.scope.log, product);
        let place = *self.by_key.entry(key).or_insert(self.all.len());
        if place == self.all.len() {
            self.all.push((key, fresh(self.scope, self.prefix, key)));
        }
        self.places.insert(product, place);
        place
    }

    fn orders(&mut self) {
        for (index, event) in self.scope.events_of(EventType::OrderPlaced) {
            let mut told: Vec<i64> = Vec::new();
            for line in self.scope.log.order_lines(event) {
                let key = (self.key)(self.scope.log, line.product);
                let counts = self.of(line.product);
                counts.revenue += line.quantity * line.unit_price;
                counts.bought_in.insert(event.session);
                // An order that holds two products of a category is one order of it.
                if !told.contains(&key) {
                    told.push(key);
                    counts.sold.add(index);
                }
            }
        }
    }
}

fn counts(scope: &Scope<'_>, prefix: &str, key: Key) -> Vec<(i64, Counts)> {
    let mut counting = Counting {
        scope,
        prefix,
        key,
        all: Vec::new(),
        places: HashMap::new(),
        by_key: HashMap::new(),
        last: None,
    };
    for (index, event) in scope.events_of(EventType::Impression) {
        for (product, _) in scope.log.seen_tiles(event) {
            counting.of(*product).seen.add(index);
        }
    }
    for (index, event) in scope.events_of(EventType::Click).filter(|(_, event)| event.entity > 0) {
        counting.of(event.entity).clicked.add(index);
    }
    for (index, event) in product_views(scope) {
        let counts = counting.of(event.entity);
        counts.viewed.add(index);
        counts.visitors.add(scope.facts(event.session).visitor, event.session);
        counts.viewing.insert(event.session);
    }
    for (index, event) in scope.events_of(EventType::CartAdd) {
        counting.of(event.entity).added.add(index);
    }
    counting.orders();
    let mut all = counting.all;
    for (_, counts) in &mut all {
        for session in &counts.viewing & &counts.bought_in {
            counts.both.add(session);
        }
    }
    all
}

/// How often each product or category was viewed.
fn views_by(scope: &Scope<'_>, key: Key) -> HashMap<i64, u64> {
    let (mut products, mut all) = (HashMap::<i64, u64>::new(), HashMap::<i64, u64>::new());
    for (_, event) in product_views(scope) {
        *products.entry(event.entity).or_default() += 1;
    }
    for (product, views) in products {
        *all.entry(key(scope.log, product)).or_default() += views;
    }
    all
}

/// The views of products' pages.
fn product_views<'s>(scope: &'s Scope<'_>) -> impl Iterator<Item = (EventIndex, &'s Event)> {
    let page = scope.page("products.detail");
    scope
        .events_of(EventType::View)
        .filter(move |(_, event)| Some(event.page) == page)
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
    let before = views_by(before_scope, key);
    let mut all = counts(scope, id, key);
    // The most viewed first; the number decides between equals, so that a page looks the same tomorrow.
    all.sort_by_key(|(key, counts)| (std::cmp::Reverse((counts.viewed.count, counts.revenue)), *key));
    let mut table = Table::new(id, title, &columns).meaning(means::VIEW_TO_ORDER);
    for (key, counts) in all {
        let viewed_before = before.get(&key).copied().unwrap_or(0);
        let share = Value::share(counts.both.count, counts.viewing.len());
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
    for (_, event) in product_views(scope) {
        let rank = top.iter().position(|(product, _)| *product == event.entity);
        if let (Some(rank), Some(piece)) = (rank, series.piece(event.at)) {
            views[piece][rank] += 1;
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
