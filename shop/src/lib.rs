//! The web shop: pages for shoppers, and an event for everything that happens on them.

pub mod domain;
pub mod observe;
pub mod store;
