//! The first start: the catalogue's files go into the database, once; from then on it is read from there.

use schemas::{CategoryId, ProductId};
use serde::Deserialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::domain::{Catalogue, Category, Localized, Product, Synonyms, Won};
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::database::transaction_always;
use crate::store::event_store::Counter;

const FILES: [&str; 12] = [
    include_str!("../../catalogue/01-kitchen.json"),
    include_str!("../../catalogue/02-pantry.json"),
    include_str!("../../catalogue/03-stationery.json"),
    include_str!("../../catalogue/04-books-hobby.json"),
    include_str!("../../catalogue/05-electronics.json"),
    include_str!("../../catalogue/06-home-light.json"),
    include_str!("../../catalogue/07-garden.json"),
    include_str!("../../catalogue/08-clothing.json"),
    include_str!("../../catalogue/09-outdoor-sports.json"),
    include_str!("../../catalogue/10-toys-games.json"),
    include_str!("../../catalogue/11-music.json"),
    include_str!("../../catalogue/12-care-pets.json"),
];
const SYNONYMS: &str = include_str!("../../catalogue/synonyms.json");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// The first order is one more than this, so that its number looks like one.
const BEFORE_THE_FIRST_ORDER: i64 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    id: i64,
    slug: String,
    name: Localized,
    description: Localized,
    hue: u16,
    picture: String,
    products: Vec<ProductEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductEntry {
    id: i64,
    name: Localized,
    description: Localized,
    price: i64,
    stock: u32,
    picture: String,
    added: String,
}

/// Fills an empty database; whoever comes second, even at the same time, finds it filled.
pub(super) async fn sow(database: &Database) -> Result<(), StoreError> {
    transaction_always!(database, |connection| {
        if Counter::Order.begin(connection, BEFORE_THE_FIRST_ORDER).await? {
            Counter::Account.begin(connection, 0).await?;
            for file in FILES {
                sow_category(connection, &parse(file)?).await?;
            }
        }
        Ok(())
    })
}

fn parse(file: &str) -> Result<CategoryFile, StoreError> {
    serde_json::from_str(file).map_err(|error| StoreError::Seed(error.to_string()))
}

async fn sow_category(connection: &mut AnyConnection, category: &CategoryFile) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO category (id, slug, name_ko, name_en, description_ko, description_en, hue, picture)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(category.id)
    .bind(category.slug.as_str())
    .bind(category.name.ko.as_str())
    .bind(category.name.en.as_str())
    .bind(category.description.ko.as_str())
    .bind(category.description.en.as_str())
    .bind(i64::from(category.hue))
    .bind(category.picture.as_str())
    .execute(&mut *connection)
    .await?;
    for product in &category.products {
        sow_product(connection, category.id, product).await?;
    }
    Ok(())
}

async fn sow_product(connection: &mut AnyConnection, category: i64, product: &ProductEntry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO product (id, category_id, name_ko, name_en, description_ko, description_en, price, first_stock, picture, added)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(product.id)
    .bind(category)
    .bind(product.name.ko.as_str())
    .bind(product.name.en.as_str())
    .bind(product.description.ko.as_str())
    .bind(product.description.en.as_str())
    .bind(product.price)
    .bind(i64::from(product.stock))
    .bind(product.picture.as_str())
    .bind(product.added.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO stock (product_id, units) VALUES ($1, $2)")
        .bind(product.id)
        .bind(i64::from(product.stock))
        .execute(connection)
        .await?;
    Ok(())
}

/// The catalogue as the database has it.
pub(super) async fn catalogue(database: &Database) -> Result<Catalogue, StoreError> {
    let mut connection = database.read().await?;
    let categories = sqlx::query("SELECT * FROM category ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    let products = sqlx::query("SELECT * FROM product ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    Ok(Catalogue::with_synonyms(
        categories.iter().map(category).collect::<Result<_, _>>()?,
        products.iter().map(product).collect::<Result<_, _>>()?,
        &synonyms()?,
    ))
}

/// What else the catalogue's things are called; it comes with the program, not from the database.
fn synonyms() -> Result<Synonyms, StoreError> {
    let groups = serde_json::from_str(SYNONYMS).map_err(|error| StoreError::Seed(error.to_string()))?;
    Ok(Synonyms::new(groups))
}

fn category(row: &AnyRow) -> Result<Category, StoreError> {
    let id: i64 = row.try_get("id")?;
    Ok(Category {
        id: CategoryId(id),
        slug: row.try_get("slug")?,
        name: localized(row, "name_ko", "name_en")?,
        description: localized(row, "description_ko", "description_en")?,
        hue: u16::try_from(row.try_get::<i64, _>("hue")?)
            .map_err(|error| StoreError::impossible("category", id, error))?,
        picture: row.try_get("picture")?,
    })
}

fn product(row: &AnyRow) -> Result<Product, StoreError> {
    let id: i64 = row.try_get("id")?;
    let added: String = row.try_get("added")?;
    Ok(Product {
        id: ProductId(id),
        category: CategoryId(row.try_get("category_id")?),
        name: localized(row, "name_ko", "name_en")?,
        description: localized(row, "description_ko", "description_en")?,
        price: Won(row.try_get("price")?),
        picture: row.try_get("picture")?,
        added: Date::parse(&added, DAY).map_err(|error| StoreError::impossible("product", id, error))?,
    })
}

fn localized(row: &AnyRow, ko: &str, en: &str) -> Result<Localized, StoreError> {
    Ok(Localized {
        ko: row.try_get(ko)?,
        en: row.try_get(en)?,
    })
}

#[cfg(test)]
mod tests;
