//! The closed set of event types, and what kind each is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Topic;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EventType {
    Request,
    App,
    View,
    Search,
    CartAdd,
    CartRemove,
    CartUpdate,
    CartMerge,
    WishAdd,
    WishRemove,
    WishMerge,
    OrderPlaced,
    OrderCancelled,
    Signup,
    Login,
    LoginFailed,
    Logout,
    Dwell,
    Click,
    Exposure,
    Impression,
    PagePerformance,
    FormAbandoned,
    Product,
}

impl EventType {
    pub const ALL: [Self; 24] = [
        Self::Request,
        Self::App,
        Self::View,
        Self::Search,
        Self::CartAdd,
        Self::CartRemove,
        Self::CartUpdate,
        Self::CartMerge,
        Self::WishAdd,
        Self::WishRemove,
        Self::WishMerge,
        Self::OrderPlaced,
        Self::OrderCancelled,
        Self::Signup,
        Self::Login,
        Self::LoginFailed,
        Self::Logout,
        Self::Dwell,
        Self::Click,
        Self::Exposure,
        Self::Impression,
        Self::PagePerformance,
        Self::FormAbandoned,
        Self::Product,
    ];

    /// The name in `event_type`, in `ce_type` and in the schema's file name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::App => "app",
            Self::View => "view",
            Self::Search => "search",
            Self::CartAdd => "cart_add",
            Self::CartRemove => "cart_remove",
            Self::CartUpdate => "cart_update",
            Self::CartMerge => "cart_merge",
            Self::WishAdd => "wish_add",
            Self::WishRemove => "wish_remove",
            Self::WishMerge => "wish_merge",
            Self::OrderPlaced => "order_placed",
            Self::OrderCancelled => "order_cancelled",
            Self::Signup => "signup",
            Self::Login => "login",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::Dwell => "dwell",
            Self::Click => "click",
            Self::Exposure => "exposure",
            Self::Impression => "impression",
            Self::PagePerformance => "page_performance",
            Self::FormAbandoned => "form_abandoned",
            Self::Product => "product",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    #[must_use]
    pub const fn topic(self) -> Topic {
        match self {
            Self::Request => Topic::Request,
            Self::App => Topic::App,
            Self::View | Self::Impression => Topic::View,
            Self::Search => Topic::Search,
            Self::CartAdd
            | Self::CartRemove
            | Self::CartUpdate
            | Self::CartMerge
            | Self::WishAdd
            | Self::WishRemove
            | Self::WishMerge => Topic::Cart,
            Self::OrderPlaced | Self::OrderCancelled => Topic::Order,
            Self::Signup | Self::Login | Self::LoginFailed | Self::Logout => Topic::Account,
            Self::Dwell | Self::PagePerformance => Topic::Dwell,
            Self::Click | Self::FormAbandoned => Topic::Click,
            Self::Exposure => Topic::Exposure,
            Self::Product => Topic::Product,
        }
    }

    /// Facts change the shop's state and come from the event store; the rest are observations.
    #[must_use]
    pub const fn is_fact(self) -> bool {
        matches!(
            self.topic(),
            Topic::Cart | Topic::Order | Topic::Account | Topic::Product
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_type_is_what_stands_in_the_message() {
        for event_type in EventType::ALL {
            assert_eq!(serde_json::to_value(event_type).unwrap(), event_type.name());
            assert_eq!(EventType::from_name(event_type.name()), Some(event_type));
        }
    }

    #[test]
    fn every_topic_but_the_dead_letters_has_a_type() {
        for topic in Topic::consumed() {
            assert!(
                EventType::ALL.iter().any(|event_type| event_type.topic() == topic),
                "{}",
                topic.name()
            );
        }
    }
}
