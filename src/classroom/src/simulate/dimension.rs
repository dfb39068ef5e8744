//! What is sold, as `shop.product` tells it: every product when the shop opens, and again whenever its price or its stock changes.

use std::collections::BTreeSet;

use schemas::events::{Currency, Product as Details, StockClass};
use schemas::record::{CatalogueEntry, EntityType};
use schemas::{EventId, EventType, SCHEMA_VERSION, Timestamp, Unsealed};

use super::browser::Planned;
use super::catalogue::{Category, Product};
use super::random::{Purpose, Random};
use super::world::World;

const HOUR: i64 = 3600 * 1_000_000;

/// All versions of all products, in the order of the catalogue.
pub(super) fn versions(world: &World) -> Result<Vec<Planned>, serde_json::Error> {
    let mut planned = Vec::new();
    for category in &world.catalogue.categories {
        for product in &category.products {
            let mut random = Random::new(world.seed, Purpose::Product, product.id.0.unsigned_abs());
            for arrival in changes(world, product) {
                let event = version(world, category, product, arrival, &mut random)?;
                planned.push(Planned { arrival, event });
            }
        }
    }
    Ok(planned)
}

/// When something about the product changes, the opening included.
pub(super) fn changes(world: &World, product: &Product) -> BTreeSet<i64> {
    let scenario = &world.scenario;
    let prices = scenario
        .price_changes
        .iter()
        .filter(|change| change.product == product.id.0);
    let prices = prices.map(|change| change.from_hour);
    let stock_outs = scenario.stock_outs.iter().filter(|out| out.product == product.id.0);
    let stock = stock_outs.flat_map(|out| [out.from_hour, out.from_hour.saturating_add(out.hours)]);
    let hours = prices.chain(stock).map(|hours| world.begins + i64::from(hours) * HOUR);
    std::iter::once(world.begins).chain(hours).collect()
}

fn version(
    world: &World,
    category: &Category,
    product: &Product,
    at: i64,
    random: &mut Random,
) -> Result<Unsealed, serde_json::Error> {
    let timestamp = Timestamp::from_unix_micros_saturating(at);
    let stock_class = if world.in_stock(product, at) {
        StockClass::InStock
    } else {
        StockClass::SoldOut
    };
    let entry = CatalogueEntry {
        timestamp,
        event_type: EventType::Product,
        entity_type: EntityType::Product,
        entity_id: product.id.0,
        event_id: EventId::at(timestamp, random.bytes()),
        details: Details {
            product_id: product.id,
            name_ko: product.name.ko.as_str().into(),
            name_en: product.name.en.as_str().into(),
            category_id: category.id,
            category_ko: category.name.ko.as_str().into(),
            category_en: category.name.en.as_str().into(),
            price: world.price(product, at),
            currency: Currency::Krw,
            stock_class,
            valid_from: timestamp,
        },
        schema_version: SCHEMA_VERSION,
        source: None,
    };
    entry.encode()
}
