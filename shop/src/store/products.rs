//! What is sold, on its way to `shop.product`: a fact for each product when it is new, and one for each change; once more what a topic that
//! was made anew lacks (`product_topic.rs`).
//!
//! Promises: what was published last is read in the transaction that publishes, from a stream for each product, so that each change is
//! published once, however many shops see it and whenever they die; `valid_from` of a product rises. What changes is what the message says:
//! names, category, price, and the class of what is in stock, not the number.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use schemas::events::{Currency, Product, StockClass};
use schemas::record::EntityType;
use schemas::{CatalogueEntry, CategoryId, EventType, ProductId, SCHEMA_VERSION, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::chance;
use crate::domain::stock;
use crate::store::database::{Database, in_time};
use crate::store::event_store::Counter;
use crate::store::fact::Stream;
use crate::store::{NotDone, Store, StoreError, recording, recording_always, seed};

/// How long a change may wait.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many products in one transaction, which holds everybody else's up.
const AT_ONCE: usize = 50;

/// How long what was published may be on its way to the topic, though nothing of it is seen any more: a transaction that is not over yet; and
/// by another shop, whose outbox and journal nobody here sees.
const OWN_WAY: Duration = Duration::from_secs(3);
const OTHERS_WAY: Duration = Duration::from_mins(1);

/// How many products were published once more, and how many were left because they may still be on their way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SaidAgain {
    pub said: usize,
    pub too_new: usize,
}

/// Why a price stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceRefused {
    #[error("no product has this number")]
    NoSuchProduct,
    #[error("a price is not below 0")]
    BelowZero,
}

/// How often the catalogue was changed.
pub(super) async fn version(database: &Database) -> Result<i64, StoreError> {
    let version: Option<i64> = sqlx::query_scalar("SELECT value FROM counter WHERE name = $1")
        .bind(Counter::Catalogue.name())
        .fetch_optional(&mut *database.read().await?)
        .await?;
    Ok(version.unwrap_or(0))
}

impl Store {
    /// Changes what a product costs, in KRW, and publishes that. Shops that run show it within a second; carts keep the price that they
    /// were shown, as a note.
    pub async fn set_price(&self, product: ProductId, price: i64) -> Result<(), NotDone<PriceRefused>> {
        if price < 0 {
            return Err(NotDone::Refused(PriceRefused::BelowZero));
        }
        recording!(self, |connection| {
            let changed = sqlx::query("UPDATE product SET price = $1 WHERE id = $2")
                .bind(price)
                .bind(product.0)
                .execute(&mut *connection)
                .await?;
            if changed.rows_affected() == 0 {
                return Err(NotDone::Refused(PriceRefused::NoSuchProduct));
            }
            Counter::Catalogue.begin(connection, 0).await?;
            Counter::Catalogue.next(connection).await?;
            self.publish_one(connection, product).await?;
            Ok(())
        })
    }

    /// Publishes what has changed of these products since they were published last; answers how many had.
    pub async fn publish(&self, products: &[ProductId]) -> Result<usize, StoreError> {
        let mut published = 0;
        for some in products.chunks(AT_ONCE) {
            published += recording_always!(self, |connection| {
                let mut published = 0;
                for product in some {
                    published += usize::from(self.publish_one(connection, *product).await?);
                }
                Ok(published)
            })?;
        }
        Ok(published)
    }

    /// Publishes once more what was published last of these products, with the moment from which it holds, unless it may still have been on
    /// its way to Kafka at `asked`.
    pub async fn say_again(&self, products: &[ProductId], asked: Timestamp) -> Result<SaidAgain, StoreError> {
        let mut all = SaidAgain::default();
        for some in products.chunks(AT_ONCE) {
            let of_some = recording_always!(self, |connection| {
                let mut of_some = SaidAgain::default();
                for product in some {
                    self.say_one_again(connection, *product, (asked, &mut of_some)).await?;
                }
                Ok(of_some)
            })?;
            all.said += of_some.said;
            all.too_new += of_some.too_new;
        }
        Ok(all)
    }

