//! The web shop: pages for shoppers, and an event for everything that happens on them.

pub mod crowd;
pub mod diagnostics;
pub mod domain;
pub mod fail_point;
pub mod journal;
pub mod metric;
pub mod observe;
pub mod outbox;
pub mod pages;
mod product_topic;
pub mod relay;
mod samples;
pub mod settings;
pub mod shop;
pub mod sink_progress;
pub mod store;
pub mod topics;
pub mod variant_link;
pub mod way;
pub mod web;
