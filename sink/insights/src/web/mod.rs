//! The pages of `/insights`, and the same as JSON and CSV.

mod access;
mod api;
mod ask;
mod clicks;
mod drawn;
mod error;
mod filters;
mod guard;
mod layout;
mod page;
mod router;
mod rows;
mod section;
mod seen;
mod site;
mod style;
mod visit;

pub use access::{Access, AccessError, TokenDigest};
pub use router::{Options, router};