    async fn say_one_again(
        &self,
        connection: &mut AnyConnection,
        id: ProductId,
        (asked, count): (Timestamp, &mut SaidAgain),
    ) -> Result<(), StoreError> {
        let stream = Stream::Product(id).key();
        let Some(last) = last_published(connection, stream.as_deref()).await? else {
            return Ok(());
        };
        let is_own = last.instance == self.0.instance.as_str();
        let way = if is_own { OWN_WAY } else { OTHERS_WAY };
        let arrives = last
            .at
            .unix_micros()
            .saturating_add(i64::try_from(way.as_micros()).unwrap_or(i64::MAX));
        if arrives >= asked.unix_micros() {
            count.too_new += 1;
            return Ok(());
        }
        let at = self.0.clock.now();
        self.record(connection, (id, last.version + 1), (at, last.product))
            .await?;
        count.said += 1;
        Ok(())
    }

    /// Looks every second for what is new or has changed, and publishes it, until `stop`.
    pub async fn keep_publishing(&self, stop: CancellationToken) {
        let mut known: HashMap<ProductId, (i64, StockClass)> = HashMap::new();
        let mut looked_at = (Arc::default(), Arc::default());
        let mut second = tokio::time::interval(LOOK_EVERY);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(second.tick()).await.is_some() {
            let now = (self.catalogue(), self.stock());
            if Arc::ptr_eq(&now.0, &looked_at.0) && Arc::ptr_eq(&now.1, &looked_at.1) {
                continue;
            }
            let states = now.1.products().map(|id| match now.0.product(id) {
                Some(product) => (id, (product.price.0, stock::class(now.1.left(id)))),
                None => (id, (0, StockClass::Discontinued)),
            });
            // Names change with the program only, and then nothing is known yet.
            let changed: Vec<_> = states.filter(|(id, state)| known.get(id) != Some(state)).collect();
            let mut ids: Vec<ProductId> = changed.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            let Some(published) = stop.run_until_cancelled(in_time(self.publish(&ids))).await else {
                return;
            };
            match published {
                Ok(_) => {
                    known.extend(changed);
                    looked_at = now;
                }
                // Said by whoever refreshes the stock; tried again in a second.
                Err(error) => tracing::debug!(%error, "what is sold can't be published"),
            }
        }
    }

    /// Reads the catalogue again when it was changed.
    pub(super) async fn refresh_catalogue(&self) -> Result<(), StoreError> {
        let version = version(&self.0.database).await?;
        if version == self.0.catalogue_version.load(Ordering::Acquire) {
            return Ok(());
        }
        let catalogue = Arc::new(seed::catalogue(&self.0.database).await?);
        self.0.catalogue.send_replace(catalogue);
        self.0.catalogue_version.store(version, Ordering::Release);
        // Whoever changed it has recorded a fact, perhaps in another process.
        self.has_recorded();
        Ok(())
    }

    /// Whether there was anything to publish.
    async fn publish_one(&self, connection: &mut AnyConnection, id: ProductId) -> Result<bool, StoreError> {
        let stream = Stream::Product(id).key();
        let last = last_published(connection, stream.as_deref()).await?;
        let Some(now) = as_sold(connection, id).await?.or_else(|| discontinued(last.as_ref())) else {
            return Ok(false);
        };
        if last.as_ref().is_some_and(|last| is_same(&last.product, &now)) {
            return Ok(false);
        }
        let version = last.as_ref().map_or(1, |last| last.version + 1);
        let after = last.as_ref().map(|last| last.product.valid_from.plus_micros(1));
        let at = self
            .0
            .clock
            .now()
            .max(after.unwrap_or(Timestamp::from_unix_micros_saturating(0)));
        let now = Product { valid_from: at, ..now };
        self.record(connection, (id, version), (at, now)).await?;
        Ok(true)
    }

