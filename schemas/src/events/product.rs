use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CategoryId, ProductId, Timestamp};

/// What a product is called and costs from `valid_from` on, until the next message of the same product says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product<'a> {
    /// The product: the message's key.
    pub product_id: ProductId,
    /// What it is called in Korean.
    #[serde(borrow)]
    pub name_ko: Cow<'a, str>,
    /// What it is called in English.
    #[serde(borrow)]
    pub name_en: Cow<'a, str>,
    /// The category that it is in.
    pub category_id: CategoryId,
    /// What that is called in Korean.
    #[serde(borrow)]
    pub category_ko: Cow<'a, str>,
    /// What that is called in English.
    #[serde(borrow)]
    pub category_en: Cow<'a, str>,
    /// What one costs, in `currency`.
    #[schemars(range(min = 0))]
    pub price: i64,
    /// What `price` is in, by ISO 4217.
    pub currency: Currency,
    /// How much is left, as a shopper is told.
    pub stock_class: StockClass,
    /// From when on all of this holds.
    pub valid_from: Timestamp,
}

/// What prices are in, by ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Currency {
    #[serde(rename = "KRW")]
    Krw,
}

impl Currency {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Krw => "KRW",
        }
    }
}

/// How much of a product is left, as a shopper is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum StockClass {
    /// Enough that no number is shown.
    InStock,
    /// So few that the page counts them.
    Low,
    /// None is left.
    SoldOut,
    /// No longer in the catalogue.
    Discontinued,
}

impl StockClass {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::Low => "low",
            Self::SoldOut => "sold_out",
            Self::Discontinued => "discontinued",
        }
    }
}
