//! What two pages share.

pub mod asked;
pub mod cart_line;
pub mod crumbs;
pub mod field;
pub mod heart;
pub mod lines;
pub mod narrow;
pub mod pager;
pub mod shelf;
pub mod tile;
