//! What two pages share.

pub mod field;
pub mod heart;
pub mod lines;
pub mod pager;
pub mod tile;
