//! DE Shop on one machine: what `de-shop` is composed of.

pub mod audit;
pub mod contract;
pub mod drill;
pub mod local;
mod others;
mod templates;
