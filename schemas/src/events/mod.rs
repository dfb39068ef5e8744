//! What is special to each event type: the message's `details`. One file a kind, one struct a type.

mod account;
mod browse;
mod cart;
mod client;
mod exposure;
mod order;
mod page;
mod product;
mod wish;

use serde::Serialize;
use serde_path_to_error::Track;

pub use account::{Login, LoginFailed, LoginFailure, Logout, SignInMethod, Signup};
pub use browse::{Campaign, Search, View};
pub use cart::{CartAdd, CartLine, CartMerge, CartRemoval, CartRemove, CartUpdate};
pub use client::{CartAction, Click, ClientTimes, Dwell, EndReason, Frustration, Percent, Tab};
pub use exposure::Exposure;
pub use order::{OrderCancelled, OrderLine, OrderPlaced, PaymentMethod};
pub use page::{FormAbandoned, Impression, LayoutShift, Navigation, PagePerformance, SeenTile};
pub use product::{Currency, Product, StockClass};
pub use wish::{WishAdd, WishLine, WishMerge, WishOrigin, WishRemoval, WishRemove};

use crate::EventType;
use crate::entity::EntityType;

macro_rules! details {
    ($($name:ident $(<$life:lifetime>)?),+ $(,)?) => {
        /// The details of an activity, by event type; written as the bare object.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Details<'a> {
            $($name($name $(<$life>)?),)+
        }

        impl<'a> Details<'a> {
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$name(_) => EventType::$name,)+ }
            }

            /// Reads the details of `event_type`; none for the types that have no details.
            ///
            /// The error's path names the field within the details.
            pub fn parse(event_type: EventType, json: &'a str) -> Option<Result<Self, serde_path_to_error::Error<serde_json::Error>>> {
                match event_type {
                    $(EventType::$name => Some(read(json).map(Self::$name)),)+
                    EventType::Request | EventType::App | EventType::Product => None,
                }
            }
        }

        $(impl<'a> From<$name $(<$life>)?> for Details<'a> {
            fn from(details: $name $(<$life>)?) -> Self {
                Self::$name(details)
            }
        })+
    };
}

details!(
    View<'a>,
    Search<'a>,
    CartAdd,
    CartRemove,
    CartUpdate,
    CartMerge,
    WishAdd,
    WishRemove,
    WishMerge,
    OrderPlaced,
    OrderCancelled,
    Signup<'a>,
    Login,
    LoginFailed,
    Logout,
    Dwell<'a>,
    Click<'a>,
    Exposure<'a>,
    Impression<'a>,
    PagePerformance<'a>,
    FormAbandoned<'a>,
);

impl Details<'_> {
    /// What the activity was about: the seed's `entity_type` and `entity_id`.
    #[must_use]
    pub fn entity(&self) -> (Option<EntityType>, Option<i64>) {
        match self {
            Self::View(view) => match (view.product_id, view.category_id) {
                (Some(product), _) => (Some(EntityType::Product), Some(product.0)),
                (None, Some(category)) => (Some(EntityType::Category), Some(category.0)),
                (None, None) => (Some(EntityType::Page), None),
            },
            Self::CartAdd(CartAdd { product_id, .. })
            | Self::CartRemove(CartRemove { product_id, .. })
            | Self::CartUpdate(CartUpdate { product_id, .. })
            | Self::WishAdd(WishAdd { product_id, .. })
            | Self::WishRemove(WishRemove { product_id, .. }) => (Some(EntityType::Product), Some(product_id.0)),
            Self::OrderPlaced(OrderPlaced { order_id, .. }) | Self::OrderCancelled(OrderCancelled { order_id, .. }) => {
                (Some(EntityType::Order), Some(order_id.0))
            }
            Self::Signup(_) | Self::Login(_) | Self::Logout(_) => (Some(EntityType::User), None),
            Self::Click(Click {
                product_id: Some(product),
                ..
            }) => (Some(EntityType::Product), Some(product.0)),
            Self::Dwell(_)
            | Self::Click(_)
            | Self::Impression(_)
            | Self::PagePerformance(_)
            | Self::FormAbandoned(_) => (Some(EntityType::Page), None),
            Self::Exposure(_) => (Some(EntityType::Experiment), None),
            Self::Search(_) | Self::CartMerge(_) | Self::WishMerge(_) | Self::LoginFailed(_) => (None, None),
        }
    }
}

/// The fast reader first; only what it refuses is read again by the one that knows the path.
fn read<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    serde_json::from_str(json).or_else(|_| {
        let mut track = Track::new();
        let mut reader = serde_json::Deserializer::from_str(json);
        T::deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track))
            .map_err(|error| serde_path_to_error::Error::new(track.path(), error))
    })
}
