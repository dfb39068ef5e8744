//! The web shop: pages for shoppers, and an event for everything that happens on them.

mod chance;
pub mod crowd;
pub mod diagnostics;
pub mod domain;
mod gzip;
pub mod metric;
pub mod observe;
pub mod outbox;
pub mod pages;
mod product_topic;
mod reached;
mod samples;
pub mod settings;
pub mod shop;
pub mod sink_progress;
pub mod store;
pub mod variant_link;
pub mod way;
pub mod web;
