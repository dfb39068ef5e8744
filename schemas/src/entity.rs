//! What events are about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an activity was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EntityType {
    Product,
    Category,
    Order,
    User,
    Page,
    Experiment,
}

impl EntityType {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Category => "category",
            Self::Order => "order",
            Self::User => "user",
            Self::Page => "page",
            Self::Experiment => "experiment",
        }
    }
}
