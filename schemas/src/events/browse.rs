use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pairs::Fields;
use crate::{CategoryId, ProductId};

/// A page was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct View<'a> {
    /// Which page: the endpoint without its method, such as `products.detail`.
    #[serde(borrow)]
    pub page: Cow<'a, str>,
    /// The product shown, on its own page.
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
    /// How the visit came to the shop; on the first view of a session only, when its address says so.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign<'a>>,
}

/// What the link said that led into the shop: its parameters `utm_source`, `utm_medium`, `utm_campaign`, `utm_term` and `utm_content`, each
/// cut to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Campaign<'a> {
    /// Who sent the visitor, such as `newsletter`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub source: Option<Cow<'a, str>>,
    /// By which way, such as `email`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub medium: Option<Cow<'a, str>>,
    /// Of which campaign, such as `spring_tea`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub campaign: Option<Cow<'a, str>>,
    /// The words that were paid for.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub term: Option<Cow<'a, str>>,
    /// Which of several links to the same place.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub content: Option<Cow<'a, str>>,
}

/// Somebody searched; what is clicked of the results comes later as `click`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Search<'a> {
    /// As typed, trimmed.
    #[serde(borrow)]
    pub query: Cow<'a, str>,
    /// How the search was narrowed down and sorted, in the names of the address.
    #[serde(borrow)]
    pub filters: Fields<'a>,
    /// How many products were found, on all pages together.
    pub result_count: u32,
    /// From 1. Above 1 nothing new was asked: the same search was looked through further.
    pub page_number: u32,
    /// The language it was shown in: `ko` or `en`.
    #[serde(borrow)]
    pub language: Cow<'a, str>,
}
