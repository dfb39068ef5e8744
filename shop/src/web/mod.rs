//! The shop on the web: routes, and what happens around every one of them.
//!
//! Promises:
//! - every request but those for files, suggestions, the drawer and operators is an event, and what it led to is in the journal before the answer leaves;
//! - logging never breaks a page: what the journal refuses is counted, the page goes out;
//! - a body is at most 64 KiB, a batch at most 100 events, an answer takes at most 30 s;
//! - a request that another site makes a browser send changes nothing.
//!
//! Not here: rules (`domain`), SQL (`store`), markup (`pages`).

mod account;
mod appearance;
mod asked;
mod assets;
mod auth;
mod beside;
mod caller;
mod cart;
mod cart_page;
mod checkout;
pub mod client_events;
mod compressed;
mod cookies;
mod crawler;
mod data;
mod data_stream;
mod data_token;
mod endpoint;
mod error;
mod experiments;
mod form;
mod forwarded;
mod home;
mod language;
mod limits;
mod listed;
mod looks;
mod metrics;
mod my_events;
mod operations;
mod orders;
mod origin;
mod own_data;
mod pace;
mod page;
mod page_cache;
mod pictures;
mod portal_access;
mod preview;
mod privacy;
mod products;
mod quantities;
mod readiness;
mod recent;
mod record;
mod recorded;
mod recorded_address;
mod recorder;
mod router;
mod said;
mod search;
mod security;
mod shelves;
mod show;
mod sign_in_limit;
mod site;
mod suggest;
mod visitor_ids;
mod wanted;
mod wishes;

pub use endpoint::Endpoint;
pub use portal_access::PortalAccess;
pub use readiness::{Parts, Readiness, Standing};
pub use recent::Recent;
pub use recorder::Recorder;
pub use router::router;
pub use site::{Manners, Site};
