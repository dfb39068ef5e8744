//! What people look at and buy: products and categories.

use std::collections::HashMap;

use roaring::RoaringBitmap;
use schemas::EventType;

use super::series::Series;
use crate::definitions as means;
use crate::events::{Entity, Entry, Log};
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

/// A product or its category, by id.
type Key = fn(&Log, i64) -> i64;
/// What it is called.
type Name = fn(&Log, i64) -> String;

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let before_scope = scope.over_range(scope.range.before(scope.zone));
    let of = |id, title, name: Name, key: Key| table(scope, &before_scope, (id, title, name), key);
    let (products, categories) = rayon::join(
        || of("products", "Products", product_name, |_, product| product),
        || of("categories", "Categories", category_name, category_of),
    );
    let top = products.rows.first().map(|row| row[0].value.shown());
    report.says = top.map_or_else(
        || "Nobody looked at a product in this range.".to_owned(),
        |top| format!("Most looked at: {top}."),
    );
    report.tables.push(trend(scope, &products));
    report.tables.push(products);
    report.tables.push(categories);
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
    /// Where the counts of a product are, by its number: its category is looked up once.
    places: Vec<Option<u32>>,
    by_key: HashMap<i64, u32>,
}

impl Counting<'_, '_> {
    fn place(&mut self, product: Entity) -> u32 {
        self.places[product.0 as usize].unwrap_or_else(|| self.add(product))
    }

    fn of(&mut self, product: Entity) -> &mut Counts {
        let place = self.place(product);
        &mut self.all[place as usize].1
    }

    fn add(&mut self, product: Entity) -> u32 {
        let log = self.scope.log;
        let key = (self.key)(log, log.entities.id(product));
        let next = self.all.len() as u32;
        let place = *self.by_key.entry(key).or_insert(next);
        if place == next {
            self.all.push((key, fresh(self.scope, self.prefix, key)));
        }
        self.places[product.0 as usize] = Some(place);
        place
    }

    fn looks(&mut self) {
        let scope = self.scope;
        for event in scope.events_of(EventType::Impression) {
            for (product, _) in scope.log.seen_tiles(event.extra) {
                self.of(*product).seen.add(event.index);
            }
        }
        for event in scope.events_of(EventType::Click) {
            if scope.log.entities.id(event.entity) > 0 {
                self.of(event.entity).clicked.add(event.index);
            }
        }
        for event in product_views(scope) {
            let visitor = scope.facts(event.session).visitor;
            let counts = self.of(event.entity);
            counts.viewed.add(event.index);
            counts.visitors.add(visitor, event.session);
            counts.viewing.insert(event.session);
        }
    }

    fn orders(&mut self) {
        let scope = self.scope;
        for event in scope.events_of(EventType::CartAdd) {
            self.of(event.entity).added.add(event.index);
        }
        let mut told: Vec<u32> = Vec::new();
        for event in scope.events_of(EventType::OrderPlaced) {
            told.clear();
            for line in scope.log.order_lines(event.extra) {
                let place = self.place(line.product);
                let counts = &mut self.all[place as usize].1;
                counts.revenue += line.quantity * line.unit_price;
                counts.bought_in.insert(event.session);
                // An order that holds two products of a category is one order of it.
                if !told.contains(&place) {
                    told.push(place);
                    counts.sold.add(event.index);
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
        places: vec![None; scope.log.entities.count()],
        by_key: HashMap::new(),
    };
    counting.looks();
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
    let mut products = vec![0_u64; scope.log.entities.count()];
    for event in product_views(scope) {
        products[event.entity.0 as usize] += 1;
    }
    let mut all = HashMap::new();
    for (number, views) in (0..).zip(products).filter(|(_, views)| *views > 0) {
        *all.entry(key(scope.log, scope.log.entities.id(Entity(number))))
            .or_default() += views;
    }
    all
}

/// The views of products' pages.
fn product_views<'s>(scope: &'s Scope<'_>) -> impl Iterator<Item = &'s Entry> {
    let page = scope.page("products.detail");
    scope
        .events_of(EventType::View)
        .filter(move |event| Some(event.page) == page)
}

fn table(
    scope: &Scope<'_>,
    before_scope: &Scope<'_>,
    (id, title, name): (&'static str, &'static str, Name),
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
    let numbers = top.iter().map(|(product, _)| scope.log.entities.find(*product));
    let numbers: Vec<Option<Entity>> = numbers.collect();
    for event in product_views(scope) {
        let rank = numbers.iter().position(|product| *product == Some(event.entity));
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