    /// Records it as this version of the product's stream; a conflict when another shop was faster with it.
    async fn record(
        &self,
        connection: &mut AnyConnection,
        (id, version): (ProductId, i64),
        (at, details): (Timestamp, Product<'_>),
    ) -> Result<(), StoreError> {
        let entry = CatalogueEntry {
            timestamp: at,
            event_type: EventType::Product,
            entity_type: EntityType::Product,
            entity_id: id.0,
            event_id: chance::event_id(at),
            details,
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        let event = entry.encode().map_err(StoreError::Encode)?;
        let data =
            String::from_utf8(event.json).map_err(|error| StoreError::impossible("event", event.event_id, error))?;
        let inserted = sqlx::query(
            "INSERT INTO event (instance, stream, version, event_type, event_id, happened_at, data)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.0.instance.as_str())
        .bind(Stream::Product(id).key())
        .bind(version)
        .bind(event.event_type.name())
        .bind(event.event_id.to_string())
        .bind(event.timestamp.unix_micros())
        .bind(data)
        .execute(connection)
        .await;
        match inserted {
            Ok(_) => Ok(()),
            // Another shop was faster with this version: what it published is looked at.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(StoreError::Conflict),
            Err(error) => Err(error.into()),
        }
    }
}

/// The product as the tables have it; none when it is no longer sold.
async fn as_sold(connection: &mut AnyConnection, id: ProductId) -> Result<Option<Product<'static>>, StoreError> {
    let row = sqlx::query(
        "SELECT p.name_ko, p.name_en, p.category_id, c.name_ko AS category_ko, c.name_en AS category_en, p.price, s.units
         FROM product p JOIN category c ON c.id = p.category_id JOIN stock s ON s.product_id = p.id WHERE p.id = $1",
    );
    let row = row.bind(id.0).fetch_optional(connection).await?;
    row.map(|row| product(id, &row)).transpose()
}

fn product(id: ProductId, row: &AnyRow) -> Result<Product<'static>, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map(Into::into);
    let units: i64 = row.try_get("units")?;
    Ok(Product {
        product_id: id,
        name_ko: text("name_ko")?,
        name_en: text("name_en")?,
        category_id: CategoryId(row.try_get("category_id")?),
        category_ko: text("category_ko")?,
        category_en: text("category_en")?,
        price: row.try_get("price")?,
        currency: Currency::Krw,
        stock_class: stock::class(u32::try_from(units).map_err(|error| StoreError::impossible("stock", id, error))?),
        valid_from: Timestamp::from_unix_micros_saturating(0),
    })
}

/// What was published last of a product.
struct Last {
    /// The version of the product's stream.
    version: i64,
    product: Product<'static>,
    /// When, and by which shop.
    at: Timestamp,
    instance: String,
}

async fn last_published(connection: &mut AnyConnection, stream: Option<&str>) -> Result<Option<Last>, StoreError> {
    let row =
        sqlx::query("SELECT id, version, instance, data FROM event WHERE stream = $1 ORDER BY version DESC LIMIT 1");
    let Some(row) = row.bind(stream).fetch_optional(connection).await? else {
        return Ok(None);
    };
    let (id, data): (i64, String) = (row.try_get("id")?, row.try_get("data")?);
    let entry: CatalogueEntry<'_> =
        serde_json::from_str(&data).map_err(|error| StoreError::impossible("event", id, error))?;
    let owned = |text: &str| text.to_owned().into();
    let product = Product {
        name_ko: owned(&entry.details.name_ko),
        name_en: owned(&entry.details.name_en),
        category_ko: owned(&entry.details.category_ko),
        category_en: owned(&entry.details.category_en),
        ..entry.details
    };
    Ok(Some(Last {
        version: row.try_get("version")?,
        product,
        at: entry.timestamp,
        instance: row.try_get("instance")?,
    }))
}

/// What was published and is sold no more.
fn discontinued(last: Option<&Last>) -> Option<Product<'static>> {
    Some(Product {
        stock_class: StockClass::Discontinued,
        ..last?.product.clone()
    })
}

/// But for the moment.
fn is_same(one: &Product<'_>, other: &Product<'_>) -> bool {
    let at = one.valid_from;
    *one == Product {
        valid_from: at,
        ..other.clone()
    }
}
