//! The closed set of event types: one table says what each is called, which topic carries it, by which code journals know it, since which
//! version it exists, who notices it, what it may be about, and what it means. What there is to say about fields stands in `fields/table.rs`.
//! Documentation and pages are made from both, or checked against them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Topic;
use crate::entity::EntityType;

/// Who notices that it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticedBy {
    /// The shop's program.
    Shop,
    /// `static/js/main.js`: nothing comes from a browser without scripts.
    Browser,
}

impl NoticedBy {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Browser => "browser",
        }
    }
}

macro_rules! event_types {
    ($($variant:ident $name:literal $topic:ident $code:literal $since:literal $by:ident [$($entity:ident)*] $meaning:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[schemars(inline)]
        pub enum EventType { $(#[doc = $meaning] $variant),+ }

        impl EventType {
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The name in `event_type`, in `ce_type` and in the schema's file name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// `EVENT_TYPE/VERSION`, the header [`crate::Header::Schema`]: which file of `schemas/generated` describes the value.
            #[must_use]
            pub const fn schema(self) -> &'static str {
                match self { $(Self::$variant => concat!($name, "/", 1)),+ }
            }

            #[must_use]
            pub const fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic),+ }
            }

            /// What stands for it in a journal. Codes are for ever: a journal outlives the program that wrote it.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }

            /// The first version of the shop that tells it.
            #[must_use]
            pub const fn since(self) -> &'static str {
                match self { $(Self::$variant => $since),+ }
            }

            #[must_use]
            pub const fn noticed_by(self) -> NoticedBy {
                match self { $(Self::$variant => NoticedBy::$by),+ }
            }

            /// What it may be about: `entity_type`. None where it names nothing.
            #[must_use]
            pub const fn entities(self) -> &'static [EntityType] {
                match self { $(Self::$variant => &[$(EntityType::$entity),*]),+ }
            }

            /// In one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }
    };
}

event_types! {
    Request         "request"          Request   1 "0.1.0" Shop    []                      "A request began or was answered.",
    App             "app"              App       2 "0.1.0" Shop    []                      "The shop's program says something, or a script failed in a browser.",
    View            "view"             View      3 "0.1.0" Shop    [Product Category Page] "A page was shown.",
    Search          "search"           Search    4 "0.1.0" Shop    []                      "Somebody searched, or looked at a further page of what was found.",
    CartAdd         "cart_add"         Cart      5 "0.1.0" Shop    [Product]               "Something was put into the cart.",
    CartRemove      "cart_remove"      Cart      6 "0.1.0" Shop    [Product]               "A product left the cart.",
    CartUpdate      "cart_update"      Cart      7 "0.1.0" Shop    [Product]               "The quantity of a product in the cart was changed.",
    CartMerge       "cart_merge"       Cart      8 "0.1.0" Shop    []                      "At sign-in, the visitor's cart went into the account's.",
    WishAdd         "wish_add"         Cart     21 "0.1.0" Shop    [Product]               "A product was put on the wish list.",
    WishRemove      "wish_remove"      Cart     22 "0.1.0" Shop    [Product]               "A product left the wish list.",
    WishMerge       "wish_merge"       Cart     23 "0.1.0" Shop    []                      "At sign-in, the visitor's wish list went into the account's.",
    OrderPlaced     "order_placed"     Order     9 "0.1.0" Shop    [Order]                 "The cart became an order.",
    OrderCancelled  "order_cancelled"  Order    10 "0.1.0" Shop    [Order]                 "An order was called off, and its goods went back into stock.",
    Signup          "signup"           Account  11 "0.1.0" Shop    [User]                  "An account was opened.",
    Login           "login"            Account  12 "0.1.0" Shop    [User]                  "Somebody signed in.",
    LoginFailed     "login_failed"     Account  13 "0.1.0" Shop    []                      "Somebody tried to sign in and could not.",
    Logout          "logout"           Account  14 "0.1.0" Shop    [User]                  "Somebody signed out.",
    Dwell           "dwell"            Dwell    15 "0.1.0" Browser [Page]                  "A stay on a page ended: how long and how it was looked at.",
    Click           "click"            Click    16 "0.1.0" Browser [Product Page]          "Something was clicked.",
    Exposure        "exposure"         Exposure 17 "0.1.0" Shop    [Experiment]            "A page showed a visitor a variant of an experiment.",
    Impression      "impression"       View     18 "0.1.0" Browser [Page]                  "Tiles of a list were really seen.",
    PagePerformance "page_performance" Dwell    19 "0.1.0" Browser [Page]                  "How fast a page was for its visitor: Web Vitals.",
    FormAbandoned   "form_abandoned"   Click    20 "0.1.0" Browser [Page]                  "A form was begun and left without being sent.",
    Product         "product"          Product  24 "0.2.0" Shop    [Product]               "What a product is called and costs from a moment on.",
}

impl EventType {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.code() == code)
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
            assert_eq!(
                event_type.schema(),
                format!("{}/{}", event_type.name(), crate::SCHEMA_VERSION)
            );
        }
    }

    #[test]
    fn no_code_stands_for_two_types() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::from_code(event_type.code()), Some(event_type));
        }
        assert_eq!(EventType::from_code(0), None);
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
