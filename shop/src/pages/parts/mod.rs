//! What two pages share.

pub mod asked;
pub mod books;
pub mod cart_line;
pub mod crumbs;
pub mod field;
pub mod heart;
pub mod icon;
pub mod id;
pub mod lines;
pub mod narrow;
pub mod pager;
pub mod shelf;
pub mod size;
pub mod stepper;
pub mod tile;
pub mod timeline;
pub mod views;
