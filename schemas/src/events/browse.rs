use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Fields;
use crate::{CategoryId, ProductId};

/// A page was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct View<'a> {
    /// Which page: the endpoint without its method, such as `products.detail`.
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    pub product_id: Option<ProductId>,
    /// The category shown, or the category of the product shown.
    pub category_id: Option<CategoryId>,
    /// Listings: how it was sorted.
    #[serde(borrow)]
    pub sort: Option<Cow<'a, str>>,
    /// Listings: which page of it, from 1.
    pub page_number: Option<u32>,
    /// The language it was shown in: `ko` or `en`.
    #[serde(borrow)]
    pub language: Cow<'a, str>,
}

/// Somebody searched; what is clicked of the results comes later as `click`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Search<'a> {
    /// As typed, trimmed.
    #[serde(borrow)]
    pub query: Cow<'a, str>,
    #[serde(borrow)]
    pub filters: Fields<'a>,
    /// How many products were found, on all pages together.
    pub result_count: u32,
    /// From 1.
    pub page_number: u32,
    #[serde(borrow)]
    pub language: Cow<'a, str>,
}
