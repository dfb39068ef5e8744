//! The shop's pages, as far as visitors go: their names in the log, routes and addresses.

use schemas::OrderId;

use super::catalogue::{Catalogue, Place};

/// A page that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    Home,
    Listing { category: usize, number: u32 },
    Product(Place),
    Search { query: String },
    Cart,
    Checkout,
    Order(OrderId),
    Login,
    Signup,
}

impl Page {
    pub(super) const fn endpoint(&self) -> &'static str {
        match self {
            Self::Home => "home.index",
            Self::Listing { .. } => "products.index",
            Self::Product(_) => "products.detail",
            Self::Search { .. } => "products.search",
            Self::Cart => "cart.index",
            Self::Checkout => "checkout.index",
            Self::Order(_) => "orders.detail",
            Self::Login => "auth.login",
            Self::Signup => "auth.signup",
        }
    }

    pub(super) const fn route(&self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Listing { .. } => "/products/",
            Self::Product(_) => "/products/{id}",
            Self::Search { .. } => "/search",
            Self::Cart => "/cart",
            Self::Checkout => "/checkout",
            Self::Order(_) => "/orders/{id}",
            Self::Login => "/login",
            Self::Signup => "/signup",
        }
    }

    pub(super) fn path(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Product(place) => format!("/products/{}", catalogue.product(*place).id),
            Self::Order(id) => format!("/orders/{id}"),
            plain => plain.route().to_owned(),
        }
    }

    /// The name of its list of products, where it has one.
    pub(super) const fn list(&self) -> Option<&'static str> {
        match self {
            Self::Home => Some("popular"),
            Self::Listing { .. } => Some("listing"),
            Self::Search { .. } => Some("search"),
            _ => None,
        }
    }

    /// Which of the shop's experiments it shows.
    pub(super) const fn experiment(&self) -> Option<&'static str> {
        match self {
            Self::Home => Some("home_aa"),
            Self::Listing { .. } => Some("listing_order"),
            Self::Product(_) => Some("add_label"),
            _ => None,
        }
    }
}
