//! What the sink wrote, read and never written: rows, positions, products.
//!
//! Promises: a connection can't write (SQLite is opened read-only, a PostgreSQL session is read-only by default); rows and positions of one
//! reading are one snapshot of the database, so a reading is right to the last committed batch and never half of one.

mod postgres;
mod row;
mod sqlite;

use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;

pub use row::{RawRow, Read, Unreadable};

/// The committed lengths of a sink's app log files: `app-DATE.log`.
const APP_LOG_LENGTHS: &str =
    "SELECT name, length FROM sink_file WHERE instance = $1 AND name LIKE 'app-%' ORDER BY name";

/// The database of a sink.
#[derive(Debug, Clone)]
pub enum Source {
    Sqlite(sqlite::Reader),
    Postgres(postgres::Reader),
}

/// Why what the sink wrote can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the reading broke, which is a mistake in the program: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

/// How far the sink is in a partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub topic: String,
    pub partition: i64,
    /// The offset of the first message that is not in the table yet.
    pub next: i64,
    /// The Kafka cluster that the offset belongs to, when a sink has asked.
    pub cluster: Option<String>,
}

/// From where rows are read: those that are known already are left out.
#[derive(Debug, Clone, Default)]
pub struct Since {
    /// The highest number of a row that is known (SQLite).
    pub id: i64,
    /// The positions of the last reading (PostgreSQL); none reads everything.
    pub positions: Vec<Position>,
}

/// What a product was called and cost for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    pub id: i64,
    pub name: String,
    pub category_id: Option<i64>,
    pub category: Option<String>,
}

/// A stretch of a product's history that an analyst should know of: it was sold out, or cost something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueChange {
    pub product: i64,
    /// Microseconds since 1970; none where it holds still.
    pub from: i64,
    pub to: Option<i64>,
    pub what: Changed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    SoldOut,
    /// KRW, before and from then on.
    Price(i64, i64),
}

impl CatalogueChange {
    /// None where nothing changed that counts.
    fn of(
        product: i64,
        stock: &str,
        (before, price): (Option<i64>, i64),
        (from, to): (i64, Option<i64>),
    ) -> Option<Self> {
        let what = match before {
            _ if stock == "sold_out" => Changed::SoldOut,
            Some(before) if before != price => Changed::Price(before, price),
            _ => return None,
        };
        Some(Self {
            product,
            from,
            to,
            what,
        })
    }
}

/// The newest so many stretches of all products' histories are looked at.
const CHANGES: &str = "SELECT product_id, stock_class, price, earlier, valid_from, valid_to FROM (\
     SELECT product_id, stock_class, price, lag(price) OVER (PARTITION BY product_id ORDER BY valid_from) AS earlier, valid_from, valid_to \
     FROM product) AS history WHERE stock_class = 'sold_out' OR price <> earlier ORDER BY valid_from DESC LIMIT 1000";

/// What is shown of a row to those who look at single events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub key: RowKey,
    pub path: String,
    pub referrer: Option<String>,
    pub request_id: Option<String>,
    pub details: String,
    pub event_id: String,
    /// The event id of the page's view; none where the event names none.
    pub page_view_id: Option<String>,
}

/// What a product was called and cost at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductThen {
    /// In English.
    pub name: String,
    pub name_ko: String,
    /// KRW.
    pub price: i64,
    /// How much was left, by class: `in_stock`, `low` or `sold_out`.
    pub stock: String,
}

/// Name in English and in Korean, price, stock: as both databases answer.
type Then = (String, String, i64, String);

impl From<Then> for ProductThen {
    fn from((name, name_ko, price, stock): Then) -> Self {
        Self {
            name,
            name_ko,
            price,
            stock,
        }
    }
}

/// The place of a row: of its message, and SQLite's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowKey {
    pub id: i64,
    pub topic: String,
    pub partition: i64,
    pub offset: i64,
}

impl Source {
    /// A file of SQLite; it is opened when something is read first.
    #[must_use]
    pub fn sqlite(path: PathBuf) -> Self {
        Self::Sqlite(sqlite::Reader::new(path))
    }

    #[must_use]
    pub fn postgres(options: PgConnectOptions) -> Self {
        Self::Postgres(postgres::Reader::new(options))
    }

    /// Gives each row that is not known yet to `take`, also one that can't be read, and answers the positions of the same moment and when the oldest row happened at
    /// the earliest, in microseconds.
    pub async fn read(
        &self,
        since: &Since,
        take: impl FnMut(Read),
    ) -> Result<(Vec<Position>, Option<i64>), SourceError> {
        match self {
            Self::Sqlite(reader) => reader.read(since, take).await,
            Self::Postgres(reader) => reader.read(since, take).await,
        }
    }

    /// What is sold now; nothing when the sink keeps no products yet.
    pub async fn products(&self) -> Result<Vec<ProductRow>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.products().await,
            Self::Postgres(reader) => reader.products().await,
        }
    }

    /// When products were sold out or changed their price, the newest first. The sink keeps products.
    pub async fn catalogue_changes(&self) -> Result<Vec<CatalogueChange>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.catalogue_changes().await,
            Self::Postgres(reader) => reader.catalogue_changes().await,
        }
    }

    /// What a product was at a moment, in microseconds; none when the catalogue did not hold it then.
    pub async fn product_at(&self, id: i64, at: i64) -> Result<Option<ProductThen>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.product_at(id, at).await,
            Self::Postgres(reader) => reader.product_at(id, at).await,
        }
    }

    /// The rows to be shown, in the order of the keys; one that is gone by now is left out.
    pub async fn details(&self, keys: &[RowKey]) -> Result<Vec<Detail>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.details(keys).await,
            Self::Postgres(reader) => reader.details(keys).await,
        }
    }

    /// How many bytes of each app log file of this sink are committed, by name.
    pub async fn app_log_lengths(&self, instance: &str) -> Result<Vec<(String, i64)>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.app_log_lengths(instance).await,
            Self::Postgres(reader) => reader.app_log_lengths(instance).await,
        }
    }

    /// The session of a request, by its id; `near` bounds the time in which it is looked for, in microseconds.
    pub async fn session_of_request(&self, id: &str, near: (i64, i64)) -> Result<Option<String>, SourceError> {
        match self {
            Self::Sqlite(reader) => reader.session_of_request(id, near).await,
            Self::Postgres(reader) => reader.session_of_request(id, near).await,
        }
    }
}
