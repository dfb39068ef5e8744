//! DE Shop on one machine: what `de-shop` is composed of.

pub mod audit;
pub mod broker;
pub mod contract;
pub mod local;
mod others;
