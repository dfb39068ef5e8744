//! The shop's pages: functions from plain data to markup.
//!
//! Promises: every page works without JavaScript, has one `h1`, landmarks and labels; nothing is inline (no script, no style),
//! so that the content security policy stays strict; what people typed is always escaped (maud does it).
//! Not here: the store, HTTP, the clock.

pub mod account;
pub mod assets;
pub mod cart;
pub mod checkout;
mod drawer;
pub mod error;
mod footer;
mod frame;
mod header;
pub mod home;
pub mod json_ld;
pub mod layout;
pub mod listing;
pub mod login;
pub mod order;
pub mod parts;
pub mod privacy;
pub mod product;
pub mod search;
pub mod signup;
pub mod suggest;
mod template;
pub mod wishes;
pub mod words;

pub use frame::{Frame, FrameKey};
pub use template::{Shown, Template};
pub use words::Words;
